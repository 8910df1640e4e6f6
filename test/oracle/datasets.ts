/**
 * Generated data sets, and packs of them: many small data sets in one run, each under its own user
 * names, so that a thousand inputs cost a handful of runs.
 */
import fc from 'fast-check'
import { csv, isoTime } from './csv.js'
import type { OracleDefinition, OracleEvent } from './sessionize.js'

export const DIMENSIONS = ['platform', 'country'] as const

const SECOND = 1_000_000n
const MINUTE = 60n * SECOND
/** Divides by every gap below, so that events and blocks meet edge on edge. */
const FIRST = BigInt(Date.UTC(2024, 1, 28)) * 1000n
const LAST = FIRST + 48n * 60n * MINUTE

/** Timeouts whose multiples meet: what is exactly one gap for one is exactly two for another. */
export const GAPS = [5n * MINUTE, 10n * MINUTE, 30n * MINUTE, 60n * MINUTE, 1n, SECOND] as const

export const definition: fc.Arbitrary<OracleDefinition> = fc.record({
  gapMicros: fc.constantFrom(...GAPS.slice(0, 4)),
  boundary: fc.constantFrom('after', 'at'),
})

/** Steps from one event of a user to the next: at, just under and just over whole gaps, and others. */
const step: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0n) },
  { weight: 3, arbitrary: fc.bigInt(1n, 4n * MINUTE) },
  { weight: 2, arbitrary: fc.bigInt(1n, 4n).map((minutes) => minutes * MINUTE) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom(...GAPS), fc.constantFrom(-1n, 0n, 1n))
      .map(([gap, more]) => (gap + more < 0n ? 0n : gap + more)),
  },
  { weight: 1, arbitrary: fc.bigInt(1n, 3n * 60n * MINUTE) },
)

/** Where a user's events begin or end: at, or a little inside, the edges of the whole pack. */
const place = fc.record({
  edge: fc.constantFrom('first', 'last'),
  inside: fc.oneof(
    fc.constantFrom(0n, ...GAPS),
    fc.bigInt(0n, 30n * MINUTE),
    fc.bigInt(0n, 300n).map((minutes) => minutes * MINUTE),
  ),
})

const rareNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { freq: 4 })

export const NAMES = ['a', 'b', 'view', 'view, all', 'é', 'Z', '10', '9'] as const

const row = fc.record({
  step,
  name: rareNull(fc.constantFrom(...NAMES)),
  recorded: rareNull(fc.constantFrom('s1', 's2', 's10')),
  platform: rareNull(fc.constantFrom('web', 'ios', 'Web')),
  country: rareNull(fc.constantFrom('DE', 'FR', 'é')),
  amount: rareNull(fc.constantFrom('1', '2.5', '-0.25', '0', 'free')),
  /** More rows under the same dedupe key: how much later each is. */
  copies: fc.oneof(
    { weight: 9, arbitrary: fc.constant<bigint[]>([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.constantFrom(0n, 1n, MINUTE, 10n * MINUTE), {
        minLength: 1,
        maxLength: 2,
      }),
    },
  ),
})

const user = fc.constantFrom('u', 'u1', 'u2', 'ü', 'U', 'a "b", c', 'two\nlines', '007', '7', '🚀')

/** One to three users with at most so many rows each. */
export const dataset = (maxRows = 9): fc.Arbitrary<OracleEvent[]> =>
  fc
    .uniqueArray(
      fc.record({ user, place, rows: fc.array(row, { minLength: 1, maxLength: maxRows }) }),
      { minLength: 1, maxLength: 3, selector: ({ user: name }) => name },
    )
    .map((users) =>
      users.flatMap(({ user: name, place: { edge, inside }, rows }) => {
        const span = rows.reduce((sum, r) => sum + r.step, 0n)
        let micros =
          edge === 'first' ? FIRST + inside - (rows[0]?.step ?? 0n) : LAST - inside - span
        return rows.flatMap((r, i) => {
          micros += r.step
          const event: OracleEvent = {
            user: name,
            micros,
            name: r.name,
            recorded: r.recorded,
            dedupeKey: r.copies.length === 0 ? null : `${name} ${i}`,
            properties: { platform: r.platform, country: r.country, amount: r.amount },
          }
          return [event, ...r.copies.map((later) => ({ ...event, micros: event.micros + later }))]
        })
      }),
    )

/** `size` data sets as one; data set 7's user `u` is `0007 u`. */
export function pack(size: number, maxRows?: number): fc.Arbitrary<OracleEvent[]> {
  return fc
    .array(dataset(maxRows), { minLength: size, maxLength: size })
    .map((datasets) => datasets.flatMap((events, i) => events.map((e) => inDataset(e, i))))
    .map(shuffled)
}

function inDataset(event: OracleEvent, index: number): OracleEvent {
  const prefix = String(index).padStart(4, '0')
  return {
    ...event,
    user: `${prefix} ${event.user}`,
    dedupeKey: event.dedupeKey == null ? null : `${prefix} ${event.dedupeKey}`,
  }
}

/** Another order of the same events, the same every time. */
export function shuffled<T>(values: readonly T[], seed = 1): T[] {
  const out = [...values]
  let state = seed
  for (let i = out.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const j = state % (i + 1)
    const [a, b] = [out[i], out[j]]
    if (a === undefined || b === undefined) continue
    out[i] = b
    out[j] = a
  }
  return out
}

export function eventsCsv(events: readonly OracleEvent[]): string {
  return csv([
    ['user_id', 'time', 'event', 'sid', 'platform', 'country', 'amount', 'insert_id'],
    ...events.map((e) => [
      e.user,
      isoTime(e.micros),
      e.name,
      e.recorded ?? null,
      e.properties?.['platform'] ?? null,
      e.properties?.['country'] ?? null,
      e.properties?.['amount'] ?? null,
      e.dedupeKey ?? null,
    ]),
  ])
}

export function eventsNdjson(events: readonly OracleEvent[]): string {
  return events.map((event) => `${JSON.stringify(jsonRow(event))}\n`).join('')
}

export function eventsJson(events: readonly OracleEvent[]): string {
  return JSON.stringify(events.map(jsonRow), null, 1)
}

/** Nulls are sometimes there and sometimes left out. */
function jsonRow(event: OracleEvent): Record<string, unknown> {
  const row = {
    user_id: event.user,
    time: isoTime(event.micros),
    event: event.name,
    sid: event.recorded ?? null,
    platform: event.properties?.['platform'] ?? null,
    country: event.properties?.['country'] ?? null,
    amount: event.properties?.['amount'] ?? null,
    insert_id: event.dedupeKey ?? null,
  }
  return event.micros % 2n === 0n
    ? row
    : Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}

/** Flags that make the command line read these files as the oracle sees the events. */
export const MAPPING = ['--user=user_id', '--time=time', '--event=event', '--session=sid'] as const

export const BY_DIMENSIONS = `--by=${DIMENSIONS.join(',')}`

export const DEDUPE = '--dedupe=insert_id'

export const definitionFlags = ({ gapMicros, boundary }: OracleDefinition): string[] => [
  `--gap=${gapMicros}us`,
  `--boundary=${boundary}`,
]
