import { prepareQuery, runQuery } from '../analysis/query.js'
import { firstRows, type QueryRows, writeQueryJson } from '../analysis/query-rows.js'
import type { Engine } from '../engines/duckdb.js'
import { type TableFormat, writeTable } from '../engines/table-file.js'
import type { Sql } from '../sql/sql.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { type Asked, ask, type Inputs, read } from './ask.js'
import { tellLeftOut } from './left-out.js'
import { iterateWithin, type Row, rowsOf } from './rows.js'
import { buildOf } from './segments.js'

/** Options of `query`; properties of `by` are columns of `events` and `sessions`. */
export type QueryOptions = Asked<'query'>

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
    withQuery(statement, inputs, options, undefined, (engine, prepared) =>
      each(rowsOf(engine, prepared)),
    ),
  )

/** A screen or two. */
const MOST_ROWS = 200

/** Its first rows, for a reader. */
export const queryRows = (
  statement: string,
  inputs: Inputs,
  options: QueryOptions,
): Promise<QueryRows> =>
  withQuery(statement, inputs, options, undefined, (engine, prepared) =>
    firstRows(engine, prepared, MOST_ROWS),
  )

/** Writes its rows to a path that is the caller's business. */
export const putQuery = (
  statement: string,
  inputs: Inputs,
  path: string,
  format: TableFormat | 'json',
  options: QueryOptions,
): Promise<void> =>
  withQuery(statement, inputs, options, path, (engine, prepared) =>
    format === 'json'
      ? writeQueryJson(engine, prepared, path)
      : writeTable(engine, prepared, format, path),
  )

function withQuery<T>(
  statement: string,
  inputs: Inputs,
  options: QueryOptions,
  outputPath: string | undefined,
  use: (engine: Engine, prepared: Sql) => Promise<T>,
): Promise<T> {
  const asked = read('query', options)
  const { by = [] } = asked.options
  return ask(inputs, asked, { properties: by }, async (dataset) => {
    const { engine, events } = dataset
    await tellLeftOut(asked.surroundings, dataset, events)
    const prepared = await prepareQuery(engine, events, statement, {
      ...buildOf(asked),
      by,
      ...omitUndefined({ outputPath }),
    })
    return runQuery(() => use(engine, prepared))
  })
}
