import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalCdf } from '../../src/analysis/distributions.js'
import { adviseTimeout } from '../../src/analysis/gap/advice.js'
import { DEFAULT_GAPS_MICROS } from '../../src/analysis/gap/gap.js'
import { BINS_PER_OCTAVE, type LogBin, octaves } from '../../src/analysis/gap/intervals.js'
import {
  equallyLikely,
  findValley,
  fitMixture,
  misplacedShare,
} from '../../src/analysis/gap/mixture.js'
import { gap, summary } from '../../src/index.js'
import { csvFile, type TestEvent } from './files.js'

interface Planted {
  readonly weight: number
  readonly mean: number
  readonly deviation: number
}

/** The counts that a mixture of these gives, without chance. */
function expectedBins(components: readonly Planted[], total: number): LogBin[] {
  const bins: LogBin[] = []
  for (let bin = -8 * BINS_PER_OCTAVE; bin < 24 * BINS_PER_OCTAVE; bin++) {
    const [from, to] = [bin / BINS_PER_OCTAVE, (bin + 1) / BINS_PER_OCTAVE]
    const share = components.reduce(
      (sum, { weight, mean, deviation }) =>
        sum + weight * (normalCdf((to - mean) / deviation) - normalCdf((from - mean) / deviation)),
      0,
    )
    const count = Math.round(share * total)
    if (count > 0) bins.push({ middle: (from + to) / 2, count })
  }
  return bins
}

describe('the fitted mixture', () => {
  it.each([
    [
      { weight: 0.8, mean: 4, deviation: 2 },
      { weight: 0.2, mean: 16, deviation: 1.5 },
    ],
    [
      { weight: 0.95, mean: 3, deviation: 1.2 },
      { weight: 0.05, mean: 14, deviation: 2 },
    ],
    [
      { weight: 0.5, mean: 5, deviation: 1 },
      { weight: 0.5, mean: 12, deviation: 2.5 },
    ],
    [
      { weight: 0.3, mean: 6, deviation: 1.8 },
      { weight: 0.7, mean: 15, deviation: 2 },
    ],
  ])(
    'recovers planted parameters within 0.05 octaves and 0.5 %% of weight (%o, %o)',
    (within, between) => {
      const fitted = fitMixture(expectedBins([within, between], 1_000_000))
      expect(fitted).toBeDefined()
      expect(fitted?.within.mean).toBeCloseTo(within.mean, 1)
      expect(Math.abs((fitted?.within.mean ?? 0) - within.mean)).toBeLessThan(0.05)
      expect(Math.abs((fitted?.between.mean ?? 0) - between.mean)).toBeLessThan(0.05)
      expect(Math.abs((fitted?.within.deviation ?? 0) - within.deviation)).toBeLessThan(0.05)
      expect(Math.abs((fitted?.between.deviation ?? 0) - between.deviation)).toBeLessThan(0.05)
      expect(Math.abs((fitted?.between.weight ?? 0) - between.weight)).toBeLessThan(0.005)
      expect(fitted?.ksDistance).toBeLessThan(0.005)
    },
  )

  it('is equally likely where two equal components cross: half-way', () => {
    const mixture = {
      within: { weight: 0.5, mean: 4, deviation: 1.5 },
      between: { weight: 0.5, mean: 14, deviation: 1.5 },
      ksDistance: 0,
    }
    expect(equallyLikely(mixture)).toBeCloseTo(9, 9)
    expect(findValley(mixture)?.at).toBeCloseTo(9, 1)
    expect(misplacedShare(mixture, 9)).toBeCloseTo(normalCdf(-5 / 1.5), 9)
  })

  it('has no valley where two components make one peak', () => {
    const mixture = {
      within: { weight: 0.5, mean: 8, deviation: 2 },
      between: { weight: 0.5, mean: 10, deviation: 2 },
      ksDistance: 0,
    }
    expect(findValley(mixture)).toBeNull()
  })

  it.each([[[]], [[{ middle: 3, count: 10 }]]])('is not made of %o', (bins) => {
    expect(fitMixture(bins)).toBeUndefined()
  })
})

describe('the advice', () => {
  const WEEKS = 60 * 86_400
  const ask = (bins: readonly LogBin[], span = WEEKS) =>
    adviseTimeout(
      { value: null, count: bins.reduce((n, { count }) => n + count, 0), simultaneous: 0, bins },
      span,
    ).advice

  it('is the planted boundary, in whole minutes', () => {
    const bins = expectedBins(
      [
        { weight: 0.5, mean: 5, deviation: 1.5 },
        { weight: 0.5, mean: 16, deviation: 1.5 },
      ],
      100_000,
    )
    // Half-way: 2^10.5 s = 24.1 min.
    expect(ask(bins).timeoutSeconds).toBe(24 * 60)
    expect(ask(bins).doubts).toEqual([])
    expect(ask(bins, 86_400).doubts).toHaveLength(1)
  })

  it.each([
    ['one kind of pause', [{ weight: 1, mean: 6, deviation: 2 }], 100_000, /no valley|one kind/],
    [
      'a boundary of seconds',
      [
        { weight: 0.5, mean: -3, deviation: 1 },
        { weight: 0.5, mean: 6, deviation: 1 },
      ],
      100_000,
      /under a minute/,
    ],
    [
      'too few pauses',
      [
        { weight: 0.5, mean: 5, deviation: 1 },
        { weight: 0.5, mean: 16, deviation: 1 },
      ],
      150,
      /at least 200/,
    ],
  ] as const)('is none for %s', (_, planted, total, why) => {
    const advice = ask(expectedBins(planted, total))
    expect(advice.timeoutSeconds).toBeNull()
    expect(advice.why).toMatch(why)
  })
})

describe('octaves', () => {
  it('have no holes, and keep every pause', () => {
    const bins = [
      { middle: 0.5, count: 2 },
      { middle: 0.9, count: 1 },
      { middle: 3.1, count: 4 },
    ]
    expect(octaves(bins).map(({ count }) => count)).toEqual([3, 0, 0, 4])
    expect(octaves(bins)[3]).toMatchObject({ fromSeconds: 8, toSeconds: 16 })
    expect(octaves([])).toEqual([])
  })
})

describe('the sweep', () => {
  const step = fc.oneof(
    fc.constantFrom(0, 60, 120, 300, 600, 1_530, 1_800, 3_600, 86_400),
    fc.integer({ min: 1, max: 100_000 }),
  )
  const people = fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 6 })

  it('is exactly what each timeout gives by itself, by blocks and by events', async () => {
    await fc.assert(
      fc.asyncProperty(people, fc.constantFrom('after', 'at'), async (users, boundary) => {
        const file = csvFile(eventsOf(users))
        const { sweep } = await gap(file, { definition: { boundary } })
        expect(sweep).toHaveLength(DEFAULT_GAPS_MICROS.length)
        for (const row of sweep) {
          const gapMicros = row.gapSeconds * 1e6
          const { overall } = await summary(file, { definition: { gapMicros, boundary } })
          expect(row).toEqual({
            gapSeconds: row.gapSeconds,
            sessions: overall.sessions,
            bounces: overall.bounces,
            bounceShare: overall.bounceShare,
            totalSeconds: overall.totalSeconds,
            meanSeconds: overall.length.meanSeconds,
            p50Seconds: overall.length.p50Seconds,
            p90Seconds: overall.length.p90Seconds,
          })
        }
      }),
      { numRuns: 6 },
    )
  })

  it('refuses definitions with further rules', async () => {
    const file = csvFile([{ user: 'a', at: 0 }])
    await expect(gap(file, { definition: { maxEvents: 5 } })).rejects.toThrow(
      'gap compares timeouts alone, and the definition also has: maxEvents.',
    )
  })
})

describe('what a timeout of 24 h hides', () => {
  it('is counted', async () => {
    // Two visits of a minute, two hours apart; another user comes once.
    const file = csvFile([0, 60, 7_260, 7_320].map((at): TestEvent => ({ user: 'a', at })))
    const { hiddenBy24h, pauses } = await gap(file)
    expect(hiddenBy24h).toEqual({
      sessions: 1,
      shareOfSessions: 0.5,
      idleSeconds: 7_200,
      shareOfTime: 7_200 / 7_320,
    })
    expect(pauses.count).toBe(3)
    expect(pauses.advice.timeoutSeconds).toBeNull()
  })
})

function eventsOf(users: readonly (readonly number[])[]): TestEvent[] {
  return users.flatMap((steps, i) => {
    const user = `u${i}`
    let at = i
    const events: TestEvent[] = [{ user, at }]
    for (const by of steps) {
      at += by
      events.push({ user, at })
    }
    return events
  })
}
