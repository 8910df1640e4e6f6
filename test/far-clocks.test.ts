/**
 * Clocks that are far off: their events are in sessions, and charts, censoring and checks go by the
 * rest. Every way of computing sessions says what the oracle says, in any order of rows and files.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectSame } from './oracle/compare.js'
import { sessionsCsv } from './oracle/csv.js'
import { eventsCsv, MAPPING, pack, shuffled } from './oracle/datasets.js'
import { matching } from './oracle/rules.js'
import { output, run } from './oracle/run.js'
import { type OracleDefinition, type OracleEvent, sessionize } from './oracle/sessionize.js'
import { writeParquet } from './parquet.js'

let folder = ''
let written = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sessionize-far-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(events: readonly OracleEvent[]): string {
  const path = join(folder, `${written++}.csv`)
  writeFileSync(path, eventsCsv(events))
  return path
}

async function writeTyped(events: readonly OracleEvent[]): Promise<string> {
  const path = join(folder, `${written++}.parquet`)
  await writeParquet(
    path,
    `SELECT * REPLACE (CAST(time AS TIMESTAMP) AS time)
      FROM read_csv('${write(events)}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')`,
    ', ROW_GROUP_SIZE 2048',
  )
  return path
}

const MINUTE = 60_000_000n
const micros = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000n

/** Some two thousand events of two days, of which `times` get another time. */
function planted(times: readonly string[]): OracleEvent[] {
  const [events = []] = fc.sample(pack(220), { numRuns: 1, seed: 42 })
  // Each second row is moved: of one user several, of others those at the edges of the data.
  const places = new Map(times.map((time, i) => [2 * i + 40 * (i % 2), micros(time)]))
  return events.map((event, i) => ({
    ...event,
    dedupeKey: null,
    micros: places.get(i) ?? event.micros,
  }))
}

const WORLDS: Readonly<Record<string, readonly string[]>> = {
  1970: ['1970-01-01T00:00:00Z'],
  2099: ['2099-12-31T23:59:59Z', '2099-12-31T23:59:59Z', '2099-12-31T00:00:00Z'],
  'several, on both sides': [
    ...['1970-01-01T00:00:00Z', '1980-01-06T00:00:00Z', '2001-09-09T01:46:40Z'],
    ...['2025-02-28T09:00:00Z', '2038-01-19T03:14:07Z', '2099-01-01T00:00:00Z'],
    ...['2023-02-28T00:00:00Z', '9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z'],
  ],
}

const THIRTY: OracleDefinition = { gapMicros: 30n * MINUTE, boundary: 'after' }
const RULES: readonly (readonly [string, OracleDefinition, readonly string[]])[] = [
  ['one gap', THIRTY, []],
  ['a gap that closes at', { ...THIRTY, boundary: 'at' }, ['--boundary=at']],
  [
    'gaps per value',
    { ...THIRTY, gaps: [{ property: 'platform', value: 'ios', gapMicros: 5n * MINUTE }] },
    ['--gap=platform=ios:5m'],
  ],
  ['midnight', { ...THIRTY, midnightZone: 'Europe/Berlin' }, ['--cut-at-midnight=Europe/Berlin']],
  ['a limit', { ...THIRTY, maxEvents: 3 }, ['--max-events=3']],
  [
    'starts, ends and passive events',
    { ...THIRTY, isStart: matching(['a']), isEnd: matching(['b']), isPassive: matching(['view*']) },
    ['--start-event=a', '--end-event=b', '--passive-event=view*'],
  ],
  ['recorded ids', { ...THIRTY, byRecorded: {} }, ['--by-recorded']],
]

const sessionsOf = (files: readonly string[], flags: readonly string[]): Promise<string> =>
  output(['sessions', ...files, '--format=csv', ...MAPPING, '--dedupe=none', ...flags])

describe.each(Object.entries(WORLDS))('%s', (_, times) => {
  const events = planted(times)
  const mixed = shuffled(events, 7)

  test.each(RULES)('by %s, from text and from typed columns', async (_, by, flags) => {
    const wanted = sessionize(events, by).sessions
    expect(wanted.some((one) => one.startCensored)).toBe(true)
    expect(wanted.some((one) => one.endCensored)).toBe(true)
    const byEvent = flags.some((flag) => /event=|recorded/.test(flag))
    const parts = [0, 1, 2].map((part) => write(mixed.filter((_, i) => i % 3 === part)))
    const plans = byEvent ? ['events', 'events'] : ['blocks', 'events']
    for (const [i, files] of [parts, [await writeTyped(mixed)]].entries()) {
      const table = await sessionsOf(files, [...flags, `--plan=${plans[i]}`])
      expectSame(table, sessionsCsv(wanted), events, String(files))
    }
  })

  test('as a state in portions, whichever holds the far ones', async () => {
    const far = new Set(times.map(micros))
    const rest = events.filter((event) => !far.has(event.micros))
    const portions = [
      rest.filter((_, i) => i % 2 === 0),
      events.filter((event) => far.has(event.micros)),
      rest.filter((_, i) => i % 2 === 1),
    ]
    const state = `--state=${join(folder, `state-${written++}`)}`
    for (const portion of portions) await sessionsOf([write(portion)], [state])
    expectSame(
      await sessionsOf([], [state]),
      sessionsCsv(sessionize(events, THIRTY).sessions),
      events,
    )
  })
})

describe('answers', () => {
  const [EARLY, LATE] = ['1970-01-01T00:00:00.000Z', '2099-01-01T00:00:00.000Z']
  const FAR = {
    before: 1,
    after: 2,
    firstEvent: '1970-01-01T00:00:00.000000Z',
    lastEvent: '2099-01-01T00:00:00.000000Z',
  }
  let clean = ''
  let off = ''
  const json = async (...argv: readonly string[]) =>
    JSON.parse(await output([...argv, '--format=json']))

  beforeAll(async () => {
    clean = join(folder, 'clean.csv')
    off = join(folder, 'off.csv')
    await run(['generate', '--events=3k', '--days=12', '-o', clean])
    const text = readFileSync(clean, 'utf8')
    // Of users of their own, so that all else is as it was.
    const dated = (user: string, time: string): string =>
      `${user},${time},Page Viewed,Web,,,${user}-1,,\n`
    const more = [dated('far1', EARLY), dated('far2', LATE), dated('far3', LATE)]
    writeFileSync(off, text + more.join(''))
  })

  test.each(['summary', 'trend', 'gap', 'check', 'users', 'audit'])(
    '%s says the span of the others, and what is far from them',
    async (command) => {
      const there = (await run([command, clean, '--format=json'])).stdout
      const { firstEvent, lastEvent, farEvents } = JSON.parse(there)
      expect(farEvents).toBe(null)
      const answer = JSON.parse((await run([command, off, '--format=json'])).stdout)
      expect(answer).toMatchObject({ firstEvent, lastEvent, farEvents: FAR })
      if (command === 'users') return
      for (const format of ['terminal', 'markdown']) {
        const text = (await run([command, off, `--format=${format}`])).stdout.replaceAll(
          /\s+/g,
          ' ',
        )
        expect(text).toContain(
          '3 events far from the rest are in sessions, but not in the span of the data: 1 before it, at 1970-01-01 00:00:00, and 2 after it, up to 2099-01-01 00:00:00 UTC',
        )
      }
    },
  )

  test.each(['sessions', 'events', 'users', 'query'])(
    '%s says it beside its table',
    async (command) => {
      const words = command === 'query' ? ['SELECT count(*) FROM sessions'] : []
      const asked = (file: string) => run([command, ...words, file, '--format=csv'])
      expect((await asked(off)).stderr).toContain(
        'note: 3 events far from the rest are in sessions',
      )
      expect((await asked(clean)).stderr).not.toContain('far from the rest')
    },
  )

  test('compare says it of both sides', async () => {
    const answer = await json('compare', off, `--baseline=${off}`)
    expect(answer).toMatchObject({ farEvents: FAR, baseline: { farEvents: FAR } })
  })

  test.each(['hour', 'day', 'week', 'month', 'hour-of-week'])(
    'trend per %s is that of the others',
    async (per) => {
      const [there, here] = [
        await json('trend', clean, `--per=${per}`),
        await json('trend', off, `--per=${per}`),
      ]
      expect(here.series).toEqual(there.series)
    },
  )

  test('check finds no missing days in the years between, and says what it is of', async () => {
    const of = async (file: string) => {
      const { checks } = JSON.parse((await run(['check', file, '--format=json'])).stdout)
      return (ids: readonly string[]) =>
        checks
          .filter(({ id }: { readonly id: string }) => ids.includes(id))
          .map(({ id, verdict, value }: Record<string, unknown>) => [id, verdict, value])
    }
    const [there, here] = [await of(clean), await of(off)]
    const ids = ['missing-days', 'missing-hours', 'volume-change', 'sessions-per-user-change']
    expect(here(ids)).toEqual(there(ids))
    expect(here(ids)).toHaveLength(4)
    expect(here(['pre-epoch-time', 'future-time'])).toEqual([
      ['pre-epoch-time', 'warn', expect.any(Number)],
      ['future-time', 'warn', expect.any(Number)],
    ])
  })

  test('a baseline is of the span', async () => {
    const of = async (file: string): Promise<unknown> => {
      const path = join(folder, `baseline-${written++}.json`)
      await run(['check', file, `--save-baseline=${path}`])
      const { firstEvent, lastEvent, days } = JSON.parse(readFileSync(path, 'utf8'))
      return { firstEvent, lastEvent, days }
    }
    expect(await of(off)).toEqual(await of(clean))
  })

  test('report draws the time of the others', async () => {
    const pages = [clean, off].map((file) => `${file}.html`)
    const [there = '', here = ''] = pages
    await output(['report', clean, '-o', there])
    await output(['report', off, '-o', here])
    const charts = (path: string): string[] => {
      const svgs = readFileSync(path, 'utf8').match(/<svg.*?<\/svg>/gs) ?? []
      return svgs.filter(
        (svg) => svg.includes('Sessions per day') || svg.includes('hour of the week'),
      )
    }
    expect(charts(here)).toHaveLength(2)
    expect(charts(here)).toEqual(charts(there))
    expect(readFileSync(here, 'utf8')).toContain('3 events far from the rest are in sessions')
  })

  test('what --from and --to leave out is not far, it is not there', async () => {
    const { farEvents } = await json('summary', off, '--from=2000-01-01')
    expect(farEvents).toEqual({ ...FAR, before: 0, firstEvent: expect.stringMatching(/^2024/) })
    expect((await json('summary', off, '--from=2000-01-01', '--to=2030-01-01')).farEvents).toBe(
      null,
    )
  })

  test('of few events, and of honest pauses, none is far', async () => {
    const few = join(folder, 'few.csv')
    const lines = readFileSync(off, 'utf8').trimEnd().split('\n')
    writeFileSync(few, `${[lines[0], ...lines.slice(-998)].join('\n')}\n`)
    expect(await json('summary', few)).toMatchObject({
      firstEvent: FAR.firstEvent,
      farEvents: null,
    })
    const year = (n: number): string =>
      new Date(Date.UTC(2010, 0, 1) + n * 40 * 86_400_000).toISOString()
    const sparse = join(folder, 'sparse.csv')
    const times = Array.from({ length: 100 }, (_, i) => year(i))
    const rows = times.flatMap((time) => Array.from({ length: 12 }, (_, i) => `u${i},${time},a`))
    // Every pause is 40 days, and only one that is twice as long parts.
    writeFileSync(sparse, `user_id,time,event\n${rows.join('\n')}\nu1,${year(-1.9)},a\n`)
    expect((await json('summary', sparse)).farEvents).toBe(null)
    writeFileSync(sparse, `user_id,time,event\n${rows.join('\n')}\nu1,${year(-2.1)},a\n`)
    expect((await json('summary', sparse)).farEvents).toMatchObject({ before: 1, after: 0 })
  })
})
