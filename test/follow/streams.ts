/** Followed streams in this process, and the batch's answer to the same events. */
import { Readable, Writable } from 'node:stream'
import { main } from '../../src/cli/main.js'
import type { StreamEvent } from '../../src/follow/event.js'
import { sessionLine } from '../../src/follow/session-line.js'
import {
  type StreamCounts,
  type StreamOptions,
  sessionStream,
  type ToldSession,
} from '../../src/follow/session-stream.js'
import { DEFAULT_DEFINITION } from '../../src/sessions/definition.js'
import { seconds } from '../oracle/csv.js'
import type { OracleEvent, OracleSession } from '../oracle/sessionize.js'

export const MINUTE = 60_000_000

export type Line = Readonly<Record<string, unknown>>

export const parseLines = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line))

export const STREAM: StreamOptions = {
  definition: DEFAULT_DEFINITION,
  latenessMicros: 2 * MINUTE,
  reviseMicros: 0,
  maxUsers: 1_000_000,
}

/** Feeds events in the given order and ends the stream. */
export function followed(
  events: readonly OracleEvent[],
  options: Partial<StreamOptions> = {},
  properties: readonly string[] = [],
): { lines: Line[]; counts: StreamCounts } {
  const told: ToldSession[] = []
  const lines: string[] = []
  const stream = sessionStream({ ...STREAM, ...options }, (session) => {
    told.push(session)
    lines.push(sessionLine(session))
  })
  for (const event of events) stream.add(streamEvent(event, properties))
  stream.finish()
  return { lines: parseLines(lines.join('')), counts: stream.counts }
}

export const streamEvent = (event: OracleEvent, properties: readonly string[]): StreamEvent => ({
  user: event.user,
  micros: Number(event.micros),
  name: event.name,
  recorded: event.recorded ?? null,
  properties: properties.map((property) => event.properties?.[property] ?? null),
})

/** The oracle's session as a line of a stream has it. */
export const oracleLine = (s: OracleSession): Line => ({
  user: s.user,
  session_id: s.id,
  session_number: s.number,
  length_seconds: Number(seconds(s.endMicros - s.startMicros)),
  events: s.events,
  distinct_events: s.distinctEvents,
  first_event: s.firstEvent,
  last_event: s.lastEvent,
  bounce: s.bounce,
  seconds_since_previous:
    s.microsSincePrevious === null ? null : Number(seconds(s.microsSincePrevious)),
  recorded_session_ids: s.recordedSessionIds,
  end_reason: s.endReason,
  start_censored: s.startCensored,
  end_censored: s.endCensored,
})

/** The same columns of a followed line. */
export const comparable = (line: Line, sample: Line): Line =>
  Object.fromEntries(Object.keys(sample).map((column) => [column, line[column]]))

export const byUserAndNumber = (a: Line, b: Line): number =>
  Buffer.compare(Buffer.from(String(a['user'])), Buffer.from(String(b['user']))) ||
  Number(a['session_number']) - Number(b['session_number'])

export interface Ran {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** The command line with a stream on its standard input. */
export async function runOn(
  argv: readonly string[],
  stdin: string | Buffer | Readable,
  signal?: AbortSignal,
): Promise<Ran> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  const input = stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)])
  const exit = await main(
    argv,
    { stdin: input, stdout: sink(out), stderr: sink(err), env: {} },
    signal,
  )
  return { exit, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

const sink = (chunks: Buffer[]): Writable =>
  new Writable({
    write(chunk: Buffer | string, _encoding, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
