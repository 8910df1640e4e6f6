/** The oracle's sessions as the text that `sessionize sessions --format csv` must write. */
import type { OracleSession } from './sessionize.js'

/** The names of what `OracleColumns` asks for, as the header spells them. */
export interface ColumnNames {
  readonly dimensions?: readonly string[]
  readonly properties?: readonly string[]
  /** `sum_x`, `count_x` and `has_x`, in this order. */
  readonly measures?: readonly string[]
}

export function sessionsCsv(
  sessions: readonly OracleSession[],
  { dimensions = [], properties = [], measures = [] }: ColumnNames = {},
): string {
  const header = [
    'user',
    'session_id',
    'session_number',
    'start',
    'end',
    'length_seconds',
    'events',
    'distinct_events',
    'first_event',
    'last_event',
    ...dimensions,
    ...properties.flatMap((name) => [`entry_${name}`, `exit_${name}`]),
    ...measures,
    'bounce',
    'seconds_since_previous',
    'recorded_session_ids',
    'end_reason',
    'start_censored',
    'end_censored',
  ]
  const rows = sessions.map((s) => [
    s.user,
    s.id,
    String(s.number),
    isoTime(s.startMicros),
    isoTime(s.endMicros),
    seconds(s.endMicros - s.startMicros),
    String(s.events),
    String(s.distinctEvents),
    s.firstEvent,
    s.lastEvent,
    ...s.dimensions,
    ...s.entries.flatMap((entry, i) => [entry, s.exits[i] ?? null]),
    ...s.sums.map((sum) => (sum === null ? null : double(sum))),
    ...s.counts.map(String),
    ...s.conversions.map(String),
    String(s.bounce),
    s.microsSincePrevious === null ? null : seconds(s.microsSincePrevious),
    JSON.stringify(s.recordedSessionIds),
    s.endReason,
    String(s.startCensored),
    String(s.endCensored),
  ])
  return csv([header, ...rows])
}

export const csv = (rows: readonly (readonly (string | null)[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\n`).join('')

/** Null is an empty cell; the empty text is a quoted one. */
function cell(value: string | null): string {
  if (value === null) return ''
  return value === '' || /[",\n\r#]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

/** ISO 8601 in UTC with all six digits of the microseconds. */
export function isoTime(micros: bigint): string {
  const within = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const whole = new Date(Number((micros - within) / 1000n)).toISOString()
  return whole.replace('.000Z', `.${String(within).padStart(6, '0')}Z`)
}

export const seconds = (micros: bigint): string => double(Number(micros) / 1_000_000)

/** As the engine spells a double: `60.0`, `0.5`, and below a ten-thousandth `1e-06`. */
function double(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-4) {
    return value.toExponential().replace(/e-(\d)$/, 'e-0$1')
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
