/** Every rule finds its own planted defect, and only that; a clean export passes all. */
import { appendFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { RULES } from '../../src/checks/registry.js'
import type { CheckReport } from '../../src/checks/result.js'
import { run } from '../oracle/run.js'
import {
  cleanEvents,
  DAY,
  DAYS,
  type ExportedEvent,
  eventOf,
  FIRST_DAY,
  Folder,
  HOUR,
  MINUTE,
  millisOf,
  written,
} from './export.js'

const folder = new Folder()
afterAll(() => folder.remove())

async function checked(
  files: readonly string[],
  flags: readonly string[] = [],
): Promise<CheckReport> {
  const { stdout, stderr } = await run(['check', ...files, '--format', 'json', ...flags])
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

const found = ({ checks }: CheckReport): string[] =>
  checks.filter(({ verdict }) => verdict === 'warn' || verdict === 'fail').map(({ id }) => id)

const CLEAN = cleanEvents()

/** Changes some of the events. */
const changed = (
  which: (event: ExportedEvent, at: number) => boolean,
  change: (event: ExportedEvent) => Partial<ExportedEvent>,
): ExportedEvent[] =>
  CLEAN.map((event, at) => (which(event, at) ? { ...event, ...change(event) } : event))

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const day = (event: ExportedEvent): number => Math.floor((millisOf(event) - FIRST_DAY) / DAY)
const hour = (event: ExportedEvent): number => new Date(millisOf(event)).getUTCHours()
const userOf = (event: ExportedEvent): number => Number(event.amplitude_id) - 1_000
const some = (event: ExportedEvent, at: number): boolean =>
  at % 50 === 1 && !event.event_type.startsWith('session_')

let serial = 1_000_000
const extra = (user: number, name: string, at: number, session = at): ExportedEvent =>
  eventOf(user, name, at, session, serial++)

/** A visit of two events. */
const visit = (user: number, at: number): ExportedEvent[] => [
  extra(user, 'page viewed', at, at),
  extra(user, 'note saved', at + 30_000, at),
]

const starts = CLEAN.filter((event) => event.event_type === 'session_start')
const morningIds = new Map(
  starts.filter((e) => hour(e) === 9).map((e) => [`${userOf(e)}/${day(e)}`, e.session_id]),
)
const morningId = (user: number, of: number): number => morningIds.get(`${user}/${of}`) ?? 0
/** Whole days before and after it. */
const ODD_DAY = 9

interface Defect {
  readonly events: () => ExportedEvent[]
  readonly flags?: readonly string[]
}

const planted = (events: () => ExportedEvent[], ...flags: string[]): Defect => ({ events, flags })

const DEFECTS: Readonly<Record<string, Defect>> = {
  'missing-user': planted(() => changed(some, () => ({ amplitude_id: null }))),
  'missing-time': planted(() => changed(some, () => ({ event_time: null }))),
  'unreadable-time': planted(() => changed(some, () => ({ event_time: 'yesterday' }))),
  'pre-epoch-time': planted(() => [
    ...CLEAN,
    ...range(8).flatMap((user) => visit(user, user * MINUTE)),
  ]),
  'future-time': planted(() => [
    ...CLEAN,
    ...range(8).flatMap((user) => visit(user, Date.UTC(2126, 2, 20) + user * HOUR)),
  ]),
  'duplicate-events': planted(() => [...CLEAN, ...CLEAN.filter((_, at) => at % 20 === 0)]),
  'clock-skew': planted(() =>
    changed(some, (e) => ({ client_upload_time: written(millisOf(e) - 2 * HOUR) })).map((e, at) =>
      at % 10 === 0 ? { ...e, client_upload_time: written(millisOf(e) + 2 * HOUR) } : e,
    ),
  ),
  'late-events': planted(() =>
    changed(
      (_, at) => at % 10 === 0,
      (e) => ({
        client_upload_time: written(millisOf(e) + 3 * DAY),
        server_received_time: written(millisOf(e) + 3 * DAY + 1_000),
      }),
    ),
  ),
  'out-of-session': planted(() => [
    ...CLEAN,
    ...CLEAN.map((e, at) => ({ ...e, uuid: `s-${at}`, session_id: -1, event_type: 'synced' })),
  ]),
  'missing-session-id': planted(() =>
    changed(
      (_, at) => at % 10 === 0,
      () => ({ session_id: null }),
    ),
  ),
  'session-id-is-user': planted(() =>
    changed(
      (e) => userOf(e) === 8 && day(e) === 3,
      (e) => ({ session_id: Number(e.amplitude_id) }),
    ),
  ),
  'shared-session-id': planted(() =>
    changed(
      (e) => hour(e) === 9,
      (e) => {
        const pair = userOf(e) - (userOf(e) % 2)
        return { session_id: Math.min(morningId(pair, day(e)), morningId(pair + 1, day(e))) }
      },
    ),
  ),
  'session-id-after-first-event': planted(() =>
    changed(
      (e) => userOf(e) < 6,
      (e) => ({ session_id: Number(e.session_id) + 2 * MINUTE }),
    ),
  ),
  'session-id-over-gap': planted(() =>
    changed(
      (e) => hour(e) > 12,
      (e) => ({ session_id: morningId(userOf(e), day(e)) }),
    ),
  ),
  'overlapping-sessions': planted(() => [
    ...CLEAN,
    ...starts
      .filter((e) => userOf(e) < 20)
      .map((e) => extra(userOf(e), 'page viewed', millisOf(e) + 1_000, millisOf(e) + 500)),
  ]),
  'start-without-end': planted(() =>
    CLEAN.filter((e) => !(e.event_type === 'session_end' && userOf(e) < 10)),
  ),
  'zero-length': planted(() => [
    ...CLEAN,
    ...range(60).flatMap((user) =>
      range(DAYS).flatMap((of) =>
        [0, 2, 4, 6, 11, 15, 16, 21].map((at) =>
          extra(user, 'push opened', FIRST_DAY + of * DAY + at * HOUR + user * 13_007),
        ),
      ),
    ),
  ]),
  // With half an hour's gap, who makes such a session is also awake around the clock.
  'overlong-session': planted(
    () => [
      ...CLEAN,
      ...range(7).map((n) =>
        extra(
          500,
          'page viewed',
          FIRST_DAY + 3 * DAY + n * 5 * HOUR + 9 * HOUR,
          FIRST_DAY + 3 * DAY + 9 * HOUR,
        ),
      ),
    ],
    '--gap',
    '6h',
  ),
  'null-like-user': planted(() => [
    ...CLEAN,
    ...range(DAYS).flatMap((of) =>
      visit(500, FIRST_DAY + of * DAY + 12 * HOUR).map((e) => ({ ...e, amplitude_id: 0 })),
    ),
  ]),
  'device-pool': planted(() =>
    changed(
      (e) => userOf(e) === 5,
      (e) => ({ device_id: `pool-${Number(e.uuid.slice(5)) % 30}` }),
    ),
  ),
  'round-the-clock-user': planted(() => [
    ...CLEAN,
    ...range(24).flatMap((at) => visit(7, FIRST_DAY + 5 * DAY + at * HOUR + 50 * MINUTE)),
  ]),
  heartbeats: planted(() => [
    ...CLEAN,
    ...starts
      .filter((e) => userOf(e) < 10 && hour(e) === 9)
      .flatMap((e) =>
        range(40).map((n) =>
          extra(userOf(e), 'heartbeat', millisOf(e) + n * 30_000, Number(e.session_id)),
        ),
      ),
  ]),
  'missing-days': planted(() => CLEAN.filter((e) => day(e) !== 5)),
  'missing-hours': planted(() => CLEAN.filter((e) => !(day(e) === 5 && hour(e) === 13))),
  'event-missing-on-platform': planted(() =>
    CLEAN.filter((e) => !(e.platform === 'Web' && e.event_type === 'note saved')),
  ),
  'property-missing-on-platform': planted(() =>
    changed(
      (e) => e.platform === 'Web',
      () => ({ country: null }),
    ),
  ),
  'name-variants': planted(() =>
    changed(
      (e, at) => at % 3 === 0 && e.event_type === 'page viewed',
      () => ({ event_type: 'Page  Viewed' }),
    ),
  ),
  'schema-drift': planted(() =>
    changed(
      (e) => day(e) >= DAYS / 2,
      () => ({ campaign: 'spring' }),
    ),
  ),
  'volume-change': planted(() => [
    ...CLEAN,
    ...CLEAN.filter((e) => day(e) === ODD_DAY).flatMap((e) =>
      [1, 2].map((copy) => ({
        ...eventOf(
          userOf(e) + 100 * copy,
          e.event_type,
          millisOf(e),
          Number(e.session_id) + copy,
          serial++,
        ),
      })),
    ),
  ]),
  'sessions-per-user-change': planted(() => [
    ...CLEAN.filter((e) => !(day(e) === ODD_DAY && userOf(e) >= 30)),
    ...range(30).flatMap((user) =>
      [11, 15, 20].flatMap((at) =>
        visit(user, FIRST_DAY + ODD_DAY * DAY + at * HOUR + user * 7_001),
      ),
    ),
  ]),
  'events-per-session-change': planted(() => [
    ...CLEAN,
    ...starts
      .filter((e) => day(e) === ODD_DAY)
      .flatMap((e) =>
        range(6).map((n) =>
          extra(userOf(e), 'search made', millisOf(e) + 1_000 + n * n * 777, Number(e.session_id)),
        ),
      ),
  ]),
}

describe('a clean export', () => {
  test('passes every rule', async () => {
    const report = await checked(folder.write(CLEAN))
    expect(report.checks.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
    expect(report.verdict).toBe('pass')
    const builtIn = RULES.filter(({ kind }) => kind === 'sql')
    expect(report.counts.pass).toBe(builtIn.length)
  })
})

describe('a planted defect is found by its rule alone', () => {
  test.each(Object.keys(DEFECTS))('%s', async (id) => {
    const defect = DEFECTS[id]
    const report = await checked(folder.write(defect?.events() ?? []), defect?.flags)
    expect(found(report)).toEqual([id])
    const check = report.checks.find((one) => one.id === id)
    expect(check?.examples.length).toBeGreaterThan(0)
    expect(check?.hint).not.toBeNull()
  })

  test('malformed-row', async () => {
    const files = folder.write(CLEAN)
    appendFileSync(files[0] ?? '', '{"amplitude_id": 1000, "event_\n')
    const report = await checked(files)
    expect(found(report)).toEqual(['malformed-row'])
    expect(report.checks[0]?.examples[0]?.file).toBe(files[0])
  })

  test('there is one for every rule', () => {
    const rules = RULES.filter(({ kind }) => kind === 'sql').map(({ id }) => id)
    expect([...Object.keys(DEFECTS), 'malformed-row'].sort()).toEqual(rules.sort())
  })
})

test('heartbeats that are passive already are not told again', async () => {
  const files = folder.write(DEFECTS['heartbeats']?.events() ?? [])
  const report = await checked(files, ['--passive-event', 'heartbeat', '--select', 'heartbeats'])
  expect(report.checks).toMatchObject([{ id: 'heartbeats', verdict: 'pass', found: 0 }])
})

describe('examples', () => {
  test('say the file and the row', async () => {
    const [early = '', late = ''] = folder.write(
      CLEAN.map((e, at) => (at === CLEAN.length - 5 ? { ...e, event_time: 'soon' } : e)).map(
        (e, at) => (at === CLEAN.length - 9 ? { ...e, amplitude_id: 0 } : e),
      ),
    )
    const report = await checked([early, late])
    const at = (id: string) => report.checks.find((check) => check.id === id)?.examples[0]
    // The unreadable time went to the first file, at its end; the user 0 is in the second.
    const inEarly = CLEAN.filter((e) => day(e) < DAYS / 2).length
    expect(at('unreadable-time')).toMatchObject({ file: early, row: inEarly + 1 })
    expect(at('null-like-user')).toMatchObject({
      file: late,
      row: CLEAN.length - 9 - inEarly + 1,
      values: { user: '0' },
    })
  })
})
