import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { adjustedRandIndex } from '../../src/analysis/audit/agreement.js'
import { output, run } from '../oracle/run.js'
import { auditOf, millis, type RecordedEvent, recordedOf, write } from './recorded.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-audit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let written = 0
const file = (events: readonly RecordedEvent[]): string =>
  write(join(folder, `${written++}.csv`), events)

/** Pairs of items that share a cluster, counted one by one. */
function randByPairs(a: readonly string[], b: readonly string[]): number | null {
  let [both, inA, inB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    for (let j = i + 1; j < a.length; j++) {
      const [sameA, sameB] = [a[i] === a[j], b[i] === b[j]]
      if (sameA) inA++
      if (sameB) inB++
      if (sameA && sameB) both++
    }
  }
  return adjustedRandIndex({ both, recorded: inA, rebuilt: inB, events: a.length })
}

describe('the adjusted Rand index', () => {
  test('has the values of known partitions', () => {
    // The example of scikit-learn's adjusted_rand_score.
    expect(randByPairs(['0', '0', '1', '1'], ['0', '0', '1', '2'])).toBeCloseTo(0.571_428_571, 9)
    expect(randByPairs(['0', '0', '0', '0'], ['0', '1', '2', '3'])).toBe(0)
    expect(randByPairs(['0', '0', '1', '1'], ['0', '1', '0', '1'])).toBeCloseTo(-0.5, 12)
  })
  test('is 1 of equal partitions, the trivial ones among them, and nothing of one event', () => {
    expect(randByPairs(['a', 'b', 'c'], ['x', 'y', 'z'])).toBe(1)
    expect(randByPairs(['a', 'a', 'a'], ['x', 'x', 'x'])).toBe(1)
    expect(randByPairs(['a'], ['x'])).toBeNull()
    expect(randByPairs([], [])).toBeNull()
  })
})

/** A user of each fate, told apart by name. */
const PLANTED: readonly RecordedEvent[] = [
  // The same on both sides.
  { user: 'exact', at: 0, session: 'e1', platform: 'Web' },
  { user: 'exact', at: 60, session: 'e1', platform: 'Web' },
  { user: 'exact', at: 7_200, session: 'e2', platform: 'Web' },
  // The SDK's timeout is 5 minutes.
  { user: 'split', at: 0, session: 's1', platform: 'iOS' },
  { user: 'split', at: 600, session: 's2', platform: 'iOS' },
  { user: 'split', at: 1_300, session: 's3', platform: 'iOS' },
  // Started again without a pause.
  { user: 'restart', at: 0, session: 'r1', platform: 'iOS' },
  { user: 'restart', at: 2, session: 'r2', platform: 'iOS' },
  // Two devices at once.
  { user: 'twice', at: 0, session: 't1', platform: 'Web' },
  { user: 'twice', at: 10, session: 't2', platform: 'iOS' },
  { user: 'twice', at: 20, session: 't1', platform: 'Web' },
  // An hour of silence, and a night.
  { user: 'merged', at: 0, session: 'm1', platform: 'Android' },
  { user: 'merged', at: 3_600, session: 'm1', platform: 'Android' },
  { user: 'merged', at: 40_000, session: 'm1', platform: 'Android' },
  // Both: one id over two sessions, the first of which has another id too.
  { user: 'mixed', at: 0, session: 'x1', platform: 'Web' },
  { user: 'mixed', at: 100, session: 'x2', platform: 'Web' },
  { user: 'mixed', at: 4_000, session: 'x2', platform: 'Web' },
  // In no session: left out.
  { user: 'exact', at: 3_600, session: null, platform: 'Web' },
]

describe('planted sessions', () => {
  test('each is of its kind', async () => {
    const { agreement, events, users } = await recordedOf(file(PLANTED))
    expect(events).toEqual({ compared: 17, passive: 0 })
    expect(users).toBe(6)
    expect(agreement.recorded).toEqual({
      sessions: 12,
      exact: 2,
      split: 3 + 2 + 2 + 1,
      merged: 1,
      mixed: 1,
      apart: 0,
    })
    expect(agreement.rebuilt).toEqual({
      sessions: 10,
      exact: 2,
      split: 3,
      merged: 3 + 1,
      mixed: 1,
      apart: 0,
    })
    expect(agreement.exactShare).toBeCloseTo(2 / 12, 12)
  })

  test('boundaries are counted on both sides', async () => {
    const { boundaries } = await recordedOf(file(PLANTED))
    expect(boundaries).toMatchObject({ pairs: 11, both: 1, recordedOnly: 6, rebuiltOnly: 3 })
    expect(boundaries.precision).toBeCloseTo(1 / 4, 12)
    expect(boundaries.recall).toBeCloseTo(1 / 7, 12)
    expect(boundaries.f1).toBeCloseTo(2 / 11, 12)
  })

  test('each boundary has its cause, with the events around it', async () => {
    const { causes } = await recordedOf(file(PLANTED))
    const counted = Object.fromEntries(causes.map(({ id, boundaries }) => [id, boundaries]))
    expect(counted).toEqual({
      shorter_timeout: 3,
      restart: 1,
      interleaved: 2,
      longer_timeout: 2,
      kept_open: 1,
    })
    const kept = causes.find(({ id }) => id === 'kept_open')
    expect(kept).toMatchObject({ kind: 'merged', medianGapSeconds: 36_400 })
    expect(kept?.examples).toEqual([
      {
        user: 'merged',
        events: [
          {
            time: '2024-03-01T00:00:00.000000Z',
            name: 'view',
            recordedSession: 'm1',
            rebuiltSession: 1,
            secondsSincePrevious: null,
            afterBoundary: false,
          },
          {
            time: '2024-03-01T01:00:00.000000Z',
            name: 'view',
            recordedSession: 'm1',
            rebuiltSession: 2,
            secondsSincePrevious: 3_600,
            afterBoundary: false,
          },
          {
            time: '2024-03-01T11:06:40.000000Z',
            name: 'view',
            recordedSession: 'm1',
            rebuiltSession: 3,
            secondsSincePrevious: 36_400,
            afterBoundary: true,
          },
        ],
      },
    ])
  })

  test('lengths stand side by side, per platform', async () => {
    const { lengths } = await recordedOf(file(PLANTED))
    const [platform] = lengths.dimensions
    expect(platform?.name).toBe('platform')
    const android = platform?.rows.find(({ value }) => value === 'Android')
    expect(android).toMatchObject({
      recorded: { sessions: 1, meanSeconds: 40_000 },
      rebuilt: { sessions: 3, meanSeconds: 0 },
      difference: { meanSeconds: 40_000 },
    })
    const total = (side: 'recorded' | 'rebuilt'): number =>
      platform?.rows.reduce((sum, row) => sum + row[side].sessions, 0) ?? 0
    expect([total('recorded'), total('rebuilt')]).toEqual([12, 10])
  })

  test('with the timeout of the SDK fewer sessions differ, and that timeout is found', async () => {
    const path = file(PLANTED.filter(({ user }) => user === 'split' || user === 'exact'))
    const loose = await recordedOf(path)
    expect(loose.timeouts.best).toEqual({ seconds: 60, f1: 1 })
    expect((await recordedOf(path, ['--gap', '5m'])).agreement.exactShare).toBe(1)
  })

  test('the same input in another order gives the same report', async () => {
    const one = await output(['audit', file(PLANTED), '--format', 'markdown'])
    expect(await output(['audit', file(PLANTED.toReversed()), '--format', 'markdown'])).toBe(one)
  })
})

describe('recorded ids', () => {
  test('that equal the user, are shared, overlap, or are not the start', async () => {
    const start = (at: number): string => String(millis(at))
    const { ids } = await recordedOf(
      file([
        { user: 'good', at: 100, session: start(100) },
        { user: 'good', at: 160, session: start(100) },
        { user: 'late id', at: 200, session: start(203) },
        { user: 'early id', at: 300, session: start(290) },
        // Began before the data: nothing to find.
        { user: 'before', at: 100, session: start(50) },
        // Rounded: within the tolerance.
        { user: 'rounded', at: 400, session: start(401) },
        { user: start(500), at: 500, session: start(500) },
        { user: 'shares', at: 500, session: start(500) },
        { user: 'overlaps', at: 600, session: start(600) },
        { user: 'overlaps', at: 700, session: start(700) },
        { user: 'overlaps', at: 710, session: start(600) },
        { user: 'overlaps', at: 720, session: start(700) },
      ]),
    )
    expect(ids.equalToUser).toMatchObject({ checked: 9, found: 1 })
    expect(ids.underSeveralUsers).toMatchObject({ checked: 8, found: 1 })
    expect(ids.underSeveralUsers.examples[0]).toMatchObject({
      recordedSession: start(500),
      value: 2,
    })
    expect(ids.notStartTime).toMatchObject({ found: 2, later: 1, earlier: 1, toleranceSeconds: 1 })
    expect(ids.overlapping).toMatchObject({ checked: 9, found: 1 })
    expect(ids.overlapping.examples[0]).toMatchObject({ user: 'overlaps', value: 10 })
  })
  test('that are no times are not held against the start', async () => {
    expect((await recordedOf(file(PLANTED))).ids.notStartTime).toBeNull()
  })
})

test('lengths that the app reports are held against the measured ones', async () => {
  const path = file([
    { user: 'right', at: 0, session: 'a' },
    { user: 'right', at: 100, session: 'a', name: 'session_completed', reported: 100.4 },
    { user: 'wrong', at: 0, session: 'b' },
    { user: 'wrong', at: 100, session: 'b', name: 'session_completed', reported: 3_000 },
    { user: 'silent', at: 0, session: 'c', name: 'session_completed' },
    // Recorded as one session of an hour and more, rebuilt as two.
    { user: 'long', at: 0, session: 'd' },
    { user: 'long', at: 4_000, session: 'd', name: 'session_completed', reported: 4_000 },
  ])
  const { reportedLength } = await recordedOf(path, [
    '--reported-length',
    'session_completed:seconds',
  ])
  expect(reportedLength).toMatchObject({
    events: 4,
    unreadable: 1,
    recorded: { compared: 3, disagree: 1, medianDifferenceSeconds: expect.closeTo(0.4, 9) },
    rebuilt: { compared: 3, disagree: 2 },
  })
  expect(reportedLength?.examples).toEqual([
    {
      user: 'wrong',
      recordedSession: 'b',
      reportedSeconds: 3_000,
      recordedSeconds: 100,
      rebuiltSeconds: 100,
    },
  ])
})

test('passive events are labelled apart and explain what they kept alive', async () => {
  const path = file([
    { user: 'u', at: 0, session: 'a' },
    { user: 'u', at: 1_500, session: 'a', name: 'ping' },
    { user: 'u', at: 3_000, session: 'a' },
    { user: 'only pings', at: 0, session: 'p', name: 'ping' },
  ])
  const { events, agreement, causes } = await recordedOf(path, ['--passive-event', 'ping'])
  expect(events).toEqual({ compared: 2, passive: 2 })
  expect(agreement.recorded).toMatchObject({ sessions: 2, merged: 1, apart: 1 })
  expect(causes).toMatchObject([{ id: 'passive_events', boundaries: 1, share: 1 }])
})

/** Runs of gaps, as simply as can be. */
function rebuilt(events: readonly RecordedEvent[], gap: number): Map<RecordedEvent, string> {
  const labels = new Map<RecordedEvent, string>()
  const last = new Map<string, { at: number; run: number }>()
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    const before = last.get(event.user)
    const run = before === undefined ? 0 : event.at - before.at > gap ? before.run + 1 : before.run
    last.set(event.user, { at: event.at, run })
    labels.set(event, `${event.user} ${run}`)
  }
  return labels
}

const someEvents = fc.array(
  fc.record({
    user: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    at: fc.integer({ min: 0, max: 400 }).map((minutes) => minutes * 60),
    session: fc.constantFrom('1', '2', '3', '4'),
  }),
  { minLength: 2, maxLength: 120 },
)

test('kinds and the Rand index are what counting one by one gives', async () => {
  await fc.assert(
    fc.asyncProperty(someEvents, async (drawn) => {
      const events = [...new Map(drawn.map((e) => [`${e.user} ${e.at}`, e])).values()]
      const { agreement, boundaries } = await recordedOf(file(events), ['--gap', '20m'])
      const labels = rebuilt(events, 1_200)
      const ids = events.map((e) => `${e.user} ${e.session}`)
      const runs = events.map((e) => labels.get(e) ?? '')
      const both = new Set(ids.map((id, i) => `${id}|${runs[i]}`))
      const partners = (of: string, side: 0 | 1): string[] =>
        [...both].flatMap((pair) => {
          const parts = pair.split('|')
          return parts[side] === of ? [parts[1 - side] ?? ''] : []
        })
      const exact = [...new Set(ids)].filter((id) => {
        const [run, ...more] = partners(id, 0)
        return more.length === 0 && run !== undefined && partners(run, 1).length === 1
      })
      expect(agreement.recorded.sessions).toBe(new Set(ids).size)
      expect(agreement.rebuilt.sessions).toBe(new Set(runs).size)
      expect(agreement.recorded.exact).toBe(exact.length)
      expect(agreement.rebuilt.exact).toBe(exact.length)
      const expected = randByPairs(ids, runs)
      if (expected === null) expect(agreement.adjustedRandIndex).toBeNull()
      else expect(agreement.adjustedRandIndex).toBeCloseTo(expected, 10)
      expect(boundaries.both + boundaries.rebuiltOnly).toBe(
        new Set(runs).size - new Set(events.map((e) => e.user)).size,
      )
    }),
    { numRuns: 12, endOnFailure: true },
  )
})

describe('the command', () => {
  test('says what to do without recorded ids', async () => {
    const path = file(PLANTED)
    const { exit, stderr } = await run(['audit', path, '--by-recorded'])
    expect([exit, stderr.includes('nothing to compare')]).toEqual([2, true])
    const none = await run(['audit', path, '--reported-length', 'x'])
    expect([none.exit, none.stderr.includes('session_completed:')]).toEqual([2, true])
  })
  test('no value of a dimension is no value in CSV, and not an empty one', async () => {
    const events = ['ios', undefined].flatMap((platform, user) =>
      [0, 1].map((at) => ({
        user: `u${user}`,
        at,
        session: `${user}`,
        ...(platform === undefined ? {} : { platform }),
      })),
    )
    const text = await output(['audit', file(events), '--format', 'csv'])
    expect(text).toMatch(/^mean_difference_seconds by platform,ios,/m)
    expect(text).toMatch(/^mean_difference_seconds by platform,,/m)
  })
  test.each(['terminal', 'csv', 'markdown'])('writes %s', async (format) => {
    const text = await output(['audit', file(PLANTED), '--format', format])
    expect(text).toMatch(format === 'csv' ? /^section,name,value\n/ : /recorded/)
    expect(text).not.toMatch(/undefined|NaN|\[object/)
  })
})

const schema: unknown = JSON.parse(
  readFileSync(new URL('../../docs/schemas/audit.v1.json', import.meta.url), 'utf8'),
)
if (typeof schema !== 'object' || schema === null) throw new Error('a schema is an object')
const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(
  schema,
)

test.each([
  ['all of it', ['--reported-length', 'session_completed:seconds']],
  ['background alone', ['--background']],
  ['passive events', ['--passive-event', 'view']],
])('docs/schemas/audit.v1.json describes the output: %s', async (_, flags) => {
  const audit = await auditOf(file(PLANTED), flags)
  expect(validate(audit) ? [] : validate.errors).toEqual([])
  expect(validate({ ...audit, extra: 1 })).toBe(false)
})
