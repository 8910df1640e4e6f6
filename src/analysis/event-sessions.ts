/** Which session each event is in, for questions about the events of a session. */
import { duckdb } from '../dialects/duckdb.js'
import type { Engine } from '../engines/duckdb.js'
import type { Events } from '../sessions/dataset.js'
import { eventRules } from '../sessions/definition.js'
import { sessionsOfEvents } from '../sessions/label.js'
import type { SessionRequest } from '../sessions/request.js'
import { identifier, join, raw, type Sql, sql } from '../sql/sql.js'

/** A table of sessions that were measured by the same request, and what events get of theirs. */
export interface SessionSource {
  readonly table: string
  /** Columns of the table. */
  readonly columns: readonly string[]
}

/**
 * Every event with columns of its session: `user`, `t`, `name`, `session`, the dimensions' columns,
 * and what was asked for, which is NULL for a passive event in no session. Creates tables where the
 * rules need them.
 *
 * Where the sessions of a user share no instant, an event's session is the last to start at or before
 * it. Rules on single events, a largest number of events and recorded ids make sessions that do:
 * there the events are cut once more, as the sessions were.
 */
export async function eventsInSessions(
  engine: Engine,
  events: Events,
  request: SessionRequest,
  { table, columns }: SessionSource,
): Promise<Sql> {
  const dimensions = events.dimensions.map(({ column }) => identifier(column))
  const select = join([
    ...['user', 't', 'name', 'session'].map((name) => sql`e.${identifier(name)}`),
    ...dimensions.map((column) => sql`e.${column}`),
    ...columns.map((name) => sql`s.${identifier(name)}`),
  ])
  const sessions = identifier(table)
  if (!mayShareInstants(request)) {
    return sql`SELECT ${select}
      FROM events AS e ASOF LEFT JOIN ${sessions} AS s ON e.user = s.user AND e.t >= s.start`
  }
  // A total order, so that neither the files' order nor chance decides.
  const order = [raw('"user"'), raw('t'), raw('name'), ...dimensions, raw('session'), raw('file')]
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE numbered_events AS
    SELECT *, row_number() OVER (ORDER BY ${join(order.map((by) => sql`${by} NULLS FIRST`))}) AS id
    FROM events`)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE event_sessions AS
    ${sessionsOfEvents(request, raw('numbered_events'), duckdb)}`)
  return sql`SELECT ${select}
    FROM numbered_events AS e
    LEFT JOIN event_sessions AS l ON l.id = e.id
    LEFT JOIN ${sessions} AS s ON s.user = l.user AND s.start = l.start AND s.tie_rank = l.tie_rank`
}

const mayShareInstants = ({ definition }: SessionRequest): boolean =>
  definition.recorded === true ||
  definition.maxEvents !== undefined ||
  eventRules(definition).length > 0
