import { duckdb } from '../dialects/duckdb.js'
import type { Engine } from '../engines/duckdb.js'
import { type NamedTable, type TableFormat, writeTable } from '../engines/table-file.js'
import { planSessions } from '../sessions/build.js'
import { labelledEvents } from '../sessions/label.js'
import { type Asked, ask, type Inputs, read } from './ask.js'
import { tellLeftOut } from './left-out.js'
import { iterateWithin, type Row, rowsOf } from './rows.js'

/** Options of `events`. */
export type EventsOptions = Asked<'events'>

/**
 * The events with the session each belongs to, one plain object an event: its own columns, then
 * `session_id`, `session_number`, `event_number`, `seconds_since_previous_event`, `is_first` and
 * `is_last`: `sessionize events`. A label that a column has the name of is `rebuilt_...`.
 *
 * @throws SessionizeError when it is read
 */
export const events = (inputs: Inputs, options: EventsOptions = {}): AsyncIterable<Row> =>
  iterateWithin((each) =>
    withLabelled(inputs, options, (engine, { query, names }) => each(rowsOf(engine, query, names))),
  )

/** Writes them to a path that is the caller's business. */
export const putEvents = (
  inputs: Inputs,
  path: string,
  format: TableFormat,
  options: EventsOptions,
): Promise<void> =>
  withLabelled(inputs, options, (engine, { query, names }) =>
    writeTable(engine, query, format, path, names),
  )

async function withLabelled(
  inputs: Inputs,
  options: EventsOptions,
  use: (engine: Engine, table: NamedTable) => Promise<void>,
): Promise<void> {
  const asked = read('events', options)
  const { columns, order = 'user' } = asked.options
  const { definition } = asked
  const dataset = { passThrough: columns ?? ('all' as const) }
  await ask(inputs, asked, { dataset }, async (opened) => {
    const { engine, events: kept } = opened
    const request = await planSessions(engine, kept, { definition, dimensions: [], plan: 'events' })
    await tellLeftOut(asked.surroundings, opened, { request })
    await use(engine, labelledEvents(request, kept.passthrough, order, duckdb))
  })
}
