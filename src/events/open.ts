/**
 * From files to events: the rows are read, mapped, classified, deduplicated and given to their
 * users, and every one of them is counted.
 */
import { type Engine, IN_ANY_ORDER, LISTS_IN_PLACE } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { type Allowances, NO_ALLOWANCES, type SourceGroup } from '../sources/group.js'
import { allowedAfter, brokenJson, describeSources, Misread } from '../sources/scan.js'
import type { Sources } from '../sources/source.js'
import { identifier, join, raw, type Sql, sql } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import { misread } from './broken-lines.js'
import { assertCondition } from './condition.js'
import { scanOptions } from './detection.js'
import { markDuplicates } from './duplicates.js'
import { DEFAULT_STITCH_LIMIT, type Identity, idColumn, mergeIds, stitchUsers } from './identity.js'
import type { Ledger } from './ledger.js'
import { type Mapping, type MappingOptions, mapSources } from './mapping.js'
import type { PassthroughColumn } from './passthrough.js'
import { neverEmpty, provenCounts } from './proof.js'
import { type RejectedRows, rejectedRows } from './rejected-rows.js'
import { closeLedger, countRows, latestRejectingScan } from './row-counts.js'
import { planRows, type RowOptions } from './row-plan.js'
import { cleanRowsQuery, type Dimension, type RowPlan, rowsQuery } from './rows.js'
import { settleCondition, withBindingTypes } from './settle-condition.js'
import { settleTimes } from './settle-times.js'
import { type ClockSkew, measureSkew } from './skew.js'
import { daysOfEvents, type Span, spanOf } from './span.js'
import { assertSpellings } from './spellings.js'

/** Which rows are events, and what is read of them. */
export interface EventOptions extends MappingOptions, RowOptions {
  /** The most ids that `stitch` joins into one user. */
  readonly stitchLimit?: number
  /** Rows stay in the order of their files, so that it can be said where one stands. */
  readonly ordered?: boolean
  /** Applies the merged-id files that lie beside the events of an Amplitude export. */
  readonly mergedIds?: boolean
}

export type { RejectedRow } from './rejected-rows.js'

/**
 * Events in the engine: the relation `events` has `file`, `user`, `t` (microseconds since year 1), `name`,
 * `session`, one text column per dimension, and with passthrough columns also `id`, in the order of the files.
 */
export interface FileEvents extends RejectedRows, Span {
  readonly mapping: Mapping
  readonly dimensions: readonly Dimension[]
  readonly passthrough: readonly PassthroughColumn[]
  /** Columns of text that are read as the files have them, and with them their dictionaries. */
  readonly dictionaryColumns?: ReadonlySet<string>
  readonly ledger: Ledger
  /** How far devices' clocks are off; measured when a clock is chosen. */
  readonly clockSkew: ClockSkew | null
  /** What joining identities did, where it was asked for. */
  readonly stitched: Identity | null
  readonly merged: Identity | null
}

/** What is known of the files, or is being found out. */
export interface OpenState {
  readonly known?: Allowances
  /** Paths of files of JSON in which a row may be nested too deep. */
  readonly deep?: Promise<readonly string[]>
}

/** Creates the relation `events` in the engine. */
export async function openEvents(
  engine: Engine,
  sources: Sources,
  options: EventOptions = {},
  { known = NO_ALLOWANCES, deep = Promise.resolve([]) }: OpenState = {},
): Promise<FileEvents> {
  try {
    return await withAllowances(
      (allowances) => readEvents(engine, sources, options, allowances, deep),
      known,
    )
  } catch (error) {
    throw asInputFault(brokenJson(error, sources.files), sources)
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
  deep: Promise<readonly string[]>,
): Promise<FileEvents> {
  const described = await describeSources(engine, sources.files, {
    ...scanOptions(options),
    allowances: { ...allowances, everyKey: allowances.everyKey || options.passThrough === 'all' },
  })
  const { mapping: found, groups, samples } = await mapSources(engine, described, options)
  let mapping = withMergeDoubt(found, sources, options)
  let plan = await planRows(engine, { mapping, groups, samples }, options)
  const typed = isTypedInPlace(plan, groups, options)
  const proven = typed ? await provenCounts(engine, plan, groups) : undefined
  const passing = options.passThrough !== undefined
  // What passes through is found again by its number: the file's own, or a table's where rows are left out.
  const direct = typed && (!passing || proven !== undefined)
  const after = await latestRejectingScan(engine)
  await engine.setTimeZone(plan.timeZone)
  plan = await withBindingTypes(engine, plan, groups)
  let scans = { after, upTo: after }
  let counted = proven
  for (let settled: RowPlan | undefined = plan; settled !== undefined; ) {
    plan = settled
    const query = rowsQuery(plan, groups)
    const since = await latestRejectingScan(engine)
    await assertCondition(engine, plan.condition, query, () =>
      direct
        ? engine.run(sql`CREATE OR REPLACE TEMP VIEW rows AS ${query}`)
        : makeRows(engine, groups, options, plan, query),
    )
    await assertReadWell(engine, groups, mapping.exact, deep)
    scans = { after: since, upTo: await latestRejectingScan(engine) }
    settled = await settleCondition(engine, plan, groups)
    if (proven !== undefined || settled !== undefined) continue
    if (direct) counted = await countRows(engine, groups, scans)
    settled = await settleTimes(engine, plan, groups, counted)
  }
  mapping = { ...mapping, clock: plan.mapping.clock }
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

  const { counts, edges } = counted ?? (await countRows(engine, groups, scans))
  if (proven === undefined) await assertSpellings(engine, groups, mapping, counts)
  const clean = direct && counts.every(({ fate }) => fate === null)
  const dictionaryColumns = clean ? await neverEmpty(engine, plan, groups) : new Set<string>()
  const columns = join([
    ...['file', 'user', 't', 'name', 'session'].map(raw),
    ...[...plan.dimensions, ...plan.passthrough].map(({ column }) => identifier(column)),
    ...(passing ? [sql`rowid AS id`] : []),
  ])
  await engine.run(
    sql`CREATE OR REPLACE TEMP VIEW events AS ${clean ? cleanRowsQuery(plan, groups, dictionaryColumns, passing) : sql`SELECT ${columns} FROM rows WHERE fate IS NULL`}`,
  )
  const ledger = closeLedger(groups, sources, counts)
  return {
    mapping,
    dimensions: plan.dimensions,
    passthrough: plan.passthrough,
    dictionaryColumns,
    ledger,
    ...(await spanOf(engine, edges, ledger.kept, daysOfEvents(raw('events')))),
    clockSkew: await measureSkew(engine, mapping.clock),
    stitched,
    merged,
    ...(await rejectedRows(engine, { plan, groups, ledger, scans })),
  }
}

/** @throws Misread where files have to be read by rows */
async function assertReadWell(
  engine: Engine,
  groups: readonly SourceGroup[],
  whole: boolean,
  deep: Promise<readonly string[]>,
): Promise<void> {
  const quick = groups.filter(({ byRows }) => byRows !== true).flatMap(({ files }) => files)
  const suspected = (await deep).filter((path) => quick.some((file) => file.path === path))
  const found = [...suspected, ...(await misread(engine, groups, whole))]
  if (found.length > 0) throw new Misread(found)
}

/**
 * Order costs a fifth of the time of making a table of JSON, and only who asks for it depends on it.
 * Without it files of lines are read side by side, each with a buffer of 64 MB, which a small limit of
 * memory does not hold. A long list in a condition is quicker as a join, where that may be.
 */
function makeRows(
  engine: Engine,
  groups: readonly SourceGroup[],
  { ordered, passThrough }: EventOptions,
  { condition }: RowPlan,
  query: Sql,
): Promise<void> {
  const isOrderAsked = ordered === true || passThrough !== undefined
  const isOrderFree =
    !isOrderAsked && groups.every(({ format }) => format !== 'csv' && format !== 'log')
  const settings = [
    ...(isOrderFree ? [IN_ANY_ORDER] : []),
    ...(isOrderAsked || condition === undefined ? [LISTS_IN_PLACE] : []),
  ]
  return engine.withSettings(settings, () =>
    engine.run(sql`CREATE OR REPLACE TEMP TABLE rows AS ${query}`),
  )
}

/** Typed columns are cheap to read again; text is parsed once and kept. */
function isTypedInPlace(
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

/** Microseconds since year 1 to ISO 8601 with microseconds, UTC. */
export function isoTime(micros: bigint): string {
  const epoch = micros - YEAR_ONE_MICROS
  const millis = epoch / 1000n - (epoch % 1000n < 0n ? 1n : 0n)
  const rest = epoch - millis * 1000n
  return `${new Date(Number(millis)).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}
