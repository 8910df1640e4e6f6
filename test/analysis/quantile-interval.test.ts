import { describe, expect, it } from 'vitest'
import { effectiveSessions, shareInterval } from '../../src/analysis/quantile-interval.js'

describe('the interval of a share', () => {
  it("is Clopper and Pearson's, as in the example of R's binom.test(682, 925)", () => {
    const [low, high] = shareInterval(682 / 925, 925, 0.95)
    expect(low).toBeCloseTo(0.7076683, 6)
    expect(high).toBeCloseTo(0.7654066, 6)
  })

  it("is Wilson's for many, as scipy.stats.binomtest(6820, 9250).proportion_ci(method='wilson')", () => {
    const [low, high] = shareInterval(6820 / 9250, 9250, 0.95)
    expect(low).toBeCloseTo(0.7282313837806433, 9)
    expect(high).toBeCloseTo(0.7461661968927844, 9)
  })

  it.each([0, 1])('reaches %s at the ends', (share) => {
    const [low, high] = shareInterval(share, 20, 0.95)
    expect(share === 0 ? low : high).toBe(share)
  })
})

describe('effective sessions', () => {
  const alone = (n: number, below: number) => ({
    users: n,
    sessions: n,
    below,
    nn: n,
    kn: below,
    kk: below,
  })

  it('are nearly all when every session is of another user', () => {
    expect(effectiveSessions(alone(10_000, 5_000), 0.95)).toBeGreaterThan(9_990)
  })

  it('are as many as users when the sessions of a user are all alike', () => {
    // 1,000 users of 10 sessions each; half the users have all of theirs below.
    const sums = {
      users: 1_000,
      sessions: 10_000,
      below: 5_000,
      nn: 100_000,
      kn: 50_000,
      kk: 50_000,
    }
    expect(effectiveSessions(sums, 0.95)).toBeCloseTo(996.58, 1)
  })

  it('are not claimed of one user', () => {
    expect(effectiveSessions({ ...alone(5, 2), users: 1 }, 0.95)).toBeNull()
  })
})
