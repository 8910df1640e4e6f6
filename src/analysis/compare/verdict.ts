/** What a comparison says, in words. */

/** Thresholds of |delta| by Romano, Kromrey, Coraggio and Skowronek 2006. */
const MAGNITUDES = [
  { below: 0.147, word: 'negligible' },
  { below: 0.33, word: 'small' },
  { below: 0.474, word: 'medium' },
] as const

/** How large a Cliff's delta is, in words. */
export type Magnitude = 'negligible' | 'small' | 'medium' | 'large'

export const magnitudeOf = (delta: number): Magnitude =>
  MAGNITUDES.find(({ below }) => Math.abs(delta) < below)?.word ?? 'large'

/** With fewer, an interval is a guess: resampling knows only the users that it has. */
export const FEWEST_USERS = 30
export const FEWEST_SESSIONS = 100

/** Adjusted p-values from here on are no clear difference. */
export const SIGNIFICANCE = 0.05

/**
 * What a comparison says: whether sessions of the group are longer than those of the reference.
 */
export type Verdict = 'longer' | 'shorter' | 'negligible' | 'no_clear_difference' | 'too_few'

export interface Judged {
  readonly enough: boolean
  readonly delta: number
  readonly adjustedP: number | null
}

/** Longer and shorter are said of whole distributions, and only of what is worth saying. */
export function judge({ enough, delta, adjustedP }: Judged): Verdict {
  if (!enough || adjustedP === null) return 'too_few'
  if (adjustedP >= SIGNIFICANCE) return 'no_clear_difference'
  if (magnitudeOf(delta) === 'negligible') return 'negligible'
  return delta > 0 ? 'longer' : 'shorter'
}
