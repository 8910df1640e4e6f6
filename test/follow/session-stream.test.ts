/** The sessions of a stream against the oracle's, of the same events as one file. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ruleProperties, type SessionDefinition } from '../../src/sessions/definition.js'
import { type OracleDefinition, type OracleEvent, sessionize } from '../oracle/sessionize.js'
import { byUserAndNumber, comparable, followed, type Line, MINUTE, oracleLine } from './streams.js'

const START = 1_709_632_800_000_000

/** Few users, times and names, so that ties, exact gaps and joins are common. */
const event = fc.record({
  user: fc.constantFrom('ann', 'bob', 'é', '\u{1F600}', '\uFF21'),
  micros: fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0, 0, 0, 1, -1))
    .map(([tens, off]) => BigInt(START + tens * 10 * MINUTE + off)),
  name: fc.constantFrom(null, 'a', 'b', 'start', 'end', 'ping', '\u{1F600}', '\uFF21'),
  recorded: fc.constantFrom(null, null, '1', '2'),
  properties: fc.record({
    campaign: fc.constantFrom(null, null, 'x', 'y'),
  }),
}) satisfies fc.Arbitrary<OracleEvent>

/** Events in an order in which none is later than `latenessMicros` behind the latest before it. */
function arrivals(events: readonly OracleEvent[], delays: readonly number[]): OracleEvent[] {
  return events
    .map((one, i) => ({ one, arrival: Number(one.micros) + (delays[i % delays.length] ?? 0) }))
    .sort((a, b) => a.arrival - b.arrival)
    .map(({ one }) => one)
}

const LATENESS = 25 * MINUTE
const delays = fc.array(fc.integer({ min: 0, max: LATENESS }), { minLength: 1, maxLength: 20 })
const events = fc.array(event, { minLength: 1, maxLength: 60 })
const boundary = fc.constantFrom('after' as const, 'at' as const)

const rules: fc.Arbitrary<Omit<SessionDefinition, 'gapMicros' | 'boundary'>> = fc.record(
  {
    gaps: fc.constant([{ property: 'campaign', value: 'x', gapMicros: 10 * MINUTE }]),
    cutOn: fc.constant(['campaign']),
    maxLengthMicros: fc.constantFrom(50 * MINUTE, 20 * MINUTE),
    maxEvents: fc.integer({ min: 1, max: 4 }),
    midnightZone: fc.constantFrom('UTC', 'Pacific/Auckland', 'Asia/Kolkata'),
    startEvents: fc.constant(['st*']),
    endEvents: fc.constant(['end']),
    passiveEvents: fc.constant(['p*']),
    ignoreEvents: fc.constant(['b']),
  },
  { requiredKeys: [] },
)

const named =
  (patterns: readonly string[] | undefined) =>
  (name: string): boolean =>
    (patterns ?? []).some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    )

const oracleDefinition = (definition: SessionDefinition): OracleDefinition => {
  const { boundary, maxLengthMicros, maxEvents, midnightZone, cutOn, gaps } = definition
  return {
    boundary,
    gapMicros: BigInt(definition.gapMicros),
    ...(maxLengthMicros === undefined ? {} : { maxLengthMicros: BigInt(maxLengthMicros) }),
    ...(maxEvents === undefined ? {} : { maxEvents }),
    ...(midnightZone === undefined ? {} : { midnightZone }),
    ...(cutOn === undefined ? {} : { cutOn }),
    ...(gaps === undefined
      ? {}
      : { gaps: gaps.map((rule) => ({ ...rule, gapMicros: BigInt(rule.gapMicros) })) }),
    isStart: named(definition.startEvents),
    isEnd: named(definition.endEvents),
    isIgnored: named(definition.ignoreEvents),
    isPassive: named(definition.passiveEvents),
  }
}

function expectSame(
  lines: readonly Line[],
  input: readonly OracleEvent[],
  definition: SessionDefinition,
  adapted = (line: Line): Line => line,
): void {
  const { sessions } = sessionize(input, oracleDefinition(definition))
  const expected = sessions.map(oracleLine).map(adapted)
  const got = [...lines].sort(byUserAndNumber)
  expect(got.map((line) => comparable(line, expected[0] ?? {}))).toEqual(expected)
}

/** Where a session was closed by the watermark, the end of the data is no longer its end. */
const withEndOf =
  (got: readonly Line[]) =>
  (line: Line): Line => {
    const same = got.find((other) => other['session_id'] === line['session_id'])
    return line['end_reason'] === 'data_end' && same?.['end_reason'] === 'gap'
      ? { ...line, end_reason: 'gap', end_censored: false }
      : line
  }

describe('out of order within the lateness', () => {
  test('a single gap gives the sessions of the whole file', () => {
    fc.assert(
      fc.property(events, delays, boundary, fc.constantFrom(10, 20, 30), (input, late, at, gap) => {
        const definition = { gapMicros: gap * MINUTE, boundary: at }
        const { lines, counts } = followed(arrivals(input, late), {
          definition,
          latenessMicros: LATENESS,
        })
        expectSame(lines, input, definition)
        expect(counts.late).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  test('so do all rules, alone and combined', () => {
    fc.assert(
      fc.property(events, delays, boundary, rules, (input, late, at, extra) => {
        const definition = { gapMicros: 30 * MINUTE, boundary: at, ...extra }
        const { lines } = followed(
          arrivals(input, late),
          { definition, latenessMicros: LATENESS },
          ruleProperties(definition),
        )
        // A passive event that finds no session still shows that time has passed.
        const expected = (line: Line): Line =>
          extra.passiveEvents === undefined ? line : withEndOf(lines)(line)
        expectSame(lines, input, definition, expected)
      }),
      { numRuns: 1_000 },
    )
  })

  test('the data begin with an event whose turn comes after that of a name before it', () => {
    const at = (user: string, minutes: number, name: string | null, campaign: string | null) => ({
      ...{ user, name, recorded: null, properties: { campaign } },
      micros: 1_709_632_800_000_000n + BigInt(minutes * MINUTE),
    })
    const input = [
      at('bob', 0, null, null),
      at('ann', 0, 'ping', null),
      at('ann', 10, null, 'x'),
      at('ann', 10, null, 'y'),
      at('ann', 100, null, null),
    ]
    const definition: SessionDefinition = {
      gapMicros: 30 * MINUTE,
      gaps: [{ property: 'campaign', value: 'x', gapMicros: 10 * MINUTE }],
      boundary: 'at',
      cutOn: ['campaign'],
      passiveEvents: ['p*'],
    }
    const { lines } = followed(input, { definition, latenessMicros: LATENESS }, ['campaign'])
    expectSame(lines, input, definition)
    expect(lines[0]).toMatchObject({ user: 'ann', session_number: 1, start_censored: false })
  })

  test('what is told before the end is never told otherwise at the end', () => {
    fc.assert(
      fc.property(events, delays, (input, late) => {
        const inOrder = arrivals(input, late)
        const half = inOrder.slice(0, Math.floor(inOrder.length / 2))
        const closed = (lines: readonly Line[]): Line[] =>
          lines.filter((line) => line['open'] === false)
        const first = closed(followed(half, { latenessMicros: LATENESS }).lines)
        const whole = followed(inOrder, { latenessMicros: LATENESS }).lines
        for (const line of first) {
          // A session that only the lateness kept from closing may still grow.
          const same = whole.find((other) => other['session_id'] === line['session_id'])
          if (same !== undefined)
            expect(Number(same['events'])).toBeGreaterThanOrEqual(Number(line['events']))
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('late events', () => {
  /** Applies corrections as a reader would: a line takes the place of those that it revises. */
  function corrected(lines: readonly Line[]): Line[] {
    const current = new Map<unknown, Line>()
    for (const line of lines) {
      const { revises } = line
      for (const id of Array.isArray(revises) ? revises : []) current.delete(id)
      current.set(line['session_id'], line)
    }
    return [...current.values()]
  }

  test('with revisions any order gives the sessions of the whole file', () => {
    fc.assert(
      fc.property(events, boundary, (input, at) => {
        const definition = { gapMicros: 30 * MINUTE, boundary: at }
        const { lines, counts } = followed(input, {
          definition,
          latenessMicros: 0,
          reviseMicros: 10_000 * MINUTE,
        })
        expect(counts.dropped).toBe(0)
        // A correction of the first session of the data does not print all others again.
        const plain = (line: Line): Line => ({ ...line, start_censored: null })
        const expected = sessionize(input, oracleDefinition(definition)).sessions.map(oracleLine)
        const got = corrected(lines).sort(byUserAndNumber)
        expect(got.map((line) => plain(comparable(line, expected[0] ?? {})))).toEqual(
          expected.map(plain).map(withEndOf(got)),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('a revision names what it replaces', () => {
    const at = (minutes: number): OracleEvent => ({
      user: 'ann',
      micros: BigInt(START + minutes * MINUTE),
      name: 'a',
    })
    const { lines } = followed([at(0), at(50), at(200), at(25)], { reviseMicros: 1_000 * MINUTE })
    const [first, second, joined, last] = lines
    expect(lines.map((line) => [line['revision'], line['events']])).toEqual([
      [0, 1],
      [0, 1],
      [1, 3],
      [0, 1],
    ])
    expect(joined?.['revises']).toEqual([first?.['session_id'], second?.['session_id']])
    expect(joined?.['session_id']).toBe(first?.['session_id'])
    expect(last?.['session_number']).toBe(2)
  })

  test('without revisions they are counted, and lost only where their session is over', () => {
    const at = (user: string, minutes: number): OracleEvent => ({
      user,
      micros: BigInt(START + minutes * MINUTE),
      name: 'a',
    })
    const { lines, counts } = followed([
      at('ann', 0),
      at('bob', 20),
      at('ann', 5),
      at('bob', 60),
      at('ann', 6),
    ])
    expect(counts).toMatchObject({ late: 2, dropped: 1 })
    expect(lines.map((line) => [line['user'], line['events']])).toEqual([
      ['ann', 2],
      ['bob', 1],
      ['bob', 1],
    ])
  })

  test('no set of events is counted twice or lost from the counts', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 0, max: 60 }), rules, (input, lateness, extra) => {
        const definition = { gapMicros: 30 * MINUTE, boundary: 'after' as const, ...extra }
        const { lines, counts } = followed(input, { definition, latenessMicros: lateness * MINUTE })
        const told = lines.reduce((sum, line) => sum + Number(line['events']), 0)
        expect(told + counts.dropped + counts.ignored).toBe(input.length)
        expect(new Set(lines.map((line) => line['session_id'])).size).toBe(lines.length)
      }),
      { numRuns: 300 },
    )
  })
})

describe('users held at most', () => {
  const many = Array.from(
    { length: 300 },
    (_, i): OracleEvent => ({
      user: `u${i % 100}`,
      micros: BigInt(START + i * MINUTE),
      name: 'a',
    }),
  )

  test('beyond the limit sessions are closed early, marked and counted', () => {
    const { lines, counts } = followed(many, { maxUsers: 10 })
    expect(counts.evicted).toBeGreaterThan(0)
    const evicted = lines.filter((line) => line['evicted'] === true)
    expect(evicted.length).toBe(counts.evicted)
    expect(evicted.every((line) => line['end_reason'] === null)).toBe(true)
    expect(lines.reduce((sum, line) => sum + Number(line['events']), 0)).toBe(many.length)
    expect(lines.at(-1)?.['session_number']).toBeNull()
  })

  test('idle users are forgotten first, and then not numbered', () => {
    const { lines, counts } = followed(many, { maxUsers: 50 })
    expect(counts.evicted).toBe(0)
    expect(counts.forgotten).toBeGreaterThan(0)
    expect(lines.some((line) => line['evicted'] === true)).toBe(false)
    expect(lines[0]?.['session_number']).toBe(1)
    expect(lines.at(-1)?.['session_number']).toBeNull()
  })

  test('a limit that is never reached changes nothing', () => {
    expect(followed(many, { maxUsers: 100 }).lines).toEqual(followed(many).lines)
  })
})

test('rules that cannot be followed are refused by name', () => {
  const definition = { gapMicros: MINUTE, boundary: 'after' as const }
  expect(() => followed([], { definition: { ...definition, recorded: true } })).toThrow(
    /byRecorded/,
  )
  expect(() =>
    followed([], { definition: { ...definition, maxEvents: 2 }, reviseMicros: MINUTE }),
  ).toThrow(/revisions/)
})
