import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SessionTracker } from '../../src/follow/tracker.js'
import { type OracleEvent, sessionize } from '../oracle/sessionize.js'

const T = 1_709_632_800_000
const at = (minutes: number, user = 'ann') => ({ user, time: T + minutes * 60_000 })

test('an event within the timeout continues, exactly at it too; one after it opens a session', () => {
  const tracker = new SessionTracker({ gap: '30m' })
  expect(tracker.sessionId('ann')).toBeUndefined()
  expect(tracker.track(at(0))).toEqual({
    sessionId: T,
    sessionNumber: 1,
    eventNumber: 1,
    isNew: true,
  })
  expect(tracker.track(at(30))).toEqual({
    sessionId: T,
    sessionNumber: 1,
    eventNumber: 2,
    isNew: false,
  })
  expect(tracker.track({ user: 'ann', time: T + 60 * 60_000 + 1 })).toEqual({
    sessionId: T + 3_600_001,
    sessionNumber: 2,
    eventNumber: 1,
    isNew: true,
  })
  expect(tracker.sessionId('ann')).toBe(T + 3_600_001)
})

test('at the boundary `at` the timeout itself closes', () => {
  const tracker = new SessionTracker({ gap: '30m', boundary: 'at' })
  tracker.track(at(0))
  expect(tracker.track(at(30)).isNew).toBe(true)
})

test('times are dates, milliseconds or ISO 8601', () => {
  const tracker = new SessionTracker()
  expect(tracker.track({ user: 'ann', time: new Date(T) }).sessionId).toBe(T)
  expect(tracker.track({ user: 'ann', time: '2024-03-05T10:00:01Z' }).eventNumber).toBe(2)
  expect(() => tracker.track({ user: 'ann', time: 'soon' })).toThrow(RangeError)
  expect(() => tracker.track({ user: 'ann', time: Number.NaN })).toThrow(RangeError)
})

test.each([
  ['2024-03-05', Date.UTC(2024, 2, 5)],
  ['2024-03-05T10:00', T],
  ['2024-03-05 10:00:00', T],
  ['2024-03-05T10:00:00.25Z', T + 250],
  ['2024-03-05T11:30:00+01:30', T],
  ['2024-03-05T05:00-0500', T],
  ['2024-03-05T12:00:00 +02', T],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
])('the time %s', (time, millis) => {
  expect(new SessionTracker().track({ user: 'ann', time }).sessionId).toBe(millis)
})

test.each([
  '2024-02-30',
  '2023-02-29',
  '2024-13-01',
  '2024-03-05T25:00Z',
  '2024-03-05T10',
  '2024',
  '',
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e30,
  new Date(Number.NaN),
])('%s is no time', (time) => {
  expect(() => new SessionTracker().track({ user: 'ann', time })).toThrow(RangeError)
})

test('an event out of order joins the session within reach, and an older one is in none', () => {
  const tracker = new SessionTracker({ gap: '30m' })
  tracker.track(at(100))
  tracker.track(at(110))
  expect(tracker.track(at(105))).toMatchObject({
    sessionId: T + 6_000_000,
    eventNumber: 3,
    isNew: false,
  })
  expect(tracker.track(at(75))).toMatchObject({ sessionId: T + 6_000_000, eventNumber: 4 })
  expect(tracker.track(at(10))).toEqual({
    sessionId: -1,
    sessionNumber: 0,
    eventNumber: 0,
    isNew: false,
  })
  expect(tracker.track(at(140))).toMatchObject({ sessionNumber: 1, eventNumber: 5 })
})

test('a start joins the end of its instant that found no session open', () => {
  const tracker = new SessionTracker({ startEvents: ['start'], endEvents: ['end'] })
  const place = (minute: number, name: string): number[] => {
    const { sessionNumber, eventNumber } = tracker.track({ ...at(minute), name })
    return [sessionNumber, eventNumber]
  }
  expect(place(0, 'end')).toEqual([1, 1])
  const restored = new SessionTracker({ startEvents: ['start'], endEvents: ['end'] })
  restored.load([...tracker.save()])
  expect(restored.track({ ...at(0), name: 'start' })).toMatchObject({ sessionNumber: 1 })
  expect(place(0, 'start')).toEqual([1, 2])
  // It is over all the same, and what comes later starts anew.
  expect(place(1, 'view')).toEqual([2, 1])
  // This one ends a session that was open, so that the start opens another.
  expect(place(2, 'end')).toEqual([2, 2])
  expect(place(2, 'start')).toEqual([3, 1])
  expect(place(3, 'end')).toEqual([3, 2])
  // Of another instant.
  expect(place(4, 'end')).toEqual([4, 1])
  expect(place(5, 'start')).toEqual([5, 1])
})

test('a fraction of a millisecond is cut as text is', () => {
  // A microsecond apart would be two sessions.
  const tracker = new SessionTracker({ gap: '1us', boundary: 'at' })
  const numbers = [T + 123.4567, '2024-03-05T10:00:00.123456999Z'].map(
    (time) => tracker.track({ user: 'ann', time }).eventNumber,
  )
  expect(numbers).toEqual([1, 2])
})

test('of more users than remembered the one seen longest ago is forgotten', () => {
  const tracker = new SessionTracker({ maxUsers: 2 })
  tracker.track(at(0, 'ann'))
  tracker.track(at(1, 'bob'))
  tracker.track(at(2, 'ann'))
  tracker.track(at(3, 'cid'))
  expect(tracker.sessionId('bob')).toBeUndefined()
  expect(tracker.sessionId('ann')).toBe(T)
  expect(tracker.size).toBe(2)
})

test('bad options are refused', () => {
  expect(() => new SessionTracker({ gap: 'soon' })).toThrow(/gap soon/)
  expect(() => new SessionTracker({ recorded: true })).toThrow(/recorded/i)
})

describe('in order the sessions are those of the batch', () => {
  const events = fc.array(
    fc.record({
      user: fc.constantFrom('ann', 'bob'),
      minute: fc.integer({ min: 0, max: 400 }),
      name: fc.constantFrom('a', 'start', 'end', 'ping'),
      campaign: fc.constantFrom(null, 'x', 'y'),
    }),
    { maxLength: 60 },
  )

  test('with all rules', () => {
    fc.assert(
      fc.property(events, fc.constantFrom('after' as const, 'at' as const), (input, boundary) => {
        // One event of a user in a minute: tied events have no order while they arrive.
        const seen = new Set<string>()
        const ordered = [...input]
          .sort((a, b) => a.minute - b.minute)
          .filter(
            ({ user, minute }) => !seen.has(`${user}${minute}`) && seen.add(`${user}${minute}`),
          )
        const tracker = new SessionTracker({
          gap: '30m',
          boundary,
          cutOn: ['campaign'],
          maxEvents: 4,
          maxLengthMicros: 45 * 60_000_000,
          startEvents: ['start'],
          endEvents: ['end'],
          passiveEvents: ['ping'],
        })
        const counts = new Map<string, number>()
        for (const { user, minute, name, campaign } of ordered) {
          const { sessionId } = tracker.track({
            ...at(minute, user),
            name,
            properties: { campaign },
          })
          const key = `${user} ${sessionId}`
          if (sessionId !== -1) counts.set(key, (counts.get(key) ?? 0) + 1)
        }
        const { sessions } = sessionize(
          ordered.map(
            ({ user, minute, name, campaign }): OracleEvent => ({
              user,
              micros: BigInt(T + minute * 60_000) * 1_000n,
              name,
              properties: { campaign },
            }),
          ),
          {
            gapMicros: 30n * 60_000_000n,
            boundary,
            cutOn: ['campaign'],
            maxEvents: 4,
            maxLengthMicros: 45n * 60_000_000n,
            isStart: (name) => name === 'start',
            isEnd: (name) => name === 'end',
            isPassive: (name) => name === 'ping',
          },
        )
        const expected = sessions.map((s) => [`${s.user} ${s.startMicros / 1_000n}`, s.events])
        expect([...counts].sort()).toEqual(expected.sort())
      }),
      { numRuns: 300 },
    )
  })
})
