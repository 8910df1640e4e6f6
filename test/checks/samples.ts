import type { CheckReport, CheckResult } from '../../src/checks/result.js'
import { perReason } from '../../src/events/ledger.js'

const RESULT: CheckResult = {
  id: 'missing-user',
  meaning: 'rows without a user',
  origin: 'built-in',
  verdict: 'pass',
  unit: 'share',
  value: 0,
  found: 0,
  of: 1_000,
  warn: 0,
  error: 0.01,
  least: null,
  why: null,
  hint: null,
  examples: [],
}

export const result = (parts: Partial<CheckResult>): CheckResult => ({ ...RESULT, ...parts })

const NONE = perReason(() => 0)
const COUNTS = {
  read: 1_000,
  kept: 968,
  duplicates: 0,
  rejected: { ...NONE, no_user: 32 },
  filtered: 0,
  ignored: 0,
  outOfSession: 0,
}

export const reportOf = (
  checks: readonly CheckResult[],
  parts: Partial<CheckReport> = {},
): CheckReport => ({
  schema: 'sessionize/check/v1',
  definition: { gapMicros: 1_800_000_000, boundary: 'after' },
  firstEvent: '2024-03-04T09:00:00.000000Z',
  lastEvent: '2024-03-15T18:30:00.000000Z',
  farEvents: null,
  ledger: {
    ...COUNTS,
    files: [{ label: 'data/events.csv', ...COUNTS }],
    skipped: [],
  },
  verdict: 'fail',
  failOn: 'error',
  counts: {
    fail: checks.filter(({ verdict }) => verdict === 'fail').length,
    warn: checks.filter(({ verdict }) => verdict === 'warn').length,
    pass: checks.filter(({ verdict }) => verdict === 'pass').length,
    skipped: checks.filter(({ verdict }) => verdict === 'skipped').length,
  },
  checks,
  baseline: null,
  ...parts,
})

export const SAMPLE: CheckReport = reportOf([
  result({
    verdict: 'fail',
    value: 0.032,
    found: 32,
    hint: 'Name a second column to fall back on: --user user_id,device_id.',
    examples: [
      { file: 'data/events.csv', row: 12, values: { time: '2024-03-04 09:00:00' } },
      { file: 'export.zip!day 1/1.json.gz', row: null, values: { time: null } },
    ],
  }),
  result({
    id: 'volume-change',
    meaning: 'sessions on a day outside the range of the week before',
    verdict: 'warn',
    unit: 'factor',
    value: 3.04,
    found: null,
    of: null,
    warn: 2,
    error: 5,
    hint: 'A release.',
    examples: [{ file: null, row: null, values: { segment: 'platform iOS', day: '2024-03-09' } }],
  }),
  result({
    id: 'few-orders',
    meaning: 'too few orders',
    origin: 'own',
    unit: 'number',
    value: 12.5,
    found: null,
    of: null,
    warn: null,
    error: 20,
    least: 10,
  }),
  result({ id: 'missing-time', meaning: 'rows without a time' }),
  result({
    id: 'clock-skew',
    meaning: 'skewed clocks',
    verdict: 'skipped',
    value: null,
    found: null,
    of: null,
    why: 'the export has no time of sending',
  }),
])

/** What would do harm if it were obeyed. */
export const HOSTILE = [
  '\u001b[2J\u001b]0;owned\u0007',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'; DROP TABLE events; --",
  'a\nb\r\nc\td',
  '::error::owned',
  '\u202egnp.exe\u2066',
  '=HYPERLINK("http://evil")',
  '| a | b |',
  ']]>',
  '%0A::error::owned',
  '\u0000\u0008\ufffe',
  '[click](javascript:alert(1))',
  '@everyone #1',
] as const

export const HUGE = 'x'.repeat(1_000_000)

export const hostileReport = (text: string): CheckReport =>
  reportOf(
    [
      result({
        id: 'own-rule',
        meaning: text,
        origin: 'own',
        verdict: 'fail',
        value: 1,
        found: 1,
        hint: text,
        examples: [{ file: text, row: 3, values: { [text]: text, event: text } }],
      }),
      result({ id: 'other', verdict: 'skipped', value: null, why: text }),
    ],
    {
      ledger: { ...COUNTS, files: [{ label: text, ...COUNTS }], skipped: [] },
      baseline: { file: text, firstEvent: null, lastEvent: null, sessions: 3 },
    },
  )
