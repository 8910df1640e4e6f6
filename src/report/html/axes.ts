/** Axes of lengths of time. */
import { formatCompactCount, formatSeconds } from '../quantities.js'

const TICKS = [1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000, 31_536_000]

/** `1s`, `10m`, `1h`: round lengths, told short. */
export const shortLength = (seconds: number): string =>
  formatSeconds(seconds).replace(/ 0+[hms]$/, '')

/**
 * A logarithmic axis whose ticks are round lengths of time. The library's own labels only powers of
 * ten on such an axis, so the logarithm is taken here, and what it sees is linear.
 */
export const logarithmic = (label: string, from: number, to: number) => ({
  type: 'linear' as const,
  label: `${label} (logarithmic) →`,
  transform: Math.log10,
  domain: [Math.log10(from), Math.log10(to)],
  ticks: TICKS.filter((tick) => tick >= from && tick <= to).map(Math.log10),
  tickFormat: (log: number) => shortLength(Math.round(10 ** log)),
})

/** Round ticks of a linear axis from 0, about eight. */
export function linearTicks(to: number): number[] {
  const steps = [1, 5, 15, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400]
  const step = steps.find((candidate) => to / candidate <= 8) ?? Math.ceil(to / 8 / 86_400) * 86_400
  return Array.from({ length: Math.floor(to / step) + 1 }, (_, i) => i * step)
}

/** `12.3k`: ticks have little room. */
export const countTick = (count: number): string => formatCompactCount(count)
