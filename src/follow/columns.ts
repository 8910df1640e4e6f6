/**
 * Which columns play which role, found by the batch's own detection from the first lines and then
 * fixed: nothing that comes later changes them.
 */
import { SessionizeError } from '../errors/errors.js'
import { formatName, type TimeFormat } from '../events/clock.js'
import { withSources } from '../events/dataset.js'
import { fixedLayouts } from '../events/detection.js'
import { type Mapping, type MappingOptions, mapSources, requireColumn } from '../events/mapping.js'
import { findField } from '../sources/field.js'
import type { CsvLayout, SourceGroup } from '../sources/group.js'
import { describeSources } from '../sources/scan.js'
import type { FieldPath } from './fields.js'

/** Alternatives, best first, each of the fields whose values it joins. */
export type Key = readonly (readonly FieldPath[])[]

export interface StreamColumns {
  /** The first that is filled. */
  readonly user: readonly Key[]
  readonly time: FieldPath
  readonly timeFormat: TimeFormat
  /** Found from samples, and not given. */
  readonly timeDetected: boolean
  readonly timeZone: string
  readonly event: Key | null
  readonly session: Key | null
  readonly outOfSession: string | null
  /** Per property that the definition's rules look at. */
  readonly properties: readonly Key[]
}

export interface Detected {
  readonly columns: StreamColumns
  /** All of the input's columns in order. */
  readonly names: readonly string[]
  /** Of CSV. */
  readonly csv: CsvLayout | undefined
  /** What was chosen and why, for people. */
  readonly notes: readonly string[]
}

export interface ColumnOptions extends MappingOptions {
  readonly timeZone?: string
}

/** @param path a file with the first lines of the stream. */
export async function detectColumns(
  path: string,
  options: ColumnOptions,
  properties: readonly string[],
): Promise<Detected> {
  return withSources([path], { threads: 1 }, async ({ engine, sources }) => {
    const described = await describeSources(engine, sources.files, {
      layouts: fixedLayouts(options),
    })
    // Duplicates are not looked for in a stream, so no key column is required to be there.
    const { mapping, groups } = await mapSources(engine, described, {
      ...options,
      dedupe: ['none'],
    })
    assertFlat(groups, mapping)
    const [group] = groups
    const key = (name: string): Key => keyOf(groups, name)
    return {
      columns: {
        user: mapping.user.map(key),
        time: fieldPath(groups, mapping.time),
        timeFormat: mapping.timeFormat,
        timeDetected: mapping.clock.time.detected,
        timeZone: options.timeZone ?? 'UTC',
        event: mapping.event === null ? null : key(mapping.event),
        session: mapping.session === null ? null : key(mapping.session),
        outOfSession: mapping.outOfSession,
        properties: properties.map((name) => propertyKey(groups, mapping, name)),
      },
      names: group?.columns.map(({ name }) => name) ?? [],
      csv: group?.csv,
      notes: notesOf(mapping),
    }
  })
}

function assertFlat(groups: readonly SourceGroup[], { preset }: Mapping): void {
  if (groups.every(({ unnest }) => unnest === undefined)) return
  throw new SessionizeError(
    'unsupported',
    `follow reads one event per line, and the ${preset} preset has several in one row.`,
    { hint: 'Take the rows apart before they are piped in.' },
  )
}

/** `a+b` joins two columns, `a,b` takes the first that is filled; a column of that very name wins. */
function keyOf(groups: readonly SourceGroup[], key: string): Key {
  const isColumn = (name: string): boolean =>
    groups.some((group) => findField(group, name) !== undefined)
  const alternatives = isColumn(key) ? [key] : key.split(',')
  return alternatives.map((part) =>
    (isColumn(part) ? [part] : part.split('+')).map((name) => fieldPath(groups, name.trim())),
  )
}

function fieldPath(groups: readonly SourceGroup[], name: string): FieldPath {
  for (const group of groups) {
    const field = findField(group, name)
    if (field !== undefined) return { column: field.column.name, keys: field.path }
  }
  return { column: name, keys: [] }
}

/** A preset's dimension stands for the columns of that vendor, of which the first that is there counts. */
function propertyKey(groups: readonly SourceGroup[], mapping: Mapping, name: string): Key {
  const found = (mapping.dimensions[name] ?? []).find((alias) => mapping.known.includes(alias))
  return keyOf(groups, found ?? requireColumn(groups, name, 'The definition'))
}

function notesOf(mapping: Mapping): string[] {
  const roles = [
    `user ${mapping.user.join(', ')}`,
    `time ${mapping.time} (${formatName(mapping.timeFormat)})`,
    `event ${mapping.event ?? '(none)'}`,
    ...(mapping.session === null ? [] : [`session ${mapping.session}`]),
  ]
  return [`reading ${roles.join(', ')}; preset ${mapping.preset}`, ...mapping.doubts]
}
