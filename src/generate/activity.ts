/**
 * How visits are shared out among users: the user of rank r makes `scale / (r + OFFSET)^EXPONENT`
 * of them (the Zipf-Mandelbrot law), but no more than fit into the period.
 */
const EXPONENT = 0.8
const OFFSET = 2

export interface Activity {
  /** Expected visits of the user of rank r: `min(most, floor + scale / (r + offset)^exponent)`. */
  readonly scale: number
  readonly exponent: number
  readonly offset: number
  /** What everybody makes at least, on average, so that few users never show up. */
  readonly floor: number
  readonly most: number
}

/** Undefined when that many visits do not fit. */
export function shareOut(visits: number, users: number, most: number): Activity | undefined {
  if (visits > users * most * 0.9) return undefined
  const floor = Math.min(1, (0.5 * visits) / users)
  const law = { exponent: EXPONENT, offset: OFFSET, floor, most }
  // The total grows with the scale, so halving an interval finds the scale of the wanted total.
  let low = 0
  let high = most * (users + OFFSET) ** EXPONENT
  for (let i = 0; i < 200; i++) {
    const scale = (low + high) / 2
    if (total({ ...law, scale }, users) < visits) low = scale
    else high = scale
  }
  return { ...law, scale: high }
}

/** The sum over ranks 1 to `users`, by the midpoint integral, exact to a fraction of a visit. */
function total({ scale, exponent, offset, floor, most }: Activity, users: number): number {
  const room = most - floor
  const capped = Math.min(users, Math.max(0, (scale / room) ** (1 / exponent) - offset))
  const primitive = (rank: number): number => (rank + offset) ** (1 - exponent) / (1 - exponent)
  const from = Math.min(users + 0.5, capped + 0.5)
  return floor * users + room * capped + scale * (primitive(users + 0.5) - primitive(from))
}
