/** Figures computed by hand, or by SciPy where that is said. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Summary, type SummaryOptions, summary } from '../../src/index.js'
import { csvFile, sessionEvents, sessionsFile, type TestEvent } from './files.js'

const detailOf = async (
  users: Readonly<Record<string, readonly number[]>>,
  options: SummaryOptions = {},
) => {
  const answer = await summary(sessionsFile(users), { detail: true, ...options })
  if (answer.detail === null) throw new Error('the detail was asked for')
  return { ...answer, detail: answer.detail }
}

describe('figures of a few sessions', () => {
  it('one session of one event', async () => {
    const { overall, detail } = await detailOf({ a: [0] })
    expect(overall).toMatchObject({ sessions: 1, users: 1, events: 1, bounces: 1, bounceShare: 1 })
    expect(overall.length).toMatchObject({ meanSeconds: 0, p50Seconds: 0, maxSeconds: 0 })
    expect(overall.lengthWithoutBounces).toMatchObject({ sessions: 0, meanSeconds: null })
    expect(detail.length).toMatchObject({
      trimmedMeanSeconds: 0,
      geometricMeanSeconds: null,
      standardDeviationSeconds: null,
      ecdf: [{ seconds: 0, share: 1 }],
    })
    expect(detail.lengthWithoutBounces).toMatchObject({ sessions: 0, trimmedMeanSeconds: null })
    expect(detail.logNormal).toBeNull()
    expect(detail.secondsBetweenSessions).toMatchObject({ count: 0, mean: null, max: null })
  })

  it('two points', async () => {
    const { overall, detail } = await detailOf({ a: [10], b: [40] }, { quantiles: [0.5] })
    expect(overall.length).toMatchObject({ meanSeconds: 25, p50Seconds: 25, maxSeconds: 40 })
    expect(detail.length.geometricMeanSeconds).toBeCloseTo(20, 9)
    expect(detail.length.standardDeviationSeconds).toBeCloseTo(Math.sqrt(450), 9)
    expect(detail.length.quantiles).toMatchObject([{ share: 0.5, seconds: 25 }])
    expect(detail.length.ecdf).toEqual([
      { seconds: 10, share: 0.5 },
      { seconds: 40, share: 1 },
    ])
  })

  it('tied lengths', async () => {
    const { overall, detail } = await detailOf({ a: [60, 60], b: [60], c: [60] })
    expect(overall.length).toMatchObject({ meanSeconds: 60, p50Seconds: 60, p99Seconds: 60 })
    expect(detail.length).toMatchObject({ trimmedMeanSeconds: 60, standardDeviationSeconds: 0 })
    expect(detail.length.quantiles.map(({ lowSeconds }) => lowSeconds)).toEqual(
      detail.length.quantiles.map(() => 60),
    )
    expect(detail.logNormal).toBeNull()
  })

  it('all bounces', async () => {
    const { overall, detail } = await detailOf({ a: [0, 0], b: [0], c: [0] })
    expect(overall).toMatchObject({ bounceShare: 1, totalSeconds: 0 })
    expect(overall.histogram[0]).toMatchObject({ label: '0 s', sessions: 4 })
    expect(detail.length.geometricMeanSeconds).toBeNull()
    expect(detail.sessionsPerUser).toMatchObject({ count: 3, max: 2 })
  })

  it('a session of many years', async () => {
    const events: TestEvent[] = [
      { user: 'a', at: '0001-01-01T00:00:00Z' },
      { user: 'a', at: '9000-01-01T00:00:00Z' },
      { user: 'b', at: '2024-01-01T00:00:00Z' },
    ]
    const answer = await summary(csvFile(events), {
      detail: true,
      definition: { gapMicros: 86_400_000_000 },
    })
    expect(answer.overall.sessions).toBe(3)
    const wide = await summary(csvFile([...STEPS, { user: 'b', at: 0 }]), {
      detail: true,
      definition: { gapMicros: 9_000 * DAY * 1e6 },
    })
    expect(wide.overall.length.maxSeconds).toBe(600 * 5_000 * DAY)
    // Of 0 and x, with n - 1 below: x / sqrt(2).
    expect(wide.detail?.length.standardDeviationSeconds).toBeCloseTo(
      (600 * 5_000 * DAY) / Math.SQRT2,
      -1,
    )
  })

  it('a series whose figures SciPy gives', async () => {
    const lengths = [
      0, 0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181,
    ]
    const users = Object.fromEntries(lengths.map((length, i) => [`u${i}`, [length]]))
    const { detail } = await detailOf(users, { quantiles: [0.1, 0.25, 0.5, 0.9, 0.99] })
    // scipy.stats.trim_mean(v, 0.05), gmean of the positive ones, numpy.std(v, ddof=1), quantile.
    expect(detail.length.trimmedMeanSeconds).toBeCloseTo(375.72222222222223, 6)
    expect(detail.length.geometricMeanSeconds).toBeCloseTo(69.50411967088115, 6)
    expect(detail.length.standardDeviationSeconds).toBeCloseTo(1083.2676492907929, 6)
    expect(detail.length.quantiles.map(({ seconds }) => seconds)).toEqual(
      [0.9, 4.5, 44.5, 1695.7, 3877.57].map((value) => expect.closeTo(value, 6)),
    )
    // scipy.stats.lognorm.fit(positive, floc=0) and kstest against it.
    expect(detail.logNormal).toMatchObject({
      sessions: 18,
      logMean: expect.closeTo(4.24138602665402, 9),
      logStandardDeviation: expect.closeTo(2.508003635649448, 9),
      medianSeconds: expect.closeTo(69.50411967088115, 6),
      ksDistance: expect.closeTo(0.08454819723771789, 6),
      reading: 'rough',
    })
  })
})

const DAY = 86_400

/** Over eight thousand years, an event every 5,000 days. */
const STEPS: readonly TestEvent[] = Array.from({ length: 601 }, (_, i) => ({
  user: 'a',
  at: new Date(Date.parse('0001-01-01T00:00:00Z') + i * 5_000 * DAY * 1_000).toISOString(),
}))

describe('histograms', () => {
  it('put lengths between 0 and 1 s into the first bucket that is not 0', async () => {
    const { overall } = await summary(sessionsFile({ a: [0, 0.5, 1, 9.999, 10, 3_599, 3_600] }))
    expect(overall.histogram.map(({ label, sessions }) => [label, sessions])).toEqual([
      ['0 s', 1],
      ['1-10 s', 3],
      ['10-30 s', 1],
      ['30-60 s', 0],
      ['1-3 min', 0],
      ['3-10 min', 0],
      ['10-30 min', 0],
      ['30-60 min', 1],
      ['1 h+', 1],
    ])
  })

  it.each(['product', 'log', 'linear'] as const)(
    'of %s bins hold every session once',
    async (bins) => {
      const users = { a: [0, 0.2, 1, 2, 4, 64, 1_000], b: [3, 5, 86_400] }
      const { overall } = await summary(sessionsFile(users), { bins })
      expect(overall.histogram.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(10)
      const [zero, next] = overall.histogram
      expect(zero).toMatchObject({ fromSeconds: 0, sessions: 1 })
      expect(next?.fromSeconds).toBe(0.000001)
      overall.histogram.forEach(({ toSeconds }, i) => {
        expect(toSeconds).toBe(overall.histogram[i + 1]?.fromSeconds ?? null)
      })
    },
  )
})

describe('segments', () => {
  const events: TestEvent[] = [
    // One session: ios, then web twice.
    { user: 'a', at: 0, platform: 'ios', plan: 'free' },
    { user: 'a', at: 10, platform: 'web', plan: null },
    { user: 'a', at: 20, platform: 'web', plan: null },
    // The same user a day later, on a new plan.
    { user: 'a', at: 86_400, platform: 'ios', plan: 'paid' },
    // Equally frequent: the first in sort order.
    { user: 'b', at: 5, platform: 'web', plan: null },
    { user: 'b', at: 6, platform: 'android', plan: null },
  ]
  const rowsBy = async (by: string[], options: SummaryOptions = {}) => {
    const file = csvFile(events, ['platform', 'plan'])
    const { segments } = await summary(file, { by, ...options })
    return Object.fromEntries(
      (segments?.rows ?? []).map(({ values, figures }) => [values.join(' '), figures.sessions]),
    )
  }

  it.each([
    ['platform', { ios: 2, web: 1 }],
    ['platform:first', { ios: 2, web: 1 }],
    ['platform:last', { web: 1, ios: 1, android: 1 }],
    ['platform:mode', { web: 1, ios: 1, android: 1 }],
    ['plan', { free: 1, paid: 1, '': 1 }],
    ['plan:user', { paid: 2, '': 1 }],
    ['@visitor', { new: 2, returning: 1 }],
    ['@length', { '0 s': 1, '1-10 s': 1, '10-30 s': 1 }],
    ['@weekday', { Mon: 2, Tue: 1 }],
    ['@day', { '2024-01-01': 2, '2024-01-02': 1 }],
    ['@week', { '2024-W01': 3 }],
    ['@month', { '2024-01': 3 }],
    ['@hour', { '00': 3 }],
  ])('by %s', async (by, expected) => {
    expect(await rowsBy([by])).toEqual(expected)
  })

  it('by calendar parts of a zone', async () => {
    const reportTimezone = 'America/New_York'
    expect(await rowsBy(['@day'], { reportTimezone })).toEqual({
      '2023-12-31': 2,
      '2024-01-01': 1,
    })
    expect(await rowsBy(['@month', '@hour'], { reportTimezone })).toEqual({
      '2023-12 19': 2,
      '2024-01 19': 1,
    })
  })

  it('refuses a zone that there is not', async () => {
    await expect(rowsBy(['@day'], { reportTimezone: 'Mars/Olympus' })).rejects.toThrow(
      'reportTimezone Mars/Olympus is not a time zone',
    )
  })

  it('keep the order of hours and lengths, and else put most sessions first', async () => {
    expect(Object.keys(await rowsBy(['@length']))).toEqual(['0 s', '1-10 s', '10-30 s'])
    expect(Object.keys(await rowsBy(['platform']))).toEqual(['ios', 'web'])
  })

  it('top N and the rest add up to all', async () => {
    const file = csvFile(events, ['platform', 'plan'])
    const { overall, segments } = await summary(file, { by: ['platform:last'], top: 1 })
    expect(segments?.rows).toHaveLength(1)
    expect(segments?.rest).toMatchObject({ segments: 2, figures: { sessions: 2 } })
    const shown = segments?.rows[0]?.figures.sessions ?? 0
    expect(shown + (segments?.rest?.figures.sessions ?? 0)).toBe(overall.sessions)
  })

  it('must be there for top and having', async () => {
    const file = csvFile(events, ['platform'])
    await expect(summary(file, { top: 3 })).rejects.toThrow('choose among segments')
    await expect(summary(file, { having: 'sessions > 1' })).rejects.toThrow('choose among segments')
  })

  it('having leaves out what does not meet it', async () => {
    const file = csvFile(events, ['platform', 'plan'])
    const by = ['platform']
    const long = await summary(file, { by, having: "max_length >= '15s'" })
    expect(long.segments?.rows.map(({ values }) => values)).toEqual([['ios']])
    expect(long.segments?.rest?.figures.sessions).toBe(1)
    const all = await summary(file, { by, having: 'sessions >= 1' })
    expect(all.segments?.rest).toBeNull()
    await expect(summary(file, { by, having: 'sesions > 1' })).rejects.toThrow(
      'No figure `sesions` for having. Did you mean `sessions`?',
    )
  })
})

describe('what always holds', () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 4 })
  const people = fc
    .array(fc.record({ lengths, platform: fc.constantFrom('ios', 'web', '') }), {
      minLength: 1,
      maxLength: 12,
    })
    .map((all) =>
      all.flatMap((one, i) =>
        sessionEvents({ [`u${i}`]: one.lengths }, { platform: one.platform }),
      ),
    )

  it('figures do not depend on the order of rows or on threads; shares add up; quantiles rise', async () => {
    await fc.assert(
      fc.asyncProperty(people, async (events) => {
        const options: SummaryOptions = { by: ['platform'], detail: true, threads: 1 }
        const one = await summary(csvFile(events, ['platform']), options)
        const other = await summary(csvFile(events.toReversed(), ['platform']), {
          ...options,
          threads: 2,
        })
        expect(figuresOnly(other)).toEqual(figuresOnly(one))

        const { overall, segments, detail } = one
        const sum = (of: (figures: Summary['overall']) => number): number =>
          (segments?.rows ?? []).reduce((total, { figures }) => total + of(figures), 0)
        expect(sum(({ sessions }) => sessions)).toBe(overall.sessions)
        expect(sum(({ bounces }) => bounces)).toBe(overall.bounces)
        expect(sum(({ totalSeconds }) => totalSeconds)).toBeCloseTo(overall.totalSeconds, 3)
        const binned = overall.histogram.reduce((total, { sessions }) => total + sessions, 0)
        expect(binned).toBe(overall.sessions)

        for (const of of [detail?.length, detail?.lengthWithoutBounces]) {
          const quantiles = (of?.quantiles ?? []).map(({ seconds }) => seconds ?? 0)
          expect([...quantiles].sort((a, b) => a - b)).toEqual(quantiles)
          for (const { seconds, lowSeconds, highSeconds } of of?.quantiles ?? []) {
            if (seconds === null || lowSeconds === null || highSeconds === null) continue
            expect(lowSeconds).toBeLessThanOrEqual(highSeconds)
          }
          expect(of?.ecdf.at(-1)?.share ?? 1).toBe(1)
        }
      }),
      { numRuns: 12 },
    )
  })

  it('filtering and summarising is summarising the filtered', async () => {
    await fc.assert(
      fc.asyncProperty(people, async (events) => {
        const kept = events.filter(({ platform }) => platform === 'ios')
        fc.pre(kept.length > 0)
        const whole = await summary(csvFile(events, ['platform']), {
          where: "platform = 'ios'",
          detail: true,
        })
        const part = await summary(csvFile(kept, ['platform']), { detail: true })
        expect([whole.overall, whole.detail]).toEqual([part.overall, part.detail])
      }),
      { numRuns: 8 },
    )
  })
})

const figuresOnly = ({ overall, segments, detail }: Summary): unknown => ({
  overall,
  segments,
  detail,
})
