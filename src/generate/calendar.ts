/**
 * When people are up. A user's visits are laid out along *waking time*: the hours from 7 in the
 * morning to 1 at night, day after day, with the night cut out. Putting the night back only ever
 * moves visits apart, so visits that are far enough apart on this axis are so on the clock.
 */
export const WAKING_HOURS = 18
export const WAKING_START_HOUR = 7

const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
export const WAKING_DAY_MS = WAKING_HOURS * HOUR_MS

/** Chance that a visit takes place, by hour from 7:00 on: a lunch bump and a busy evening. */
export const BY_WAKING_HOUR: readonly number[] = [
  0.35, 0.5, 0.6, 0.6, 0.65, 0.75, 0.75, 0.65, 0.6, 0.6, 0.7, 0.8, 0.95, 1, 1, 0.9, 0.6, 0.35,
]

/** The same by weekday, from Monday on. */
export const BY_WEEKDAY: readonly number[] = [1, 1, 0.95, 1, 0.9, 0.7, 0.75]

export const startMs = (date: string): number => Date.parse(`${date}T00:00:00Z`)

/** 0 for Monday. The epoch was a Thursday. */
const weekday = (ms: number): number => (Math.floor(ms / DAY_MS) + 3) % 7

/** The share of visits that take place over a period. */
export function meanChance(start: string, days: number): number {
  const first = startMs(start)
  let weekdays = 0
  for (let day = 0; day < days; day++) weekdays += BY_WEEKDAY[weekday(first + day * DAY_MS)] ?? 1
  const hours = BY_WAKING_HOUR.reduce((sum, chance) => sum + chance, 0)
  return (weekdays / days) * (hours / WAKING_HOURS)
}
