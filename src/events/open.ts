/**
 * From files to events: the rows are read, mapped, classified, deduplicated and given to their
 * users, and every one of them is counted.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { type Allowances, NO_ALLOWANCES, type SourceGroup } from '../sources/group.js'
import { allowedAfter, describeSources } from '../sources/scan.js'
import type { Sources } from '../sources/source.js'
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { type CarriedColumn, carriedColumns } from './carried.js'
import { YEAR_ONE_MICROS } from './clock.js'
import { assertCondition, parseCondition } from './condition.js'
import { fixedLayouts } from './detection.js'
import type { DistantEvents } from './distant.js'
import { markDuplicates } from './duplicates.js'
import { DEFAULT_STITCH_LIMIT, type Identity, idColumn, mergeIds, stitchUsers } from './identity.js'
import { availableKey } from './key.js'
import type { Ledger } from './ledger.js'
import {
  type Mapped,
  type Mapping,
  type MappingOptions,
  mapSources,
  requireColumn,
} from './mapping.js'
import { type RejectedRows, rejectedRows } from './rejected-rows.js'
import { closeLedger, countRows, latestRejectingScan } from './row-counts.js'
import { cleanRowsQuery, type Dimension, type RowPlan, rowsQuery } from './rows.js'
import { type ClockSkew, measureSkew } from './skew.js'
import { assertTimeZone } from './time-column.js'

/** Which rows are events, and what is read of them. */
export interface EventOptions extends MappingOptions {
  /** Names of presets' dimensions, columns or paths, for `by` and properties. */
  readonly dimensions?: readonly string[]
  /** The flags that named them, for messages. */
  readonly namedBy?: ReadonlyMap<string, string>
  /** Names of presets' dimensions that are taken where the files have them. */
  readonly optionalDimensions?: readonly string[]
  /** SQL on the columns of one event. */
  readonly where?: string
  /** Inclusive, as ISO 8601. */
  readonly from?: string
  /** Exclusive, as ISO 8601. */
  readonly to?: string
  /** For times without a zone. */
  readonly timeZone?: string
  /** Event names left out of everything, as patterns with `*`; counted as ignored. */
  readonly ignore?: readonly string[]
  /** Rows without a recorded session id are out of session. */
  readonly recordedOnly?: boolean
  /** The most ids that `stitch` joins into one user. */
  readonly stitchLimit?: number
  /** Columns of the files that stay with their events; they then have an `id` too. */
  readonly carry?: readonly string[] | 'all'
  /** Applies the merged-id files that lie beside the events of an Amplitude export. */
  readonly mergedIds?: boolean
}

export type { RejectedRow } from './rejected-rows.js'

/**
 * Events in the engine: the relation `events` has `file`, `user`, `t` (microseconds since year 1), `name`,
 * `session`, one text column per dimension, and with carried columns also `id`, in the order of the files.
 */
export interface Events extends RejectedRows {
  readonly mapping: Mapping
  readonly dimensions: readonly Dimension[]
  readonly carried: readonly CarriedColumn[]
  readonly ledger: Ledger
  /** First and last kept event, in microseconds since year 1; null when nothing was kept. */
  readonly firstMicros: bigint | null
  readonly lastMicros: bigint | null
  /** Set where the events themselves are gone, and there is no relation `events`. */
  readonly stored?: StoredEvents
  /** Set where the events stay in an engine elsewhere; then there is no relation `events` here either. */
  readonly distant?: DistantEvents
  /** How far devices' clocks are off; measured when a clock is chosen. */
  readonly clockSkew: ClockSkew | null
  /** What joining identities did, where it was asked for. */
  readonly stitched: Identity | null
  readonly merged: Identity | null
}

/** What is left of events that earlier runs read. */
export interface StoredEvents {
  /** A relation of blocks. */
  readonly blocks: Sql
  /** Per name of a measure the column of `blocks AS e` that holds its sums. */
  readonly measures: ReadonlyMap<string, Sql>
}

/** Creates the relation `events` in the engine. */
export async function openEvents(
  engine: Engine,
  sources: Sources,
  options: EventOptions = {},
  known: Allowances = NO_ALLOWANCES,
): Promise<Events> {
  try {
    return await withAllowances(
      (allowances) => readEvents(engine, sources, options, allowances),
      known,
    )
  } catch (error) {
    throw asInputFault(error, sources)
  }
}

/** What the engine says of our own SQL, and not of what it reads. */
const OWN_FAULT = /^(Binder|Parser|Catalog|INTERNAL|FATAL)\b/

/** An engine that cannot read a file in a way no one has foreseen: still the file's fault. */
function asInputFault(error: unknown, sources: Sources): unknown {
  if (!(error instanceof SessionizeError) || error.code !== 'engine') return error
  if (OWN_FAULT.test(error.message)) return error
  const [first] = sources.files
  const files = sources.files.length === 1 ? (first?.label ?? '') : `${sources.files.length} files`
  return new SessionizeError('input_corrupt', `Cannot read ${files}: ${error.message}`, {
    hint: 'Export or copy it again; sessionize inspect FILE shows which file it is.',
    cause: error,
  })
}

/** Tries again when a file turns out to need a reader's slower or more lenient way. */
export async function withAllowances<T>(
  use: (allowances: Allowances) => Promise<T>,
  known: Allowances = NO_ALLOWANCES,
): Promise<T> {
  for (let allowances = known; ; ) {
    try {
      return await use(allowances)
    } catch (error) {
      const wider = allowedAfter(error, allowances)
      if (wider === undefined) throw error
      allowances = wider
    }
  }
}

async function readEvents(
  engine: Engine,
  sources: Sources,
  options: EventOptions,
  allowances: Allowances,
): Promise<Events> {
  const described = await describeSources(engine, sources.files, {
    layouts: fixedLayouts(options),
    allowances,
  })
  const { mapping: found, groups, samples } = await mapSources(engine, described, options)
  const mapping = withMergeDoubt(found, sources, options)
  const timeZone = options.timeZone ?? 'UTC'
  await assertTimeZone(engine, timeZone, '--timezone')
  const plan: RowPlan = {
    mapping,
    timeZone,
    dimensions: dimensionNames({ mapping, groups }, options).map((name, i) =>
      dimension(groups, mapping, name, i, options.namedBy?.get(name)),
    ),
    condition:
      options.where === undefined
        ? undefined
        : await parseCondition(engine, options.where, groups, rolesOf(mapping), samples),
    fromMicros: await instant(engine, options.from, '--from', timeZone),
    toMicros: await instant(engine, options.to, '--to', timeZone),
    ignore: options.ignore ?? [],
    recordedOnly: options.recordedOnly ?? false,
    ids: options.stitch === true,
    carried: options.carry === undefined ? [] : carriedColumns(groups, options.carry),
  }

  if (
    plan.fromMicros !== undefined &&
    plan.toMicros !== undefined &&
    plan.fromMicros >= plan.toMicros
  ) {
    throw new SessionizeError('usage', `--from ${options.from} is not before --to ${options.to}.`, {
      hint: 'Events at --from are read, those at --to are not.',
    })
  }
  const direct = isDirect(plan, groups, options)
  const after = await latestRejectingScan(engine)
  const query = rowsQuery(plan, groups)
  await engine.setTimeZone(timeZone)
  await assertCondition(engine, plan.condition, query, () =>
    engine.run(
      direct
        ? sql`CREATE OR REPLACE TEMP VIEW rows AS ${query}`
        : sql`CREATE OR REPLACE TEMP TABLE rows AS ${query}`,
    ),
  )
  const scans = { after, upTo: await latestRejectingScan(engine) }
  await engine.setTimeZone('UTC')
  if (mapping.dedupe.length > 0) {
    const dimensions = plan.dimensions.map(({ column }) => column)
    await markDuplicates(engine, ['t', 'user', 'name', 'session', ...dimensions])
  }
  const merged = options.mergedIds === true ? await merge(engine, sources, mapping, options) : null
  const stitched =
    options.stitch === true
      ? await stitchUsers(engine, mapping.user, options.stitchLimit ?? DEFAULT_STITCH_LIMIT)
      : null

  const { counts, edges } = await countRows(engine, groups, scans, mapping.exact)
  const clean = direct && counts.every(({ fate }) => fate === null)
  const columns = join([
    ...['file', 'user', 't', 'name', 'session'].map(raw),
    ...[...plan.dimensions, ...plan.carried].map(({ column }) => identifier(column)),
    ...(options.carry === undefined ? [] : [sql`rowid AS id`]),
  ])
  await engine.run(
    sql`CREATE OR REPLACE TEMP VIEW events AS ${clean ? cleanRowsQuery(plan, groups) : sql`SELECT ${columns} FROM rows WHERE fate IS NULL`}`,
  )
  const ledger = closeLedger(groups, sources, counts)
  return {
    mapping,
    dimensions: plan.dimensions,
    carried: plan.carried,
    ledger,
    firstMicros: edges.first,
    lastMicros: edges.last,
    clockSkew: await measureSkew(engine, mapping.clock),
    stitched,
    merged,
    ...(await rejectedRows(engine, { plan, groups, ledger, scans })),
  }
}

/** Names that a condition may use besides the files' own. */
export const rolesOf = ({ user, time, event, session }: Mapping) => ({
  user: user.join(','),
  time,
  event,
  session,
})

/** Typed columns are cheap to read again; text is parsed once and kept. */
function isDirect(
  { mapping, timeZone }: RowPlan,
  groups: readonly SourceGroup[],
  options: EventOptions,
): boolean {
  return (
    mapping.dedupe.length === 0 &&
    timeZone === 'UTC' &&
    mapping.clock.choice === undefined &&
    options.stitch !== true &&
    options.mergedIds !== true &&
    options.carry === undefined &&
    groups.every(({ format, unnest }) => format === 'parquet' && unnest === undefined)
  )
}

const mergeFiles = ({ skipped }: Sources) => skipped.filter(({ why }) => why === 'merged_ids')

const amplitudeId = ({ user }: Mapping): number =>
  user.findIndex((key) => key.toLowerCase() === 'amplitude_id')

function withMergeDoubt(mapping: Mapping, sources: Sources, { mergedIds }: EventOptions): Mapping {
  const files = mergeFiles(sources).length
  if (files === 0 || mergedIds === true || amplitudeId(mapping) < 0) return mapping
  const doubt = `The export holds ${files === 1 ? 'a file' : `${files} files`} of users that Amplitude merged later: --merged-ids counts each of them as one user.`
  return { ...mapping, doubts: [...mapping.doubts, doubt] }
}

async function merge(
  engine: Engine,
  sources: Sources,
  mapping: Mapping,
  { stitch }: EventOptions,
): Promise<Identity | null> {
  const files = mergeFiles(sources)
  const position = amplitudeId(mapping)
  if (position < 0) {
    throw new SessionizeError(
      'usage',
      `--merged-ids joins Amplitude ids, but the user is ${mapping.user.join(',')}.`,
      { hint: 'Leave it out, or take the Amplitude id: --user amplitude_id' },
    )
  }
  if (files.length === 0) {
    throw new SessionizeError('usage', 'No file of merged ids was found for --merged-ids.', {
      hint: 'Amplitude names such files -OrgID_yyyy-MM-dd_H.json.gz; give the folder or the zip that holds them.',
    })
  }
  return mergeIds(engine, files, stitch === true ? [idColumn(position)] : ['user'])
}

export function dimensionNames(
  { mapping, groups }: Omit<Mapped, 'samples'>,
  options: EventOptions,
): string[] {
  const present = (options.optionalDimensions ?? []).filter(
    (name) => vendorKeys(groups, mapping, name).length > 0,
  )
  return [...new Set([...(options.dimensions ?? []), ...present])]
}

/** A preset's dimension stands for the columns of that vendor. */
function vendorKeys(groups: readonly SourceGroup[], mapping: Mapping, name: string): string[] {
  const exists = (candidate: string): boolean => mapping.known.includes(candidate)
  const aliases = Object.hasOwn(mapping.dimensions, name) ? (mapping.dimensions[name] ?? []) : []
  return aliases.flatMap((alias) => availableKey(groups, alias, exists) ?? [])
}

export function dimension(
  groups: readonly SourceGroup[],
  mapping: Mapping,
  name: string,
  position: number,
  flag: string | undefined,
): Dimension {
  const column = `d${position}`
  const found = vendorKeys(groups, mapping, name)
  return { name, sources: found.length > 0 ? found : [requireColumn(groups, name, flag)], column }
}

/** A time without a zone is meant in that of the data. */
export async function instant(
  engine: Engine,
  value: string | undefined,
  flag: string,
  zone: string,
): Promise<bigint | undefined> {
  if (value === undefined) return undefined
  await engine.setTimeZone(zone)
  const { micros } = await engine.row<{ micros: bigint | null }>(
    sql`SELECT epoch_us(TRY_CAST(${text(value)} AS TIMESTAMPTZ)) AS micros`,
  )
  await engine.setTimeZone('UTC')
  if (micros === null) {
    throw new SessionizeError('usage', `${flag} ${value} is not a time.`, {
      hint: `Write it as ${flag} 2024-01-31 or ${flag} "2024-01-31T18:00:00Z".`,
    })
  }
  return micros
}

/** Microseconds since year 1 to ISO 8601 with microseconds, UTC. */
export function isoTime(micros: bigint): string {
  const epoch = micros - YEAR_ONE_MICROS
  const millis = epoch / 1000n - (epoch % 1000n < 0n ? 1n : 0n)
  const rest = epoch - millis * 1000n
  return `${new Date(Number(millis)).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}
