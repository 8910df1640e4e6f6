import type { Figures, LengthDistribution, LengthStatistics } from '../../src/analysis/figures.js'
import type { Summary } from '../../src/analysis/summary.js'
import { type LedgerCounts, perReason } from '../../src/events/ledger.js'
import type { Appearance } from '../../src/report/appearance.js'
import { DEFAULT_DEFINITION } from '../../src/sessions/definition.js'

export const plain = (columns = 80): Appearance => ({ color: false, unicode: true, columns })
export const ascii = (columns = 80): Appearance => ({ color: false, unicode: false, columns })
export const coloured = (columns = 80): Appearance => ({ color: true, unicode: true, columns })

const lengthOf = (
  sessions: number,
  seconds: readonly [number, number, number, number, number, number, number],
): LengthStatistics => ({
  sessions,
  meanSeconds: seconds[0],
  p50Seconds: seconds[1],
  p75Seconds: seconds[2],
  p90Seconds: seconds[3],
  p95Seconds: seconds[4],
  p99Seconds: seconds[5],
  maxSeconds: seconds[6],
})

const NO_LENGTH: LengthStatistics = {
  sessions: 0,
  meanSeconds: null,
  p50Seconds: null,
  p75Seconds: null,
  p90Seconds: null,
  p95Seconds: null,
  p99Seconds: null,
  maxSeconds: null,
}

const BINS: readonly (readonly [string, number, number | null])[] = [
  ['0s', 0, 0.000_001],
  ['under 10s', 0.000_001, 10],
  ['10s to 30s', 10, 30],
  ['30s to 1m', 30, 60],
  ['1m to 3m', 60, 180],
  ['3m to 10m', 180, 600],
  ['10m to 30m', 600, 1_800],
  ['30m to 1h', 1_800, 3_600],
  ['1h to 4h', 3_600, 14_400],
  ['4h and more', 14_400, null],
]

const histogramOf = (counts: readonly number[]): Figures['histogram'] =>
  BINS.map(([label, fromSeconds, toSeconds], at) => ({
    label,
    fromSeconds,
    toSeconds,
    sessions: counts[at] ?? 0,
  }))

const segment = (
  sessions: number,
  users: number,
  events: number,
  bounces: number,
  scale: number,
): Figures => ({
  sessions,
  users,
  events,
  bounces,
  bounceShare: bounces / sessions,
  totalSeconds: sessions * 250 * scale,
  eventsPerSession: events / sessions,
  sessionsPerUser: sessions / users,
  length: lengthOf(sessions, [
    250 * scale,
    61 * scale,
    330 * scale,
    760 * scale,
    1_210 * scale,
    3_800 * scale,
    9_000 * scale,
  ]),
  lengthWithoutBounces:
    sessions === bounces
      ? NO_LENGTH
      : lengthOf(sessions - bounces, [
          380 * scale,
          122 * scale,
          440 * scale,
          990 * scale,
          1_500 * scale,
          4_200 * scale,
          9_000 * scale,
        ]),
  histogram: histogramOf([bounces, sessions - bounces]),
  startCensored: 0,
  endCensored: 0,
})

const counts = (read: number, kept: number, over: Partial<LedgerCounts> = {}): LedgerCounts => ({
  read,
  kept,
  duplicates: 0,
  rejected: rejected(0, 0),
  filtered: 0,
  ignored: 0,
  outOfSession: 0,
  ...over,
})

/** A month of an Amplitude export, by platform and country. */
export const SAMPLE: Summary = {
  schema: 'sessionize/summary/v1',
  definition: DEFAULT_DEFINITION,
  mapping: {
    preset: 'amplitude',
    user: 'amplitude_id',
    time: 'event_time',
    event: 'event_type',
    recordedSession: 'session_id',
    dedupe: 'uuid',
  },
  firstEvent: '2024-01-01T00:00:03.120000Z',
  lastEvent: '2024-01-31T23:59:58.004000Z',
  farEvents: null,
  overall: {
    sessions: 12_345,
    users: 4_321,
    events: 1_098_765,
    bounces: 4_221,
    bounceShare: 4_221 / 12_345,
    totalSeconds: 3_114_000,
    eventsPerSession: 1_098_765 / 12_345,
    sessionsPerUser: 12_345 / 4_321,
    length: lengthOf(12_345, [252.4, 61, 333.25, 764, 1_215.5, 3_802, 18_721.75]),
    lengthWithoutBounces: lengthOf(8_124, [383.6, 122.5, 441, 991, 1_506, 4_203, 18_721.75]),
    histogram: histogramOf([4_221, 812, 905, 1_344, 2_010, 1_655, 1_020, 311, 66, 1]),
    startCensored: 12,
    endCensored: 34,
  },
  detail: null,
  segments: {
    dimensions: ['platform', 'country'],
    rest: null,
    rows: [
      { values: ['iOS', 'United States'], figures: segment(5_204, 1_911, 502_113, 1_623, 1.2) },
      { values: ['Android', 'Côte d’Ivoire'], figures: segment(3_990, 1_410, 401_002, 1_402, 0.9) },
      { values: ['Web', '日本'], figures: segment(2_101, 812, 150_200, 840, 0.7) },
      { values: ['Web', null], figures: segment(1_049, 406, 45_449, 355, 4) },
      { values: ['Smart TV 📺 living-room edition', ''], figures: segment(1, 1, 1, 1, 0) },
    ],
  },
  ledger: {
    ...counts(1_101_000, 1_098_765, {
      duplicates: 1_600,
      rejected: rejected(30, 5),
      outOfSession: 600,
    }),
    files: [
      {
        label: 'export.zip!12345/12345_2024-01-01_0#1.json.gz',
        ...counts(600_000, 599_370, { outOfSession: 600, rejected: rejected(30, 0) }),
      },
      {
        label: 'export.zip!12345/12345_2024-01-01_1#1.json.gz',
        ...counts(501_000, 499_395, { duplicates: 1_600, rejected: rejected(0, 5) }),
      },
    ],
    skipped: [
      { label: 'export.zip!12345/12345_2024-01-01_0_complete', why: 'marker' },
      { label: 'export.zip!12345/12345_2024-01-01_1_complete', why: 'marker' },
      { label: 'export.zip!12345/12345_2024-01-01_2_complete', why: 'marker' },
      { label: 'export.zip!12345/-100_2024-01-01_0.json.gz', why: 'merged_ids' },
    ],
  },
  warnings: [
    {
      id: 'bounces',
      message: '34.2% of the sessions have one event, so their length is 0 by definition.',
      hint: 'Read the row without bounces, or leave heartbeat and background events out with --where.',
    },
  ],
}

function rejected(noUser: number, badTime: number): LedgerCounts['rejected'] {
  return { ...perReason(() => 0), no_user: noUser, bad_time: badTime }
}

/** A readable file in which nothing became a session. */
export const EMPTY: Summary = {
  ...SAMPLE,
  mapping: { ...SAMPLE.mapping, preset: 'none', event: null, recordedSession: null, dedupe: null },
  firstEvent: null,
  lastEvent: null,
  overall: {
    sessions: 0,
    users: 0,
    events: 0,
    bounces: 0,
    bounceShare: null,
    totalSeconds: 0,
    eventsPerSession: null,
    sessionsPerUser: null,
    length: NO_LENGTH,
    lengthWithoutBounces: NO_LENGTH,
    histogram: histogramOf([]),
    startCensored: 0,
    endCensored: 0,
  },
  segments: null,
  ledger: {
    ...counts(2, 0, { rejected: rejected(2, 0) }),
    files: [{ label: 'empty.csv', ...counts(2, 0, { rejected: rejected(2, 0) }) }],
    skipped: [],
  },
  warnings: [],
}

/** One user, one file, one session: every word in the singular. */
export const SINGLE: Summary = {
  ...EMPTY,
  firstEvent: '2024-01-01T00:00:00Z',
  lastEvent: '2024-01-01T00:00:00Z',
  overall: segment(1, 1, 1, 1, 0),
  ledger: { ...counts(1, 1), files: [{ label: 'one.ndjson', ...counts(1, 1) }], skipped: [] },
}

const distribution = (sessions: number, scale: number): LengthDistribution => ({
  sessions,
  trimmedMeanSeconds: 158.8 * scale,
  geometricMeanSeconds: 122.1,
  standardDeviationSeconds: 277.5 * scale,
  quantiles: [
    { share: 0.5, seconds: 96.7 * scale, lowSeconds: 77.8 * scale, highSeconds: 131 * scale },
    { share: 0.999, seconds: 1_343.8, lowSeconds: 997, highSeconds: 1_603.2 },
  ],
  ecdf: [
    { seconds: 0, share: 0.34 },
    { seconds: 18_721.75, share: 1 },
  ],
})

/** With `--detail` and `--top`. */
export const DETAILED: Summary = {
  ...SAMPLE,
  detail: {
    confidence: 0.95,
    length: distribution(12_345, 1),
    lengthWithoutBounces: distribution(8_124, 1.5),
    logNormal: {
      sessions: 8_124,
      logMean: 4.8,
      logStandardDeviation: 1.33,
      medianSeconds: 121.5,
      meanSeconds: 294.2,
      ksDistance: 0.06,
      reading: 'rough',
    },
    eventsPerSession: {
      count: 12_345,
      mean: 89,
      p50: 60,
      p75: 120.5,
      p90: 200,
      p95: 290,
      p99: 480,
      max: 5_700,
    },
    sessionsPerUser: {
      count: 4_321,
      mean: 2.86,
      p50: 2,
      p75: 3,
      p90: 4,
      p95: 5.1,
      p99: 11,
      max: 41,
    },
    secondsBetweenSessions: {
      count: 8_024,
      mean: 162_592,
      p50: 143_738,
      p75: 245_327,
      p90: 310_372,
      p95: 358_853,
      p99: 466_874,
      max: 2_015_430,
    },
  },
  segments: {
    dimensions: ['platform'],
    rows: [{ values: ['iOS'], figures: segment(5_204, 1_911, 502_113, 1_623, 1.2) }],
    rest: { segments: 4, figures: segment(7_141, 2_629, 596_652, 2_598, 0.9) },
  },
}

export const SAMPLES: Readonly<Record<string, Summary>> = { SAMPLE, EMPTY, SINGLE, DETAILED }
