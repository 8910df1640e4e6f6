import { describe, expect, it } from 'vitest'
import {
  betaQuantile,
  kolmogorovSurvival,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from '../../src/analysis/distributions.js'

/** Expected values are SciPy 1.17's: scipy.stats.norm, t, beta; scipy.special.kolmogorov. */
describe('distribution functions agree with SciPy', () => {
  it.each([
    ['norm.cdf(-3)', normalCdf(-3), 0.0013498980316301],
    ['norm.cdf(-1.96)', normalCdf(-1.96), 0.024997895148220435],
    ['norm.cdf(1)', normalCdf(1), 0.8413447460685429],
    ['norm.ppf(0.975)', normalQuantile(0.975), 1.959963984540054],
    ['norm.ppf(0.1)', normalQuantile(0.1), -1.2815515655446004],
    ['t.cdf(-2.5, 7.3)', studentCdf(-2.5, 7.3), 0.01982512],
    ['t.cdf(-3.2, 10.5)', studentCdf(-3.2, 10.5), 0.0044708655652724565],
    ['t.ppf(0.975, 1)', studentQuantile(0.975, 1), 12.70620474],
    ['t.ppf(0.975, 5)', studentQuantile(0.975, 5), 2.57058184],
    ['t.ppf(0.975, 1000)', studentQuantile(0.975, 1000), 1.96233908],
    ['beta.ppf(0.025, 5, 16)', betaQuantile(0.025, 5, 16), 0.08657147],
    ['beta.ppf(0.975, 6, 15)', betaQuantile(0.975, 6, 15), 0.49104587],
    ['kolmogorov(0.3)', kolmogorovSurvival(0.3), 0.9999906941986655],
    ['kolmogorov(0.5)', kolmogorovSurvival(0.5), 0.9639452436648751],
    ['kolmogorov(0.8)', kolmogorovSurvival(0.8), 0.5441424115741981],
    ['kolmogorov(1)', kolmogorovSurvival(1), 0.26999967167735456],
    ['kolmogorov(1.18)', kolmogorovSurvival(1.18), 0.1234538094297657],
    ['kolmogorov(1.36)', kolmogorovSurvival(1.36), 0.049485876755377876],
    ['kolmogorov(2)', kolmogorovSurvival(2), 0.0006709252557796953],
  ])('%s', (_, actual, expected) => {
    expect(actual).toBeCloseTo(expected, 7)
  })

  it('is 1 at and below 0', () => {
    expect(kolmogorovSurvival(0)).toBe(1)
    expect(kolmogorovSurvival(-1)).toBe(1)
  })
})
