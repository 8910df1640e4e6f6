/** Figures in the cells of a document, which may be shown where only ASCII is. */
import { formatCount, formatDecimal, formatSeconds, formatShare } from './quantities.js'

const ABSENT = '-'

export const count = (value: number | null): string => formatCount(value, ABSENT)
export const decimal = (value: number | null): string => formatDecimal(value, ABSENT)
export const seconds = (value: number | null): string => formatSeconds(value, ABSENT)
export const share = (value: number | null): string => formatShare(value, ABSENT)

/** `+12.3%`, `-4.0%`, `0%`: a change against something else. */
export function change(value: number | null): string {
  if (value === null) return ABSENT
  const percent = formatDecimal(Math.abs(value) * 100)
  return percent === '0.0' ? '0%' : `${value > 0 ? '+' : '-'}${percent}%`
}

/** `+1m 20s`, `-3s`: a difference of two lengths. */
export const difference = (value: number | null): string =>
  value !== null && value > 0 ? `+${formatSeconds(value)}` : seconds(value)

/** `p < 0.001` is told as such; never as 0. */
export function probability(value: number | null): string {
  if (value === null) return ABSENT
  return value < 0.001 ? '<0.001' : value.toFixed(3)
}
