/** From opened files to a scene: finds the columns that rules need, reads the events, cuts sessions. */
import type { Engine } from '../engines/duckdb.js'
import { columnMicros, fromYearOne } from '../events/clock.js'
import { allPresets, scanOptions } from '../events/detection.js'
import { type Mapping, mapColumns } from '../events/mapping.js'
import { type EventOptions, withAllowances } from '../events/open.js'
import { generic } from '../events/presets/index.js'
import { formatOf, kindsOf, settingsOf } from '../events/time-column.js'
import { measureSessions, planSessions } from '../sessions/build.js'
import type { Events } from '../sessions/dataset.js'
import type { SessionDefinition } from '../sessions/definition.js'
import type { BuildOptions } from '../sessions/request.js'
import { fieldNames } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import { describeSources } from '../sources/scan.js'
import type { Sources } from '../sources/source.js'
import { identifier, type Sql, sql } from '../sql/sql.js'
import { EXTRA_ROLES, type ExtraRole, findExtras } from './extras.js'
import { type Scene, type SegmentColumn, segmentColumn } from './scene.js'

/** What must be known before the events are read. */
export interface Survey {
  readonly groups: readonly SourceGroup[]
  readonly extras: Readonly<Partial<Record<ExtraRole, string>>>
  readonly unnested: boolean
}

export async function survey(
  engine: Engine,
  sources: Sources,
  options: EventOptions,
): Promise<Survey> {
  const scan = scanOptions(options)
  const { groups, mapping } = await withAllowances(async (allowances) => {
    const groups = await describeSources(engine, sources.files, { ...scan, allowances })
    return { groups, mapping: await mapColumns(engine, groups, options) }
  })
  const preset = allPresets(options).find(({ name }) => name === mapping.preset) ?? generic
  const fields = [...new Set([...groups.flatMap(fieldNames), ...presetPaths(preset, groups)])]
  return {
    groups,
    extras: findExtras(fields, preset, takenColumns(mapping)),
    unnested: preset.unnest !== undefined,
  }
}

/** Dotted paths of the preset's dimensions and clocks, whose first part the files have. */
function presetPaths(preset: typeof generic, groups: readonly SourceGroup[]): string[] {
  const columns = new Set(groups.flatMap((group) => group.columns.map(({ name }) => name)))
  const named = [
    ...Object.values(preset.dimensions ?? {}).flat(),
    ...(preset.clocks?.server ?? []),
    ...(preset.clocks?.sent ?? []),
  ]
  return named.filter((name) => name.includes('.') && columns.has(name.split('.')[0] ?? ''))
}

const takenColumns = ({ user, time, event, session }: Mapping): string[] => [
  ...user,
  time,
  ...(event === null ? [] : [event]),
  ...(session === null ? [] : [session]),
]

/** The dimensions to read, without repeats: those of rules, and those that the user names. */
export const surveyedDimensions = ({ extras }: Survey, by: readonly string[]): string[] => [
  ...new Set([...Object.values(extras), ...by]),
]

export interface SceneOptions {
  readonly definition: SessionDefinition
  readonly by: readonly string[]
  readonly nowMicros: bigint
}

/** Segments that rules look at: platform, version, and what was named. */
const segmentNames = (
  { extras }: Survey,
  by: readonly string[],
): { role: string; name: string }[] => {
  const roles = (['platform', 'version'] as const).flatMap((role) => {
    const name = extras[role]
    return name === undefined ? [] : [{ role, name }]
  })
  const known = new Set(roles.map(({ name }) => name))
  return [...roles, ...by.filter((name) => !known.has(name)).map((name) => ({ role: name, name }))]
}

export const buildOptions = (survey: Survey, { definition, by }: SceneOptions): BuildOptions => ({
  definition,
  dimensions: segmentNames(survey, by).map(({ name }) => name),
})

/** Creates `sessions` beside `rows` and `events`. */
export async function sceneOf(
  engine: Engine,
  events: Events,
  survey: Survey,
  options: SceneOptions,
): Promise<Scene> {
  await measureSessions(engine, await planSessions(engine, events, buildOptions(survey, options)))
  const columnOf = (name: string): string => {
    const dimension = events.dimensions.find((one) => one.name === name)
    if (dimension === undefined) throw new RangeError(`${name} was not read from the events`)
    return dimension.column
  }
  const extras: Partial<Record<ExtraRole, Sql>> = {}
  for (const role of EXTRA_ROLES) {
    const name = survey.extras[role]
    if (name !== undefined) extras[role] = identifier(columnOf(name))
  }
  const segments = segmentNames(survey, options.by).map(({ role, name }, i) =>
    segmentColumn(role, columnOf(name), i),
  )
  const segment = (role: string): SegmentColumn | undefined =>
    segments.find(({ name }) => name === role)
  return {
    engine,
    events,
    groups: survey.groups,
    unnested: survey.unnested,
    definition: options.definition,
    nowMicros: options.nowMicros,
    extras,
    times: {
      ...(await timeOf(engine, 'arrived', extras.arrived)),
      ...(await timeOf(engine, 'sent', extras.sent)),
    },
    segments,
    platform: segment('platform'),
    version: segment('version'),
  }
}

const SAMPLED_TIMES = 1_000

async function timeOf(
  engine: Engine,
  role: 'arrived' | 'sent',
  column: Sql | undefined,
): Promise<Scene['times']> {
  if (column === undefined) return {}
  const samples = await engine.rows<{ value: string }>(
    sql`SELECT ${column} AS value FROM events WHERE ${column} IS NOT NULL LIMIT ${SAMPLED_TIMES}`,
  )
  const kinds = await kindsOf(
    engine,
    samples.map(({ value }) => value),
  )
  const found = formatOf(kinds, samples.length)
  if (found === undefined) return {}
  return {
    [role]: sql`(${fromYearOne(columnMicros(column, found.format, settingsOf(kinds.counts), 'UTC'))})`,
  }
}
