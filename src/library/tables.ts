/** Tables of sessions and events, and the user's own queries: as rows, as Arrow, or as files. */

import { readFileSync } from 'node:fs'
import { type Table, tableFromIPC } from 'apache-arrow'
import { prepareQuery, runQuery } from '../analysis/query.js'
import { duckdb } from '../dialects/duckdb.js'
import { type DialectName, dialectNamed } from '../dialects/index.js'
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { withDataset } from '../events/dataset.js'
import { given } from '../given.js'
import { Target } from '../report/target.js'
import { neededProperties, planSessions, sessionTable } from '../sessions/build.js'
import type { SessionDefinition } from '../sessions/definition.js'
import { labelledEvents } from '../sessions/label.js'
import { sessionSql } from '../sessions/print.js'
import {
  type TableFormat,
  tableFormatOf,
  takesEnumerations,
  writeTable,
} from '../sessions/write.js'
import { type Output, outputAt } from '../sources/outputs.js'
import type { Sql } from '../sql/sql.js'
import { type Inputs, inputList } from './answers.js'
import { datasetOptions, readDefinition, type SessionOptions } from './options.js'
import { iterateWithin, type Row, rowsOf } from './rows.js'

/** Options of `sessions`, `sessionsArrow` and `writeSessions`. */
export interface SessionsOptions extends SessionOptions {
  /** Properties whose first filled value is a column. */
  readonly by?: readonly string[]
  /** Properties with `entry_` and `exit_` columns: their first and last filled value. */
  readonly properties?: readonly string[]
  /** Numeric properties with `sum_` columns. */
  readonly sums?: readonly string[]
  /** Event names with `count_` columns; `*` stands for anything. */
  readonly counts?: readonly string[]
  /** Event names with `has_` columns: whether the session holds such an event. */
  readonly conversions?: readonly string[]
  /** Only these columns, in this order. */
  readonly columns?: readonly string[]
}

/**
 * One plain object per session, ordered by user and start: `sessionize sessions`. The keys are the
 * columns of the session table (docs/definitions.md). Rows are made as they are read, and what goes
 * wrong is thrown then; leaving the loop early ends the work.
 */
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

/**
 * Writes the session table to a file, whole or not at all; its name tells the format unless one is
 * given. A file that would be read as events is not replaced.
 *
 * @throws SessionizeError `usage` when neither tells it, or it is an input; `output_unwritable`,
 * `disk_full`
 */
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
  const output = outputAt('writeSessions', path)
  const target = Target.create(path)
  try {
    await withSessions(
      inputs,
      options,
      (engine, query) => writeTable(engine, query, format, target.path),
      { output, enumerated: takesEnumerations(format) },
    )
    await target.commit()
  } catch (error) {
    target.abort()
    throw target.failure(error)
  }
}

async function withSessions<T>(
  inputs: Inputs,
  options: SessionsOptions,
  use: (engine: Engine, query: Sql, scratch: string) => Promise<T>,
  { output, enumerated = false }: { output?: Output; enumerated?: boolean } = {},
): Promise<T> {
  const build = {
    definition: readDefinition(options),
    dimensions: options.by ?? [],
    properties: options.properties ?? [],
    ...given({ sums: options.sums, counts: options.counts, conversions: options.conversions }),
  }
  return withDataset(
    inputList(inputs),
    {
      ...datasetOptions(options, neededProperties(build)),
      ...given({ outputs: output && { files: [output], folders: [], say: () => undefined } }),
    },
    async ({ engine, events, workspace }) => {
      const request = await planSessions(engine, events, build)
      const table = await sessionTable(engine, request, options.columns, { enumerated })
      return use(engine, table, workspace.path())
    },
  )
}

/** Options of `events`. */
export interface EventsOptions extends SessionOptions {
  /** Only these columns of the events; all by default. */
  readonly columns?: readonly string[]
  /** By user and time, which is the default, or as the files have them. */
  readonly order?: 'user' | 'source'
}

/**
 * The events with the session each belongs to, one plain object an event: its own columns, then
 * `session_id`, `session_number`, `event_number`, `seconds_since_previous_event`, `is_first` and
 * `is_last`: `sessionize events`. A label that a column has the name of is `rebuilt_...`.
 *
 * @throws SessionizeError when it is read
 */
export const events = (inputs: Inputs, options: EventsOptions = {}): AsyncIterable<Row> =>
  iterateWithin((each) => {
    const { columns, order = 'user', ...rest } = options
    const dataset = { ...datasetOptions(rest), carry: columns ?? ('all' as const) }
    return withDataset(inputList(inputs), dataset, async ({ engine, events: read }) => {
      const request = await planSessions(engine, read, {
        definition: readDefinition(rest),
        dimensions: [],
        plan: 'events',
      })
      await each(rowsOf(engine, labelledEvents(request, read.carried, order, duckdb)))
    })
  })

/** Options of `query`. */
export interface QueryOptions extends SessionOptions {
  /** Properties of events that are columns of `events` and `sessions`. */
  readonly by?: readonly string[]
}

/**
 * The rows of one SELECT over `events`, `blocks` and `sessions`: `sessionize query`. It can read
 * nothing else.
 *
 * @throws SessionizeError `usage` when it is not one SELECT, or the engine refuses it; when it is read
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

/** Options of `sql`. */
export interface SqlOptions {
  readonly definition?: Partial<SessionDefinition>
  readonly by?: readonly string[]
  readonly columns?: readonly string[]
  /** The engine that is to run it: `duckdb` if not given. */
  readonly dialect?: DialectName
}

/** The compiled SQL over a relation `events`, without running it: `sessionize sql`. */
export const sql = ({ definition, by, columns, dialect }: SqlOptions = {}): string =>
  sessionSql({
    dialect: dialectNamed(dialect ?? 'duckdb'),
    definition: readDefinition(given({ definition })),
    dimensions: by ?? [],
    ...given({ columns }),
  })
