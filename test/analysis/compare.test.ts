/** Published or SciPy 1.17's figures where that is said; the rest by a plain computation here. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjustForMany } from '../../src/analysis/compare/false-discovery.js'
import { judge, magnitudeOf } from '../../src/analysis/compare/verdict.js'
import { type CompareOptions, type Comparison, compare } from '../../src/index.js'
import { compareFormats, sentence } from '../../src/report/compare.js'
import { csvFile, sessionEvents, type TestEvent } from './files.js'

/** One session per user of each length, in seconds. */
const alone = (platform: string, lengths: readonly number[]): TestEvent[] =>
  lengths.flatMap((length, i) => sessionEvents({ [`${platform}${i}`]: [length] }, { platform }))

const only = async (
  a: readonly TestEvent[],
  b: readonly TestEvent[],
  options: CompareOptions = {},
): Promise<Comparison> => {
  const file = csvFile([...a, ...b], ['platform'])
  const { comparisons } = await compare(file, {
    by: ['platform'],
    reference: 'b',
    ...options,
  })
  const [comparison] = comparisons
  if (comparison === undefined || comparisons.length !== 1) throw new Error('one comparison')
  return comparison
}

describe('rank statistics with ties', () => {
  // The example of scipy.stats.brunnermunzel, from Brunner and Munzel's own data.
  const reference = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
  const group = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]

  it('are those that SciPy documents', async () => {
    const { brunnerMunzel, kolmogorovSmirnov } = await only(
      alone('a', group),
      alone('b', reference),
    )
    expect(brunnerMunzel?.statistic).toBeCloseTo(3.1374674823029505, 9)
    expect(brunnerMunzel?.p).toBeCloseTo(0.005786208666151469, 8)
    expect(kolmogorovSmirnov.distance).toBeCloseTo(0.564935064935065, 12)
    // scipy.special.kolmogorov(d * sqrt(n * m / (n + m)))
    expect(kolmogorovSmirnov.p).toBeCloseTo(0.03921059032867096, 9)
  })

  it("are those of the example of R's effsize::cliff.delta: -0.25, small", async () => {
    const treatment = [10, 10, 20, 20, 20, 30, 30, 30, 40, 50]
    const control = [10, 20, 30, 40, 40, 50]
    const { cliffsDelta, brunnerMunzel } = await only(alone('a', treatment), alone('b', control))
    expect(cliffsDelta).toMatchObject({ estimate: -0.25, magnitude: 'small' })
    expect(brunnerMunzel?.statistic).toBeCloseTo(-0.7858778540358229, 9)
    expect(brunnerMunzel?.p).toBeCloseTo(0.4530194041633658, 7)
  })

  it('do not exist where groups do not overlap, and say so', async () => {
    const apart = await only(alone('a', [10, 20]), alone('b', [1, 2]))
    expect(apart.brunnerMunzel).toBeNull()
    expect(apart.cliffsDelta.estimate).toBe(1)
    expect(apart.kolmogorovSmirnov.distance).toBe(1)
  })

  it('of equal groups show nothing', async () => {
    const same = await only(alone('a', [5, 5, 9]), alone('b', [5, 5, 9]))
    expect(same.cliffsDelta.estimate).toBe(0)
    expect(same.clusteredP).toBe(1)
    expect(same.kolmogorovSmirnov).toMatchObject({ distance: 0, p: 1 })
  })
})

describe('users as the independent units', () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 })
  const people = fc.array(fc.record({ a: lengths, b: lengths, both: fc.boolean() }), {
    minLength: 2,
    maxLength: 8,
  })

  it("give Obuchowski's error, also where a user is in both groups", async () => {
    await fc.assert(
      fc.asyncProperty(people, async (all) => {
        const inA = new Map<string, number[]>()
        const inB = new Map<string, number[]>()
        all.forEach(({ a, b, both }, i) => {
          inA.set(`u${i}`, a)
          inB.set(both ? `u${i}` : `v${i}`, b)
        })
        const events = (of: Map<string, number[]>, platform: string, shift: number): TestEvent[] =>
          [...of].flatMap(([user, list]) =>
            sessionEvents({ [user]: list }, { platform }).map((event) => ({
              ...event,
              at: Number(event.at) + shift,
            })),
          )
        const { clusteredP, cliffsDelta } = await only(
          events(inA, 'a', 0),
          events(inB, 'b', 15 * 86_400),
        )
        const expected = obuchowski(inA, inB)
        expect(cliffsDelta.estimate).toBeCloseTo(2 * expected.theta - 1, 9)
        if (expected.variance > 1e-12) {
          const z = (expected.theta - 0.5) / Math.sqrt(expected.variance)
          expect(clusteredP).toBeCloseTo(twoSided(z), 6)
        }
      }),
      { numRuns: 10 },
    )
  })

  it('make ten copies of a session no more evidence than one', async () => {
    const a = [1, 4, 6, 8, 9, 12, 15]
    const b = [1, 2, 3, 5, 7, 8, 11]
    const copies = (platform: string, list: readonly number[]): TestEvent[] =>
      list.flatMap((length, i) =>
        sessionEvents(
          { [`${platform}${i}`]: Array.from({ length: 10 }, () => length) },
          { platform },
        ),
      )
    const once = await only(alone('a', a), alone('b', b))
    const tenfold = await only(copies('a', a), copies('b', b))
    expect(tenfold.clusteredP).toBeCloseTo(once.clusteredP ?? 0, 9)
    expect(tenfold.brunnerMunzel?.p).toBeLessThan(once.brunnerMunzel?.p ?? 0)
  })
})

/** Straight from the paper's definitions. */
function obuchowski(
  inA: ReadonlyMap<string, readonly number[]>,
  inB: ReadonlyMap<string, readonly number[]>,
): { theta: number; variance: number } {
  const a = [...inA.values()].flat()
  const b = [...inB.values()].flat()
  const psi = (x: number, y: number): number => (x > y ? 1 : x === y ? 0.5 : 0)
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const v10 = (x: number): number => mean(b.map((y) => psi(x, y)))
  const v01 = (y: number): number => mean(a.map((x) => psi(x, y)))
  const theta = mean(a.map(v10))
  const users = [...new Set([...inA.keys(), ...inB.keys()])]
  const sums = users.map((user) => {
    const own = inA.get(user) ?? []
    const other = inB.get(user) ?? []
    return {
      a: own.reduce((sum, x) => sum + v10(x), 0) - own.length * theta,
      b: other.reduce((sum, y) => sum + v01(y), 0) - other.length * theta,
    }
  })
  const total = (of: (sum: { a: number; b: number }) => number): number =>
    sums.reduce((sum, one) => sum + of(one), 0)
  const s10 = ((inA.size / (inA.size - 1)) * total((s) => s.a * s.a)) / a.length
  const s01 = ((inB.size / (inB.size - 1)) * total((s) => s.b * s.b)) / b.length
  const s11 = (users.length / (users.length - 1)) * total((s) => s.a * s.b)
  return {
    theta,
    variance: s10 / a.length + s01 / b.length + (2 * s11) / (a.length * b.length),
  }
}

/** By numerical integration, to be independent of the library. */
function twoSided(z: number): number {
  const steps = 20_000
  const [from, to] = [Math.abs(z), Math.abs(z) + 12]
  let sum = 0
  for (let i = 0; i < steps; i++) {
    const x = from + ((to - from) * (i + 0.5)) / steps
    sum += Math.exp(-0.5 * x * x)
  }
  return Math.min(1, (2 * sum * (to - from)) / steps / Math.sqrt(2 * Math.PI))
}

describe('false discoveries', () => {
  it("are limited as in Benjamini and Hochberg's example of 1995", () => {
    const p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
      0.6528, 0.759, 1,
    ]
    const adjusted = adjustForMany(p)
    // The paper rejects four at 0.05; the values are scipy.stats.false_discovery_control's.
    expect(adjusted.filter((value) => (value ?? 1) < 0.05)).toHaveLength(4)
    const expected = [
      0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645, 0.0765, 0.486,
      0.58118182, 0.714875, 0.75323077, 0.81321429, 1,
    ]
    adjusted.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? 0, 7)
    })
  })

  it('are not counted among what has no p-value', () => {
    expect(adjustForMany([0.04, null, 0.02])).toEqual([0.04, null, 0.04])
    expect(adjustForMany([])).toEqual([])
  })
})

describe('the verdict', () => {
  it.each([
    [0.146, 'negligible'],
    [-0.147, 'small'],
    [0.33, 'medium'],
    [-0.474, 'large'],
  ])('of delta %s is %s', (delta, word) => {
    expect(magnitudeOf(delta)).toBe(word)
  })

  it.each([
    [{ enough: false, delta: 0.9, adjustedP: 0.001 }, 'too_few'],
    [{ enough: true, delta: 0.9, adjustedP: null }, 'too_few'],
    [{ enough: true, delta: 0.9, adjustedP: 0.05 }, 'no_clear_difference'],
    [{ enough: true, delta: 0.1, adjustedP: 0.001 }, 'negligible'],
    [{ enough: true, delta: 0.2, adjustedP: 0.001 }, 'longer'],
    [{ enough: true, delta: -0.2, adjustedP: 0.001 }, 'shorter'],
  ] as const)('%o is %s', (judged, verdict) => {
    expect(judge(judged)).toBe(verdict)
  })
})

describe('a comparison', () => {
  /** Deterministic, skewed, and the same for everyone with the same numbers. */
  const lengthsOf = (users: number, scale: number): number[][] =>
    Array.from({ length: users }, (_, user) =>
      Array.from({ length: 1 + (user % 4) }, (_, i) => ((user * 37 + i * 61) % 101) ** 2 * scale),
    )
  const people = (platform: string, users: number, scale: number): TestEvent[] =>
    lengthsOf(users, scale).flatMap((list, i) =>
      sessionEvents({ [`${platform}${i}`]: list }, { platform }),
    )

  it('finds a planted difference, with intervals around it', async () => {
    const file = csvFile([...people('a', 120, 2), ...people('b', 120, 1)], ['platform'])
    const answer = await compare(file, { by: ['platform'], reference: 'b' })
    const [comparison] = answer.comparisons
    if (comparison === undefined) throw new Error('one comparison')
    expect(comparison.verdict).toBe('longer')
    for (const { estimate, low, high } of [comparison.meanSeconds, ...comparison.quantiles]) {
      expect(low ?? 0).toBeLessThan(estimate ?? 0)
      expect(estimate ?? 0).toBeLessThan(high ?? 0)
      expect(low).toBeGreaterThan(0)
    }
    expect(sentence(answer, comparison)).toMatch(
      /^a is longer than b: longer in \d+\.\d% of the pairs/,
    )
  })

  it('says so when there is no clear difference', async () => {
    const file = csvFile([...people('a', 120, 1), ...people('b', 119, 1)], ['platform'])
    const answer = await compare(file, { by: ['platform'] })
    const [comparison] = answer.comparisons
    if (comparison === undefined) throw new Error('one comparison')
    expect(comparison.verdict).toBe('no_clear_difference')
    expect(sentence(answer, comparison)).toContain('no clear difference')
  })

  it('claims nothing of few', async () => {
    const few = await only(people('a', 20, 5), people('b', 120, 1))
    expect(few).toMatchObject({ verdict: 'too_few', adjustedP: null })
    expect(few.meanSeconds).toMatchObject({ low: null, high: null })
  })

  it('tells of several groups with too little data in one sentence, and shortens long names', async () => {
    const name = 'Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko)'
    const few = ['b', 'c', 'd', name].flatMap((group) => people(group, 3, 1))
    const file = csvFile([...people('a', 120, 1), ...few], ['platform'])
    const answer = await compare(file, { by: ['platform'] })
    const look = { color: false, unicode: true, columns: 80 }
    const paragraphs = compareFormats
      .terminal(answer, look)
      .split('\n\n')
      .map((text) => text.replaceAll('\n', ' '))
    expect(paragraphs.filter((text) => text.includes('oo few to compare'))).toEqual([
      'Too few to compare (at least 30 users and 100 sessions each): Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTM… and a; b and a; c and a; and 1 more.',
    ])
  })

  it('with a baseline of the same files is of nothing, users taken together', async () => {
    const file = csvFile(people('a', 80, 1), ['platform'])
    const { comparisons, groups } = await compare(file, { baseline: file })
    expect(groups.map(({ set }) => set)).toEqual(['files', 'baseline'])
    expect(comparisons[0]).toMatchObject({
      verdict: 'no_clear_difference',
      clusteredP: 1,
      meanSeconds: { estimate: 0, low: 0, high: 0 },
      quantiles: [
        { estimate: 0, low: 0, high: 0 },
        { estimate: 0, low: 0, high: 0 },
      ],
    })
  })

  it('is the same in every run, and another with another seed', async () => {
    const [a, b] = [people('a', 90, 1), people('b', 90, 2)]
    const first = await only(a, b)
    expect(await only(a.toReversed(), b, { threads: 1 })).toEqual(first)
    const other = await only(a, b, { seed: 2 })
    expect(other.meanSeconds.estimate).toBe(first.meanSeconds.estimate)
    expect(other.meanSeconds.low).not.toBe(first.meanSeconds.low)
  })

  it('of means has the error that the formula gives', async () => {
    const { meanSeconds } = await only(people('a', 400, 1), people('b', 400, 1), {
      replicates: 4_000,
    })
    // Linearised error of a ratio of sums over users, for both groups alike.
    const users = lengthsOf(400, 1)
    const sessions = users.reduce((n, list) => n + list.length, 0)
    const total = users.flat().reduce((sum, length) => sum + length, 0)
    const residuals = users.map(
      (list) => list.reduce((sum, length) => sum + length, 0) - (list.length * total) / sessions,
    )
    const error = Math.sqrt(2 * residuals.reduce((sum, r) => sum + r * r, 0)) / sessions
    const width = (meanSeconds.high ?? 0) - (meanSeconds.low ?? 0)
    expect(width / (2 * 1.96 * error)).toBeGreaterThan(0.93)
    expect(width / (2 * 1.96 * error)).toBeLessThan(1.07)
  })

  it('of quantiles among ties is exactly the tie', async () => {
    const list = [0, 13, 13, 13, 300]
    const tied = (platform: string): TestEvent[] =>
      Array.from({ length: 60 }, (_, i) =>
        sessionEvents({ [`${platform}${i}`]: list }, { platform }),
      ).flat()
    const { quantiles } = await only(tied('a'), tied('b'), { quantiles: [0.3, 0.5, 0.79] })
    for (const { estimate, low, high } of quantiles) {
      expect([estimate, low, high]).toEqual([0, 0, 0])
    }
  })

  it('of quantiles has about the error that simulation gives', async () => {
    // Uniform lengths, one session per user: the median's error is 1 / (2 f sqrt(n)).
    const n = 400
    const uniform = (platform: string): number[] =>
      Array.from({ length: n }, (_, i) => ((i * 7_919 + (platform === 'a' ? 0 : 13)) % 6_000) + 1)
    const { quantiles } = await only(alone('a', uniform('a')), alone('b', uniform('b')), {
      quantiles: [0.5],
      replicates: 2_000,
    })
    const error = (6_000 / (2 * Math.sqrt(n))) * Math.SQRT2
    const width = (quantiles[0]?.high ?? 0) - (quantiles[0]?.low ?? 0)
    expect(width / (2 * 1.96 * error)).toBeGreaterThan(0.85)
    expect(width / (2 * 1.96 * error)).toBeLessThan(1.15)
  })

  it('without bounces leaves them out', async () => {
    const bounces = alone('a', [0, 0, 0, 50])
    const file = csvFile([...bounces, ...alone('b', [40])], ['platform'])
    const { groups } = await compare(file, { by: ['platform'], bounces: false })
    expect(groups.map(({ sessions, meanSeconds }) => [sessions, meanSeconds])).toEqual([
      [1, 50],
      [1, 40],
    ])
  })

  it('needs something to compare', async () => {
    const file = csvFile(alone('a', [1]), ['platform'])
    await expect(compare(file, {})).rejects.toThrow('compare needs something to compare')
    await expect(
      compare(file, { by: ['platform'], reference: 'a', baseline: file }),
    ).rejects.toThrow('reference and baseline both say what to compare with')
    await expect(compare(file, { by: ['platform'], reference: 'x' })).rejects.toThrow(
      'reference x is not among the groups',
    )
    const { comparisons } = await compare(file, { by: ['platform'] })
    expect(comparisons).toEqual([])
  })
})
