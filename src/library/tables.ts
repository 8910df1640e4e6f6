/** The session table and the user's own queries: as rows, as Arrow, or as files. */
import { readFileSync } from 'node:fs'
import { type Table, tableFromIPC } from 'apache-arrow'
import { prepareQuery, runQuery } from '../analysis/query.js'
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { withDataset } from '../events/dataset.js'
import { neededProperties, planSessions, sessionTable } from '../sessions/build.js'
import type { SessionDefinition } from '../sessions/definition.js'
import { sessionSql } from '../sessions/print.js'
import { type TableFormat, tableFormatOf, writeTable } from '../sessions/write.js'
import type { Sql } from '../sql/sql.js'
import { type Inputs, inputList } from './answers.js'
import { datasetOptions, readDefinition, type SessionOptions } from './options.js'
import { iterateWithin, type Row, rowsOf } from './rows.js'

export interface SessionsOptions extends SessionOptions {
  /** Properties whose first filled value is a column. */
  readonly by?: readonly string[]
  /** Properties with `entry_` and `exit_` columns. */
  readonly properties?: readonly string[]
  /** Only these columns, in this order. */
  readonly columns?: readonly string[]
}

/** One plain object per session, ordered by user and start: `sessionize sessions`. */
export const sessions = (inputs: Inputs, options: SessionsOptions = {}): AsyncIterable<Row> =>
  iterateWithin((each) =>
    withSessions(inputs, options, (engine, query) => each(rowsOf(engine, query))),
  )

/** The whole session table in memory, as an Apache Arrow table. */
export async function sessionsArrow(inputs: Inputs, options: SessionsOptions = {}): Promise<Table> {
  return withSessions(inputs, options, async (engine, query, scratch) => {
    await writeTable(engine, query, 'arrow', scratch)
    return tableFromIPC(readFileSync(scratch))
  })
}

/** Writes the session table to a file; its name tells the format unless one is given. */
export async function writeSessions(
  inputs: Inputs,
  path: string,
  options: SessionsOptions & { readonly format?: TableFormat } = {},
): Promise<void> {
  const format = options.format ?? tableFormatOf(path)
  if (format === undefined) {
    throw new SessionizeError('usage', `The name ${path} does not tell a format.`, {
      hint: 'Use .csv, .ndjson, .parquet or .arrow, or give a format.',
    })
  }
  await withSessions(inputs, options, (engine, query) => writeTable(engine, query, format, path))
}

async function withSessions<T>(
  inputs: Inputs,
  options: SessionsOptions,
  use: (engine: Engine, query: Sql, scratch: string) => Promise<T>,
): Promise<T> {
  const build = {
    definition: readDefinition(options),
    dimensions: options.by ?? [],
    properties: options.properties ?? [],
  }
  return withDataset(
    inputList(inputs),
    datasetOptions(options, neededProperties(build)),
    async ({ engine, events, workspace }) => {
      const request = await planSessions(engine, events, build)
      return use(engine, sessionTable(request, options.columns), workspace.path())
    },
  )
}

export interface QueryOptions extends SessionOptions {
  /** Properties of events that are columns of `events` and `sessions`. */
  readonly by?: readonly string[]
}

/**
 * The rows of one SELECT over `events`, `blocks` and `sessions`: `sessionize query`. It can read
 * nothing else.
 */
export const query = (
  statement: string,
  inputs: Inputs,
  options: QueryOptions = {},
): AsyncIterable<Row> =>
  iterateWithin((each) =>
    withDataset(
      inputList(inputs),
      datasetOptions(options, options.by ?? []),
      async ({ engine, events }) => {
        const prepared = await prepareQuery(engine, events, statement, {
          definition: readDefinition(options),
          by: options.by ?? [],
        })
        await runQuery(() => each(rowsOf(engine, prepared)))
      },
    ),
  )

export interface SqlOptions {
  readonly definition?: Partial<SessionDefinition>
  readonly by?: readonly string[]
  readonly columns?: readonly string[]
}

/** The compiled SQL over a relation `events`, without running it: `sessionize sql`. */
export const sql = ({ definition, by, columns }: SqlOptions = {}): string =>
  sessionSql({
    definition: readDefinition(definition === undefined ? {} : { definition }),
    dimensions: by ?? [],
    ...(columns === undefined ? {} : { columns }),
  })
