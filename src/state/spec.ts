/** What a state is about: what may be asked of it, and what may be added to it. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { formatName } from '../events/clock.js'
import type { Mapping } from '../events/mapping.js'
import type { EventOptions } from '../events/open.js'
import type { TableColumns } from '../sessions/dataset.js'
import { ruleProperties, rulesOf, type SessionDefinition } from '../sessions/definition.js'
import { formatDuration } from '../units/duration.js'
import { canonical, type Manifest, type StateMapping, type StateSpec } from './manifest.js'

/** Columns that a state keeps beside those that every session has. */
export interface StateColumns {
  /** For dimensions, `entry_` and `exit_` columns. */
  readonly properties: readonly string[]
  readonly sums: readonly string[]
  readonly counts: readonly string[]
  readonly conversions: readonly string[]
}

/** What a state must keep for a question. */
export const stateColumns = (build: TableColumns): StateColumns => ({
  properties: [...new Set([...build.dimensions, ...(build.properties ?? [])])],
  sums: build.sums ?? [],
  counts: build.counts ?? [],
  conversions: build.conversions ?? [],
})

/** Rules for which blocks say enough; all others look at events again. */
const KEPT_RULES = [
  `${option('gap')} PROPERTY=VALUE:TIME`,
  option('cutAtMidnight'),
  option('ignoreEvent'),
]

/** @throws SessionizeError `unsupported` for what needs more than blocks. */
export function specOf(
  definition: SessionDefinition,
  columns: StateColumns,
  options: EventOptions,
): StateSpec {
  const refused = [
    ...rulesOf(definition)
      .map(({ flag }) => flag)
      .filter((flag) => !KEPT_RULES.includes(flag)),
    ...(options.stitch === true ? [option('stitch')] : []),
    ...(options.mergedIds === true ? [option('mergedIds')] : []),
  ]
  const [first] = refused
  if (first !== undefined) {
    throw new SessionizeError(
      'unsupported',
      `A state keeps blocks of events, and ${refused.join(', ')} ${refused.length === 1 ? 'looks' : 'look'} at events again.`,
      {
        hint: `Leave out ${first}, or leave out ${option('state')} and name all files: then every rule applies.`,
      },
    )
  }
  const { gapMicros, boundary, gaps, midnightZone, ignoreEvents } = definition
  return {
    definition: {
      gapMicros,
      boundary,
      ...(gaps === undefined || gaps.length === 0 ? {} : { gaps: [...gaps] }),
      ...(midnightZone === undefined ? {} : { midnightZone }),
      ...(ignoreEvents === undefined || ignoreEvents.length === 0
        ? {}
        : { ignoreEvents: [...ignoreEvents].sort() }),
    },
    columns: {
      properties: [...columns.properties],
      sums: [...columns.sums],
      counts: [...columns.counts],
      conversions: [...columns.conversions],
    },
    reading: {
      where: options.where ?? null,
      from: options.from ?? null,
      to: options.to ?? null,
      timeZone: options.timeZone ?? 'UTC',
    },
  }
}

/** The properties of events that must be read, at their positions: `d0`, `d1`, ... */
export const readProperties = ({ columns, definition }: StateSpec): string[] => [
  ...new Set([...columns.properties, ...columns.sums, ...ruleProperties(definition)]),
]

/** @throws SessionizeError `state_mismatch` when the state was made with something else. */
export function assertSameSpec(directory: string, { spec }: Manifest, wanted: StateSpec): void {
  const differences = [
    ...compare('gap', spec.definition, wanted.definition, ({ gapMicros }) =>
      formatDuration(gapMicros),
    ),
    ...compare('boundary', spec.definition, wanted.definition, ({ boundary }) => boundary),
    ...compare('gaps per value', spec.definition, wanted.definition, ({ gaps }) =>
      (gaps ?? [])
        .map((gap) => `${gap.property}=${gap.value}:${formatDuration(gap.gapMicros)}`)
        .join(', '),
    ),
    ...compare(
      'cut at midnight',
      spec.definition,
      wanted.definition,
      ({ midnightZone }) => midnightZone ?? '',
    ),
    ...compare('ignored events', spec.definition, wanted.definition, ({ ignoreEvents }) =>
      (ignoreEvents ?? []).join(', '),
    ),
    ...compare(option('where'), spec.reading, wanted.reading, ({ where }) => where ?? ''),
    ...compare(option('from'), spec.reading, wanted.reading, ({ from }) => from ?? ''),
    ...compare(option('to'), spec.reading, wanted.reading, ({ to }) => to ?? ''),
    ...compare(option('timezone'), spec.reading, wanted.reading, ({ timeZone }) => timeZone),
  ]
  if (differences.length > 0) throw mismatch(directory, differences)
  const missing = (['properties', 'sums', 'counts', 'conversions'] as const).flatMap((kind) =>
    wanted.columns[kind]
      .filter((name) => !spec.columns[kind].includes(name))
      .map((name) => ({ kind, name })),
  )
  const [first] = missing
  if (first === undefined) return
  const kept = spec.columns[first.kind]
  throw new SessionizeError(
    'state_mismatch',
    `The state in ${directory} does not keep ${KIND_NAMES[first.kind]} \`${first.name}\`.`,
    {
      hint: `It keeps ${kept.length === 0 ? 'none' : kept.join(', ')}. Make another state whose first run names all that is wanted.`,
    },
  )
}

const KIND_NAMES = {
  properties: 'the property',
  sums: 'the sum of',
  counts: 'the count of',
  conversions: 'the conversion',
} as const

function compare<T>(name: string, before: T, now: T, of: (side: T) => string): string[] {
  return of(before) === of(now) ? [] : [`${name} ${shown(of(before))}, now ${shown(of(now))}`]
}

const shown = (value: string): string => (value === '' ? 'not set' : value)

const mismatch = (directory: string, differences: readonly string[]): SessionizeError =>
  new SessionizeError(
    'state_mismatch',
    `The state in ${directory} was made otherwise: ${differences.join('; ')}.`,
    { hint: 'Say the same as then (see: sessionize state list DIR), or use another folder.' },
  )

export const mappingOf = (mapping: Mapping): StateMapping => ({
  preset: mapping.preset,
  user: [...mapping.user],
  time: mapping.time,
  timeFormat: formatName(mapping.timeFormat),
  clock: mapping.clock.choice ?? null,
  event: mapping.event,
  session: mapping.session,
  outOfSession: mapping.outOfSession,
  dedupe: [...mapping.dedupe],
  exact: mapping.exact,
  nulls: [...mapping.nulls],
  doubts: [...mapping.doubts],
})

/** @throws SessionizeError `state_mismatch` when new files would be read in another way. */
export function assertSameMapping(
  directory: string,
  { mapping }: Manifest,
  now: StateMapping,
): void {
  const differences = (
    [
      'preset',
      'user',
      'time',
      'clock',
      'event',
      'session',
      'outOfSession',
      'dedupe',
      'exact',
      'nulls',
    ] as const
  ).flatMap((role) => compare(role, mapping, now, (side) => textOf(side[role])))
  if (differences.length > 0) throw mismatch(directory, differences)
}

/** The same for a run that adds nothing, by what it says of the columns. */
export function assertSameRoles(
  directory: string,
  { mapping }: Manifest,
  options: EventOptions,
): void {
  const { dedupe } = options
  const said: [name: string, kept: string, wanted: string | undefined][] = [
    ['preset', mapping.preset, options.preset],
    ['user', mapping.user.join(','), options.user?.join(',')],
    ['time', mapping.time, options.time],
    ['clock', mapping.clock ?? '', options.clock],
    ['event', mapping.event ?? '', options.event],
    ['session', mapping.session ?? '', options.session],
    // Which columns an `insert_id` stands for, only files can tell.
    ['dedupe', dedupeOf(mapping), dedupe?.[0] === 'insert_id' ? undefined : dedupe?.join(',')],
  ]
  const differences = said.flatMap(([name, kept, wanted]) =>
    wanted === undefined || wanted.toLowerCase() === kept.toLowerCase()
      ? []
      : [`${name} ${shown(kept)}, now ${wanted}`],
  )
  if (differences.length > 0) throw mismatch(directory, differences)
}

const dedupeOf = ({ exact, dedupe }: StateMapping): string =>
  exact ? 'exact' : dedupe.length === 0 ? 'none' : dedupe.join(',')

function textOf(value: unknown): string {
  if (value === null) return ''
  return typeof value === 'string'
    ? value
    : Array.isArray(value)
      ? value.join(',')
      : canonical(value)
}
