/** The oracle checked by hand-made cases, one per rule: who checks the checker. */
import { describe, expect, test } from 'vitest'
import {
  localDate,
  type OracleDefinition,
  type OracleEvent,
  type OracleSession,
  sessionId,
  sessionize,
} from './sessionize.js'

const SECOND = 1_000_000n
const MINUTE = 60n * SECOND
const THIRTY: OracleDefinition = { gapMicros: 30n * MINUTE, boundary: 'after' }

/** `at` in minutes. */
function event(
  at: number,
  name = 'view',
  properties: Record<string, string | null> = {},
  user = 'u',
): OracleEvent {
  return { user, micros: BigInt(Math.round(at * 60)) * SECOND, name, properties }
}

/** Sessions as `start-end x events reason`, in minutes. */
function shape(events: readonly OracleEvent[], definition: OracleDefinition): string[] {
  return sessionize(events, definition).sessions.map(
    (s) => `${s.startMicros / MINUTE}-${s.endMicros / MINUTE} x${s.events} ${s.endReason}`,
  )
}

function only(sessions: readonly OracleSession[]): OracleSession {
  const [first, second] = sessions
  if (first === undefined || second !== undefined) throw new Error('not exactly one session')
  return first
}

describe('gap', () => {
  test('nothing in, nothing out', () => {
    expect(sessionize([], THIRTY)).toMatchObject({
      sessions: [],
      kept: 0,
      duplicates: 0,
      ignored: 0,
    })
  })

  test('a gap of exactly the timeout continues, or closes, as the boundary says', () => {
    const events = [event(0), event(30), event(60)]
    expect(shape(events, THIRTY)).toEqual(['0-60 x3 data_end'])
    expect(shape(events, { ...THIRTY, boundary: 'at' })).toEqual([
      '0-0 x1 gap',
      '30-30 x1 gap',
      '60-60 x1 data_end',
    ])
  })

  test('one microsecond more than the timeout closes', () => {
    const late: OracleEvent = { user: 'u', micros: 30n * MINUTE + 1n, name: 'view' }
    expect(sessionize([event(0), late], THIRTY).sessions).toHaveLength(2)
  })

  test('numbers, times between sessions, bounces and ids', () => {
    const { sessions } = sessionize([event(100), event(0), event(10)], THIRTY)
    expect(
      sessions.map((s) => [s.number, s.bounce, s.microsSincePrevious, s.distinctEvents]),
    ).toEqual([
      [1, false, null, 1],
      [2, true, 90n * MINUTE, 1],
    ])
    // printf 'u|6000000000' | md5sum
    expect(sessions[1]?.id).toBe('e36aeabd7fc704d9b454895611f99965')
    expect(sessionId('u', 100n * MINUTE)).toBe(sessions[1]?.id)
  })

  test('users are apart, and in binary order', () => {
    const events = [event(0, 'a', {}, 'é'), event(0, 'a', {}, 'z'), event(0, 'a', {}, 'Z')]
    expect(sessionize(events, THIRTY).sessions.map((s) => s.user)).toEqual(['Z', 'z', 'é'])
  })

  test('tied events: the smallest name is first, the largest last', () => {
    const session = only(sessionize([event(0, 'b'), event(0, 'c'), event(0, 'a')], THIRTY).sessions)
    expect([session.firstEvent, session.lastEvent, session.distinctEvents]).toEqual(['a', 'c', 3])
  })

  test('a session is censored when it reaches the edge of the data within one gap', () => {
    const events = [event(0, 'x', {}, 'a'), event(30, 'x', {}, 'b'), event(61, 'x', {}, 'c')]
    const flags = (definition: OracleDefinition): unknown =>
      sessionize(events, definition).sessions.map((s) => [s.startCensored, s.endCensored])
    expect(flags(THIRTY)).toEqual([
      [true, false],
      [true, false],
      [false, true],
    ])
    expect(flags({ ...THIRTY, gapMicros: 31n * MINUTE, boundary: 'at' })).toEqual([
      [true, false],
      [true, false],
      [false, true],
    ])
    expect(flags({ ...THIRTY, gapMicros: 31n * MINUTE })).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ])
  })

  test('a dimension is the first value that is not null; tied, the smallest', () => {
    const events = [
      event(0, 'a', { platform: null }),
      event(1, 'a', { platform: 'web' }),
      event(1, 'b', { platform: 'ios' }),
      event(2, 'a', { platform: 'android' }),
    ]
    expect(
      only(sessionize(events, THIRTY, { dimensions: ['platform', 'none'] }).sessions).dimensions,
    ).toEqual(['ios', null])
  })

  test('recorded ids are distinct and sorted', () => {
    const events = ['b', 'a', null, 'b'].map((recorded, i) => ({ ...event(i), recorded }))
    expect(only(sessionize(events, THIRTY).sessions).recordedSessionIds).toEqual(['a', 'b'])
  })

  test('duplicates: one event per key, none for null keys', () => {
    const events = ['1', null, '1', null].map((dedupeKey, i) => ({ ...event(3 - i), dedupeKey }))
    const { sessions, kept, duplicates } = sessionize(events, THIRTY)
    expect([kept, duplicates]).toEqual([3, 1])
    expect(only(sessions).endMicros).toBe(2n * MINUTE)
  })
})

describe('other rules', () => {
  test('each event keeps its session alive for its own timeout', () => {
    const definition: OracleDefinition = {
      ...THIRTY,
      gaps: [{ property: 'platform', value: 'ios', gapMicros: 5n * MINUTE }],
    }
    const ios = { platform: 'ios' }
    expect(shape([event(0, 'a', ios), event(5, 'a', ios), event(11, 'a')], definition)).toEqual([
      '0-5 x2 gap',
      '11-11 x1 data_end',
    ])
    expect(shape([event(0), event(10, 'a', ios), event(25)], definition)).toEqual([
      '0-25 x3 data_end',
    ])
    expect(shape([event(0), event(28, 'a', ios), event(34)], definition)).toEqual([
      '0-28 x2 gap',
      '34-34 x1 data_end',
    ])
  })

  test('a maximum length is measured from the start, greedily', () => {
    const events = [0, 20, 40, 60, 61, 80, 100, 121, 122].map((at) => event(at))
    expect(shape(events, { ...THIRTY, maxLengthMicros: 60n * MINUTE })).toEqual([
      '0-60 x4 max_length',
      '61-121 x4 max_length',
      '122-122 x1 data_end',
    ])
  })

  test('a maximum number of events, also within one instant', () => {
    const definition: OracleDefinition = { ...THIRTY, maxEvents: 2 }
    const { sessions } = sessionize([event(0, 'a'), event(0, 'b'), event(0, 'c')], definition)
    expect(sessions.map((s) => [s.events, s.endReason])).toEqual([
      [2, 'max_events'],
      [1, 'data_end'],
    ])
    expect(new Set(sessions.map((s) => s.id)).size).toBe(2)
    expect(sessions[1]?.id).toBe(sessionId('u', 0n, 1))
  })

  test('local midnight cuts, in its own zone', () => {
    const evening = Date.UTC(2024, 0, 1, 22, 50) / 60_000
    const events = [evening, evening + 9, evening + 10, evening + 11].map((at) => event(at))
    const counts = (zone: string): number[] =>
      sessionize(events, { ...THIRTY, midnightZone: zone }).sessions.map((s) => s.events)
    expect(counts('Europe/Berlin')).toEqual([2, 2])
    expect(counts('UTC')).toEqual([4])
    expect(localDate(-1n, 'UTC')).toBe('1969-12-31')
  })

  test('a change of a property cuts; nulls change nothing; the value outlives the session', () => {
    const values = [null, 'a', null, 'a', 'b', null, 'a']
    const events = values.map((campaign, i) => event(i, 'v', { campaign }))
    const definition: OracleDefinition = { ...THIRTY, cutOn: ['campaign'] }
    expect(shape(events, definition)).toEqual([
      '0-3 x4 property',
      '4-5 x2 property',
      '6-6 x1 data_end',
    ])
    const later = [
      event(0, 'v', { campaign: 'a' }),
      event(100, 'v', { campaign: null }),
      event(101, 'v', { campaign: 'b' }),
    ]
    expect(shape(later, definition)).toEqual([
      '0-0 x1 gap',
      '100-100 x1 property',
      '101-101 x1 data_end',
    ])
  })

  const bracketed: OracleDefinition = {
    ...THIRTY,
    isStart: (name) => name === 'start',
    isEnd: (name) => name === 'end',
  }

  test('a start event opens, an end event closes', () => {
    const events = [event(0), event(1, 'start'), event(2), event(3, 'end'), event(4), event(5)]
    expect(shape(events, bracketed)).toEqual([
      '0-0 x1 start_event',
      '1-3 x3 end_event',
      '4-5 x2 data_end',
    ])
  })

  test('within one instant the end comes first, then the start, then the rest', () => {
    const events = [event(0), event(1, 'aaa'), event(1, 'end'), event(1, 'start'), event(2)]
    expect(shape(events, bracketed)).toEqual(['0-1 x2 end_event', '1-2 x3 data_end'])
    expect(shape([event(0), event(1, 'end'), event(1, 'view')], bracketed)).toEqual([
      '0-1 x3 end_event',
    ])
  })

  test('an end event at the edge of the data leaves nothing censored', () => {
    const session = only(sessionize([event(0, 'start'), event(1, 'end')], bracketed).sessions)
    expect([session.startCensored, session.endCensored]).toEqual([false, false])
  })

  test('ignored events leave no trace', () => {
    const events = [event(0), event(20, 'ping'), event(40)]
    const result = sessionize(events, { ...THIRTY, isIgnored: (name) => name === 'ping' })
    expect([result.sessions.length, result.kept, result.ignored]).toEqual([2, 2, 1])
  })

  test('passive events are counted, but keep nothing alive, open nothing and move no end', () => {
    const events = [event(0, 'ping'), event(1), event(21, 'ping'), event(41), event(90, 'ping')]
    const result = sessionize(events, { ...THIRTY, isPassive: (name) => name === 'ping' })
    expect(
      result.sessions.map((s) => [s.events, s.startMicros / MINUTE, s.endMicros / MINUTE]),
    ).toEqual([
      [2, 1n, 1n],
      [1, 41n, 41n],
    ])
    expect(result.sessions.map((s) => s.bounce)).toEqual([true, true])
    expect([result.kept, result.ignored]).toEqual([3, 2])
  })

  test('a passive event of the same instant finds the session, whatever its name', () => {
    const result = sessionize([event(0, 'view'), event(0, 'ping')], {
      ...THIRTY,
      isPassive: (name) => name === 'ping',
    })
    expect([only(result.sessions).events, only(result.sessions).firstEvent]).toEqual([2, 'view'])
  })
})
