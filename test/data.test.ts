/**
 * Public data, and other tools' published test cases, with the results expected of them; where
 * they come from is in `SOURCE.md` beside each.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { output } from './oracle/run.js'

const FIXTURES = join(import.meta.dirname, '..', 'fixtures')

interface PeerEvent {
  readonly user: string
  /** As the file spells it; empty where there is none. */
  readonly time: string
  readonly expected: string
}

function peerEvents(path: string, time: string): PeerEvent[] {
  const rows: Record<string, string>[] = parse(readFileSync(path), { columns: true })
  return rows.map((row) => ({
    user: row['user_id'] ?? '',
    time: row[time] ?? '',
    expected: row['expected_session_number'] ?? '',
  }))
}

interface Session {
  readonly user: string
  readonly number: string
  readonly start: number
  readonly end: number
}

async function sessions(argv: readonly string[]): Promise<Session[]> {
  const rows: Record<string, string>[] = parse(
    await output(['sessions', ...argv, '--format', 'csv']),
    { columns: true },
  )
  return rows.map((row) => ({
    user: row['user'] ?? '',
    number: row['session_number'] ?? '',
    start: Date.parse(row['start'] ?? ''),
    end: Date.parse(row['end'] ?? ''),
  }))
}

/** The number of the user's one session that covers the event's time. */
function numberOf(event: PeerEvent, table: readonly Session[]): string {
  const at = Date.parse(event.time.includes('T') ? event.time : `${event.time.replace(' ', 'T')}Z`)
  const found = table.filter((s) => s.user === event.user && s.start <= at && at <= s.end)
  return found.map((s) => s.number).join(' and ')
}

describe('peers’ own test cases', () => {
  test('MADlib sessionize: gap 3 min, five rows without a time', async () => {
    const path = join(FIXTURES, 'peers', 'madlib-gap-3m.csv')
    const flags = ['--user=user_id', '--time=event_timestamp', '--event=page', '--gap=3m']
    const table = await sessions([path, ...flags])
    const events = peerEvents(path, 'event_timestamp')
    const timed = events.filter((e) => e.time !== '')
    expect(events).toHaveLength(42)
    expect(timed.map((e) => numberOf(e, table))).toEqual(timed.map((e) => e.expected))
    expect(table).toHaveLength(new Set(timed.map((e) => `${e.user} ${e.expected}`)).size)

    const { ledger } = JSON.parse(await output([path, ...flags, '--format=json']))
    expect(ledger).toMatchObject({ read: 42, kept: 37, rejected: { no_time: 5, bad_time: 0 } })
  })

  test('Plaso sessionize: gap 10 min', async () => {
    const path = join(FIXTURES, 'peers', 'plaso-gap-10m.csv')
    const table = await sessions([path, '--gap=10m'])
    const events = peerEvents(path, 'timestamp')
    expect(events.map((e) => numberOf(e, table))).toEqual(events.map((e) => e.expected))
    expect(table).toHaveLength(2)
  })
})

describe('a real web server’s log', () => {
  const path = join(FIXTURES, 'apache-logs', 'apache_logs.gz')
  const expected: Readonly<Record<string, unknown>> = JSON.parse(
    readFileSync(join(FIXTURES, 'apache-logs', 'expected.json'), 'utf8'),
  )

  for (const who of ['ip_and_agent', 'ip'] as const) {
    test.each(['5m', '30m', '60m', '120m'])(`user = ${who}, gap %s`, async (gap) => {
      const user = who === 'ip' ? ['--user=ip'] : []
      const json = await output([path, ...user, `--gap=${gap}`, '--format=json'])
      const { overall, ledger } = JSON.parse(json)
      expect({
        users: overall.users,
        sessions: overall.sessions,
        'bounces(one event)': overall.bounces,
        length_sum_seconds: overall.totalSeconds,
        length_max_seconds: overall.length.maxSeconds,
        events: overall.events,
      }).toEqual(expected[`user=${who} gap=${gap}`])
      expect(ledger).toMatchObject({ read: expected['rows'], kept: expected['parsed'] })
    })
  }
})
