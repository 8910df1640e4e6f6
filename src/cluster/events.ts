/**
 * From a table elsewhere to events: a sample comes here, where it is mapped like any file; the
 * mapping goes back as SQL, which counts every row there.
 */
import { statSync } from 'node:fs'
import type { Cluster, ClusterColumn, ClusterTable } from '../engines/cluster.js'
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import type { Opened } from '../events/dataset.js'
import type { DistantEvents } from '../events/distant.js'
import type { Ledger } from '../events/ledger.js'
import { mapSources } from '../events/mapping.js'
import type { EventOptions, Events } from '../events/open.js'
import { type FateCount, tally } from '../events/row-counts.js'
import { planRows } from '../events/row-plan.js'
import { SAMPLE_ROWS } from '../events/samples.js'
import { describeSources } from '../sources/scan.js'
import { identifier, join, type Sql, sql, withStages } from '../sql/sql.js'
import { fetchFiles, fetchRows } from './fetched.js'
import { compileRows } from './rows.js'

export async function openClusterEvents(
  cluster: Cluster,
  table: ClusterTable,
  { engine, workspace }: Opened,
  options: EventOptions & { readonly signal?: AbortSignal },
): Promise<Events> {
  const { signal } = options
  const fetch = (query: Sql): Promise<Sql> => fetchRows(cluster, query, workspace, signal)
  const columns = await cluster.describe(sql`SELECT * FROM ${table.relation}`)
  const [path] = await fetchFiles(cluster, sampleQuery(cluster, table, columns), workspace, signal)
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
      `Each row of ${table.label} holds a list of events, which cannot be taken apart in ${cluster.name}.`,
      { hint: 'Make a view with a row per event, and name it with --table.' },
    )
  }
  const plan = await planRows(engine, mapped, options)
  const compiled = compileRows({ cluster, relation: table.relation, columns, group, plan })
  const { counts, first, last } = await countFates(
    engine,
    await fetch(fateQuery(cluster, compiled)),
  )
  const ledger: Ledger = {
    ...tally(counts),
    files: [{ label: table.label, ...tally(counts) }],
    skipped: [],
  }
  const distant: DistantEvents = {
    engine: cluster.name,
    dialect: cluster.dialect,
    stages: compiled.stages,
    plain: compiled.plain,
    keys: cluster.values,
    fetch,
    keep: (query) => cluster.keep(query, signal),
    createTable: (name, query) => cluster.createTable(name, query, signal),
  }
  return {
    mapping,
    dimensions: plan.dimensions,
    carried: [],
    ledger,
    firstMicros: first,
    lastMicros: last,
    distant,
    clockSkew: null,
    stitched: null,
    merged: null,
    rejects: () => Promise.resolve([]),
    rejectsQuery: () => undefined,
  }
}

function sampleQuery(
  { values }: Cluster,
  { relation }: ClusterTable,
  columns: readonly ClusterColumn[],
): Sql {
  const select = columns.flatMap((column) => {
    const value = values.sample(column)
    return value === undefined ? [] : [sql`${value} AS ${identifier(column.name)}`]
  })
  return sql`SELECT ${join(select)} FROM ${relation} AS r LIMIT ${SAMPLE_ROWS}`
}

const fateQuery = ({ dialect }: Cluster, { plain, fate }: ReturnType<typeof compileRows>): Sql =>
  withStages(
    plain.stages,
    sql`SELECT ${fate} AS row_fate, ${dialect.count()} AS n, min(${plain.column('t')}) AS first_t, max(${plain.column('t')}) AS last_t FROM ${plain.from} GROUP BY ${fate}`,
  )

async function countFates(
  engine: Engine,
  fates: Sql,
): Promise<{ counts: FateCount[]; first: bigint | null; last: bigint | null }> {
  const rows = await engine.rows<{
    fate: string | null
    n: bigint
    first: bigint | null
    last: bigint | null
  }>(
    sql`SELECT row_fate AS fate, CAST(n AS BIGINT) AS n, CAST(first_t AS BIGINT) AS first, CAST(last_t AS BIGINT) AS last FROM ${fates} ORDER BY ALL`,
  )
  const kept = rows.find(({ fate }) => fate === null)
  return {
    counts: rows.map(({ fate, n }) => ({ file: 0, fate, n: Number(n) })),
    first: kept?.first ?? null,
    last: kept?.last ?? null,
  }
}

const noRows = ({ label }: ClusterTable): SessionizeError =>
  new SessionizeError('no_events', `No rows in ${label}.`, {
    hint: 'Check that the table covers the period you want.',
  })
