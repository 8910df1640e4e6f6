import { list, raw, type Sql, type SqlPart, sql } from '../sql/sql.js'

/**
 * Chance as a pure function of a key. A draw hashes a 64-bit key together with the purpose of the
 * draw, so a value depends on the seed and on the thing itself, never on the order in which
 * threads come to it. DuckDB's hash of one 64-bit integer is a mixing bijection: distinct keys
 * stay distinct, and keys that differ in one bit give unrelated draws. (Its hash of several
 * arguments is not used: there, the last argument only flips fixed bits of the result.)
 *
 * Only add to the end of this list: the places in it are part of what a seed means.
 */
const PURPOSES = [
  'activity',
  'platform',
  'second platform',
  'switch',
  'country',
  'anonymous',
  'heartbeat user',
  'heartbeat visit',
  'heartbeat length',
  'bounce',
  'length',
  'length rounding',
  'rhythm',
  'pace',
  'start',
  'keep',
  'duplicates',
  'strays',
  'name',
  'latency',
  'late',
  'lateness',
  'stray time',
  'retry',
  'gap',
  'revenue',
  'identity',
  'device',
  'detail',
  'adoption',
  'merged',
] as const
export type Purpose = (typeof PURPOSES)[number]

/** 64 unrelated bits for this key and purpose. */
export const draw = (key: Sql, purpose: Purpose): Sql =>
  // Spread, so that keys made of small integers cannot meet a purpose's bits.
  sql`hash(xor(${key}, ${raw(`${spread(PURPOSES.indexOf(purpose) + 1)}::UBIGINT`)}))`

const spread = (n: number): bigint => (BigInt(n) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn

/** In [0, 1), from the upper 53 bits. */
export const uniform = (bits: Sql): Sql => sql`((${bits} >> 11)::DOUBLE * ${2 ** -53})`

export const happens = (bits: Sql, share: number): Sql => sql`(${uniform(bits)} < ${share})`

/** `floor(x + u)`: a whole number whose mean is x. */
export const roundedAtRandom = (x: Sql, bits: Sql): Sql =>
  sql`floor(${x} + ${uniform(bits)})::INTEGER`

/**
 * Nearly a standard normal: the scaled sum of four 16-bit uniforms (Irwin-Hall). It never leaves
 * +-2 sqrt(3), so everything made from it has a hard bound, which the planted timeout relies on.
 */
const normal = (bits: Sql): Sql => {
  const pieces = [48, 32, 16, 0].map((shift) => sql`((${bits} >> ${shift}) & 65535)`)
  return sql`((${raw(pieces.join(' + '))})::DOUBLE / 65536 - 2) * ${Math.sqrt(3)}`
}

export const logNormal = (bits: Sql, median: SqlPart, sigma: number): Sql =>
  sql`(${median} * exp(${sigma} * ${normal(bits)}))`

/** Mean over median of `logNormal`: E exp(s sqrt(3) (U - 1/2)), once for each of the four uniforms. */
export function logNormalMean(sigma: number): number {
  const half = (sigma * Math.sqrt(3)) / 2
  return half === 0 ? 1 : (Math.sinh(half) / half) ** 4
}

/** A 1-based place in a list of shares that add up to one. */
export function weighted(bits: Sql, shares: readonly number[]): Sql {
  let below = 0
  const cases = shares.slice(0, -1).map((share, i) => {
    below += share
    return sql`WHEN ${uniform(bits)} < ${below} THEN ${i + 1}`
  })
  return cases.length === 0
    ? sql`1`
    : sql`CASE ${raw(cases.join(' '))} ELSE ${shares.length} END::TINYINT`
}

/** A value of a list of texts by its 1-based place; NULL for a place that is not in the list. */
export const nth = (values: readonly string[], place: Sql): Sql => sql`${list(values)}[${place}]`

/** One of the texts, each as likely. */
export const oneOf = (bits: Sql, values: readonly string[]): Sql =>
  nth(values, sql`1 + (${bits} % ${values.length})::BIGINT`)
