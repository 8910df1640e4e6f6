import fc from 'fast-check'
import type { Detail, Figures, LengthStatistics, Spread } from '../../src/analysis/figures.js'
import type { Summary } from '../../src/analysis/summary.js'
import type { LedgerCounts } from '../../src/events/ledger.js'

const HOSTILE = [
  '\u001b[2J\u001b[1;1Hgone',
  '\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007',
  '\u009b31mred',
  'a\nb\r\nc\td',
  '\u202egnp.exe',
  '\u2066\u2069\u200e\u200f\u061c',
  '<script>alert(1)</script>',
  'a|b\\|c`d``e',
  '@someone #1 https://evil.example www.evil.example',
  '=HYPERLINK("http://evil.example","x")',
  '日本語のとても長い名前',
  '👨‍👩‍👧‍👦🇩🇪👍🏽',
  '한국어 ประเทศไทย हिन्दी العربية',
  `e${'\u0301'.repeat(50)}`,
  '\ud800',
  '\u200d\ufe0f\u20e3',
  '"quoted", and, commas',
  ' spaces ',
  '',
  'x'.repeat(5_000),
  '漢'.repeat(2_000),
] as const

export const untrustedText = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

const count = fc.oneof(fc.nat(100), fc.nat(2_000_000_000))
const seconds = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0, max: 4_000_000_000, noNaN: true }),
  fc.double({ min: 0, max: 100, noNaN: true }),
)
const secondsOrNull = fc.option(seconds, { nil: null })
const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null })
const textOrNull = fc.option(untrustedText, { nil: null })
const instant = fc
  .date({
    min: new Date('0001-01-02T00:00:00Z'),
    max: new Date('9999-12-30T00:00:00Z'),
    noInvalidDate: true,
  })
  .map((date) => date.toISOString())

const length: fc.Arbitrary<LengthStatistics> = fc.record({
  sessions: count,
  meanSeconds: secondsOrNull,
  p50Seconds: secondsOrNull,
  p75Seconds: secondsOrNull,
  p90Seconds: secondsOrNull,
  p95Seconds: secondsOrNull,
  p99Seconds: secondsOrNull,
  maxSeconds: secondsOrNull,
})

const figures: fc.Arbitrary<Figures> = fc.record({
  sessions: count,
  users: count,
  events: count,
  bounces: count,
  bounceShare: share,
  totalSeconds: seconds,
  eventsPerSession: secondsOrNull,
  sessionsPerUser: secondsOrNull,
  length,
  lengthWithoutBounces: length,
  histogram: fc.array(
    fc.record({
      label: untrustedText,
      fromSeconds: seconds,
      toSeconds: secondsOrNull,
      sessions: count,
    }),
    { maxLength: 6 },
  ),
  startCensored: count,
  endCensored: count,
})

const distribution = fc.record({
  sessions: count,
  trimmedMeanSeconds: secondsOrNull,
  geometricMeanSeconds: secondsOrNull,
  standardDeviationSeconds: secondsOrNull,
  quantiles: fc.array(
    fc.record({
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      seconds: secondsOrNull,
      lowSeconds: secondsOrNull,
      highSeconds: secondsOrNull,
    }),
    { maxLength: 4 },
  ),
  ecdf: fc.array(fc.record({ seconds, share: fc.double({ min: 0, max: 1, noNaN: true }) }), {
    maxLength: 3,
  }),
})

const spread: fc.Arbitrary<Spread> = fc.record({
  count,
  mean: secondsOrNull,
  p50: secondsOrNull,
  p75: secondsOrNull,
  p90: secondsOrNull,
  p95: secondsOrNull,
  p99: secondsOrNull,
  max: secondsOrNull,
})

const detail: fc.Arbitrary<Detail> = fc.record({
  confidence: fc.constant(0.95),
  length: distribution,
  lengthWithoutBounces: distribution,
  logNormal: fc.option(
    fc.record({
      sessions: count,
      logMean: fc.double({ min: -14, max: 27, noNaN: true }),
      logStandardDeviation: fc.double({ min: 0, max: 20, noNaN: true }),
      medianSeconds: seconds,
      meanSeconds: seconds,
      ksDistance: fc.double({ min: 0, max: 1, noNaN: true }),
      reading: fc.constantFrom('close' as const, 'rough' as const, 'poor' as const),
    }),
    { nil: null },
  ),
  eventsPerSession: spread,
  sessionsPerUser: spread,
  secondsBetweenSessions: spread,
})

const counts: fc.Arbitrary<LedgerCounts> = fc.record({
  read: count,
  kept: count,
  duplicates: count,
  rejected: fc.record({
    malformed: count,
    nested_too_deep: count,
    no_user: count,
    null_text: count,
    no_time: count,
    bad_time: count,
    time_out_of_range: count,
  }),
  filtered: count,
  ignored: count,
  outOfSession: count,
})

const segments = fc.integer({ min: 1, max: 12 }).chain((dimensions) =>
  fc.record({
    dimensions: fc.array(untrustedText, { minLength: dimensions, maxLength: dimensions }),
    rows: fc.array(
      fc.record({
        values: fc.array(textOrNull, { minLength: dimensions, maxLength: dimensions }),
        figures,
      }),
      { maxLength: 4 },
    ),
    rest: fc.option(fc.record({ segments: count, figures }), { nil: null }),
  }),
)

/** Any summary that has the right shape, sensible or not, with the worst strings in every place. */
export const anySummary: fc.Arbitrary<Summary> = fc.record({
  schema: fc.constant('sessionize/summary/v1' as const),
  definition: fc.record({
    gapMicros: fc.integer({ min: 1, max: 864_000_000_000_000 }),
    boundary: fc.constantFrom('after' as const, 'at' as const),
  }),
  mapping: fc.record({
    preset: untrustedText,
    user: untrustedText,
    time: untrustedText,
    event: textOrNull,
    recordedSession: textOrNull,
    dedupe: textOrNull,
  }),
  firstEvent: fc.option(instant, { nil: null }),
  lastEvent: fc.option(instant, { nil: null }),
  farEvents: fc.option(
    fc.record({ before: count, after: count, firstEvent: instant, lastEvent: instant }),
    { nil: null },
  ),
  overall: figures,
  detail: fc.option(detail, { nil: null }),
  segments: fc.option(segments, { nil: null }),
  ledger: fc
    .tuple(
      counts,
      fc.array(
        fc.tuple(untrustedText, counts).map(([label, of]) => ({ label, ...of })),
        { maxLength: 12 },
      ),
      fc.array(fc.record({ label: untrustedText, why: untrustedText }), { maxLength: 4 }),
    )
    .map(([total, files, skipped]) => ({ ...total, files, skipped })),
  warnings: fc.array(
    fc.record(
      { id: untrustedText, message: untrustedText, hint: untrustedText },
      { requiredKeys: ['id', 'message'] },
    ),
    { maxLength: 3 },
  ),
})

export const anyColumns = fc.integer({ min: 40, max: 200 })
