/**
 * From a remote table to events: a sample comes here, where it is mapped like any file; the
 * mapping goes back as SQL, which counts every row there.
 */
import { statSync } from 'node:fs'
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import type { Opened } from '../events/dataset.js'
import type { Ledger } from '../events/ledger.js'
import { mapSources } from '../events/mapping.js'
import type { EventOptions } from '../events/open.js'
import { type FateCount, tally } from '../events/row-counts.js'
import { planRows } from '../events/row-plan.js'
import { SAMPLE_ROWS } from '../events/samples.js'
import { type Edges, spanOf } from '../events/span.js'
import type { Events } from '../sessions/dataset.js'
import { describeSources } from '../sources/scan.js'
import { identifier, join, raw, type Sql, sql, withStages } from '../sql/sql.js'
import { MICROS_PER_DAY } from '../units/time.js'
import type { RemoteColumn, RemoteEngine, RemoteTable } from './engine.js'
import { fetchFiles, fetchRows } from './fetch.js'
import type { RemoteEvents } from './plain-events.js'
import { compileRows } from './rows.js'
import { remoteSessions } from './sessions.js'

export async function openRemoteEvents(
  remote: RemoteEngine,
  table: RemoteTable,
  { engine, workspace }: Opened,
  options: EventOptions & { readonly signal?: AbortSignal },
): Promise<Events> {
  const { signal } = options
  const fetch = (query: Sql): Promise<Sql> => fetchRows(remote, query, workspace, signal)
  const columns = await remote.describe(sql`SELECT * FROM ${table.relation}`)
  const [path] = await fetchFiles(remote, sampleQuery(remote, table, columns), workspace, signal)
  if (path === undefined) throw noRows(table)
  const described = await describeSources(engine, [
    {
      label: table.label,
      path,
      format: 'parquet',
      compression: 'none',
      bytes: statSync(path).size,
    },
  ])
  const mapped = await mapSources(engine, described, options)
  const { mapping, groups } = mapped
  const [group] = groups
  if (group === undefined) throw noRows(table)
  if (group.unnest !== undefined) {
    throw new SessionizeError(
      'unsupported',
      `Each row of ${table.label} holds a list of events, which cannot be taken apart in ${remote.name}.`,
      { hint: 'Make a view with a row per event, and name it with --table.' },
    )
  }
  const plan = await planRows(engine, mapped, options)
  const compiled = compileRows({ remote, relation: table.relation, columns, group, plan })
  const fates = await fetch(fateQuery(remote, compiled))
  const { counts, edges, days } = await countFates(engine, fates)
  const ledger: Ledger = {
    ...tally(counts),
    files: [{ label: table.label, ...tally(counts) }],
    skipped: [],
  }
  const there: RemoteEvents = {
    engine: remote.name,
    dialect: remote.dialect,
    stages: compiled.stages,
    plain: compiled.plain,
    keys: remote.values,
    fetch,
    keep: (query) => remote.keep(query, signal),
    createTable: (name, query) => remote.createTable(name, query, signal),
  }
  return {
    mapping,
    dimensions: plan.dimensions,
    passthrough: [],
    ledger,
    ...(await spanOf(engine, edges, ledger.kept, days)),
    remote: remoteSessions(there),
    clockSkew: null,
    stitched: null,
    merged: null,
    rejects: () => Promise.resolve([]),
    firstRejected: () => Promise.resolve(undefined),
    rejectsQuery: () => undefined,
  }
}

function sampleQuery(
  { values }: RemoteEngine,
  { relation }: RemoteTable,
  columns: readonly RemoteColumn[],
): Sql {
  const select = columns.flatMap((column) => {
    const value = values.sample(column)
    return value === undefined ? [] : [sql`${value} AS ${identifier(column.name)}`]
  })
  return sql`SELECT ${join(select)} FROM ${relation} AS r LIMIT ${SAMPLE_ROWS}`
}

const fateQuery = (
  { dialect }: RemoteEngine,
  { plain, fate }: ReturnType<typeof compileRows>,
): Sql =>
  withStages(
    plain.stages,
    sql`SELECT row_fate, ${dialect.count()} AS n, min(t) AS first_t, max(t) AS last_t
FROM (SELECT ${fate} AS row_fate, ${plain.column('t')} AS t FROM ${plain.from}) AS told
GROUP BY row_fate, ${dialect.quotient(raw('t'), MICROS_PER_DAY)}`,
  )

async function countFates(
  engine: Engine,
  fates: Sql,
): Promise<{ counts: FateCount[]; edges: Edges; days: Sql }> {
  const told = sql`SELECT row_fate AS fate, CAST(n AS BIGINT) AS events, CAST(first_t AS BIGINT) AS first, CAST(last_t AS BIGINT) AS last FROM ${fates}`
  const rows = await engine.rows<Edges & { readonly fate: string | null; readonly n: bigint }>(
    sql`SELECT fate, CAST(sum(events) AS BIGINT) AS n, min(first) AS first, max(last) AS last FROM (${told}) GROUP BY fate ORDER BY ALL`,
  )
  return {
    counts: rows.map(({ fate, n }) => ({ file: 0, fate, n: Number(n) })),
    edges: rows.find(({ fate }) => fate === null) ?? { first: null, last: null },
    days: sql`SELECT first, last, events FROM (${told}) WHERE fate IS NULL`,
  }
}

const noRows = ({ label }: RemoteTable): SessionizeError =>
  new SessionizeError('no_events', `No rows in ${label}.`, {
    hint: 'Check that the table covers the period you want.',
  })
