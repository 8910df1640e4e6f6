/**
 * What must hold for any input, on generated ones. Each run packs many generated data sets (see
 * `oracle/datasets.ts`); `inputs` counts them, and the last test asserts how many there were.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectSame, records } from './oracle/compare.js'
import { sessionsCsv } from './oracle/csv.js'
import {
  BY_DIMENSIONS,
  DEDUPE,
  DIMENSIONS,
  dataset,
  definition,
  definitionFlags,
  eventsCsv,
  eventsJson,
  eventsNdjson,
  GAPS,
  MAPPING,
  pack,
  shuffled,
} from './oracle/datasets.js'
import { output } from './oracle/run.js'
import { type OracleDefinition, type OracleEvent, sessionize } from './oracle/sessionize.js'
import { writeParquet } from './parquet.js'

let folder = ''
let written = 0
let inputs = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sessionize-properties-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(events: readonly OracleEvent[]): string {
  return writeAs('.csv', eventsCsv(events))
}

function writeAs(extension: string, content: string | Buffer): string {
  const path = join(folder, `${written++}${extension}`)
  writeFileSync(path, content)
  return path
}

/** Typed: the time is a TIMESTAMP. */
async function writeTyped(events: readonly OracleEvent[]): Promise<string> {
  const csvPath = write(events)
  const path = csvPath.replace(/csv$/, 'parquet')
  await writeParquet(
    path,
    `SELECT * REPLACE (CAST(time AS TIMESTAMP) AS time)
      FROM read_csv('${csvPath}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')`,
    ', ROW_GROUP_SIZE 2048',
  )
  return path
}

const sessionsOf = (
  files: readonly string[],
  by: OracleDefinition,
  flags: readonly string[] = [],
): Promise<string> =>
  output([
    'sessions',
    ...files,
    '--format=csv',
    ...MAPPING,
    BY_DIMENSIONS,
    DEDUPE,
    ...definitionFlags(by),
    ...flags,
  ])

function expected(events: readonly OracleEvent[], by: OracleDefinition): string {
  const columns = { dimensions: DIMENSIONS }
  return sessionsCsv(sessionize(events, by, columns).sessions, columns)
}

/** Packs are big and runs are slow: no shrinking, the message above finds the data set instead. */
const assertPacks = async <T extends [unknown, ...unknown[]]>(
  runs: number,
  size: number,
  property: fc.IAsyncProperty<T>,
): Promise<void> => {
  inputs += runs * size
  await fc.assert(property, { numRuns: runs, endOnFailure: true })
}

describe.each(['blocks', 'events'])('the plan by %s', (plan) => {
  test('gives what the oracle gives', async () => {
    await assertPacks(
      8,
      100,
      fc.asyncProperty(pack(100), definition, async (events, by) => {
        const actual = await sessionsOf([write(events)], by, ['--plan', plan])
        expectSame(actual, expected(events, by), events)
      }),
    )
  })

  test('gives what the oracle gives on one data set alone, edges of the data included', async () => {
    await assertPacks(
      25,
      1,
      fc.asyncProperty(dataset(), definition, async (events, by) => {
        const actual = await sessionsOf([write(events)], by, ['--plan', plan])
        expect(actual).toBe(expected(events, by))
      }),
    )
  })
})

test('the order of rows, their spread over files, and threads change nothing', async () => {
  await assertPacks(
    2,
    100,
    fc.asyncProperty(
      pack(100),
      definition,
      fc.integer({ min: 2, max: 5 }),
      async (events, by, parts) => {
        const whole = expected(events, by)
        const other = shuffled(events, parts)
        const files = Array.from({ length: parts }, (_, part) =>
          write(other.filter((_event, i) => i % parts === part)),
        )
        expectSame(await sessionsOf(files, by, ['--threads=2']), whole, events)
        expectSame(await sessionsOf(files.toReversed(), by, ['--threads=1']), whole, events)
        expectSame(await sessionsOf([write(other)], by), whole, events)
      },
    ),
  )
})

test('at a size that is worth sharing out, threads and a memory limit change nothing', async () => {
  await assertPacks(
    1,
    100,
    fc.asyncProperty(pack(100), definition, async (events, by) => {
      // More rows than one row group holds, so that the engine's threads share them.
      const copies = Math.ceil(150_000 / events.length)
      const many = Array.from({ length: copies }, (_, copy) =>
        events.map((event) => ({ ...event, user: `${event.user} ${copy}`, dedupeKey: null })),
      ).flat()
      const file = await writeTyped(shuffled(many))
      const whole = expected(many, by)
      for (const flags of [['--threads=1'], ['--threads=2'], ['--threads=2', '--memory=150MB']]) {
        for (const plan of ['blocks', 'events']) {
          const actual = await sessionsOf([file], by, [...flags, `--plan=${plan}`])
          expect(actual === whole, `${plan} ${flags.join(' ')}`).toBe(true)
        }
      }
    }),
  )
})

test('a wider gap never makes more sessions', async () => {
  await assertPacks(
    1,
    100,
    fc.asyncProperty(
      pack(100),
      fc.constantFrom<OracleDefinition['boundary']>('after', 'at'),
      async (events, boundary) => {
        const file = write(events)
        let before: Map<string, number> | undefined
        for (const gapMicros of [...GAPS].sort((a, b) => (a < b ? -1 : 1))) {
          const counts = new Map<string, number>()
          for (const { user = '' } of records(await sessionsOf([file], { gapMicros, boundary }))) {
            counts.set(user, (counts.get(user) ?? 0) + 1)
          }
          for (const [user, count] of counts) {
            expect(count).toBeLessThanOrEqual(before?.get(user) ?? Number.POSITIVE_INFINITY)
          }
          if (before !== undefined) expect([...counts.keys()]).toEqual([...before.keys()])
          before = counts
        }
      },
    ),
  )
})

test('the format of the files changes nothing', async () => {
  await assertPacks(
    2,
    100,
    fc.asyncProperty(pack(100), definition, async (events, by) => {
      const whole = expected(events, by)
      const files = [
        writeAs('.ndjson', eventsNdjson(events)),
        writeAs('.json', eventsJson(events)),
        writeAs('.csv.gz', gzipSync(eventsCsv(events))),
        await writeTyped(events),
      ]
      for (const file of files) expectSame(await sessionsOf([file], by), whole, events)
      const parts = [0, 1, 2].map((part) => events.filter((_event, i) => i % 3 === part))
      const mixed = [
        writeAs('.json', eventsNdjson(parts[0] ?? [])),
        await writeTyped(parts[1] ?? []),
        write(parts[2] ?? []),
      ]
      expectSame(await sessionsOf(mixed, by), whole, events)
    }),
  )
})

test('typed columns without a bad row or a key give the same by their shorter way', async () => {
  await assertPacks(
    2,
    100,
    fc.asyncProperty(pack(100), definition, async (events, by) => {
      const keyless = events.map((event) => ({ ...event, dedupeKey: null }))
      const whole = expected(keyless, by)
      const file = await writeTyped(keyless)
      for (const plan of ['blocks', 'events']) {
        const flags = ['--dedupe=none', `--plan=${plan}`]
        expectSame(await sessionsOf([file], by, flags), whole, keyless)
      }
    }),
  )
})

test('local times in a zone are the instants that they came from', async () => {
  await assertPacks(
    1,
    100,
    fc.asyncProperty(
      pack(100),
      fc.constantFrom('America/New_York', 'Asia/Kolkata', 'Pacific/Apia', 'Europe/London'),
      async (events, zone) => {
        const by: OracleDefinition = { gapMicros: 1_800_000_000n, boundary: 'after' }
        const keyless = events.map((event) => ({ ...event, dedupeKey: null }))
        const path = write(keyless)
        const local = readFileSync(path, 'utf8').replaceAll(
          /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{6})Z/g,
          (_all, second: string, fraction: string) => localTime(`${second}Z`, zone) + fraction,
        )
        writeFileSync(path, local)
        const actual = await sessionsOf([path], by, [`--timezone=${zone}`])
        expectSame(actual, expected(keyless, by), keyless)
      },
    ),
  )
})

/** The generated days, 28 February to 1 March 2024, see no change of the clock in these zones. */
function localTime(instant: string, timeZone: string): string {
  return new Date(instant).toLocaleString('sv-SE', { timeZone })
}

test('each event that is kept is in exactly one session, and the summary counts them so', async () => {
  await assertPacks(
    1,
    100,
    fc.asyncProperty(pack(100), definition, async (events, by) => {
      const file = write(events)
      const table = records(await sessionsOf([file], by))
      const json = await output([file, '--format=json', ...MAPPING, DEDUPE, ...definitionFlags(by)])
      const summary: { ledger: unknown; overall: unknown } = JSON.parse(json)
      const { sessions, kept, duplicates } = sessionize(events, by)
      const micros = sessions.map((s) => s.endMicros - s.startMicros)
      expect(summary.ledger).toMatchObject({ read: events.length, kept, duplicates })
      expect(summary.overall).toMatchObject({
        sessions: sessions.length,
        users: new Set(sessions.map((s) => s.user)).size,
        events: kept,
        bounces: sessions.filter((s) => s.bounce).length,
        totalSeconds: Number(micros.reduce((sum, length) => sum + length, 0n)) / 1e6,
        length: { maxSeconds: Math.max(...micros.map(Number)) / 1e6 },
        lengthWithoutBounces: { sessions: sessions.filter((s) => !s.bounce).length },
        startCensored: sessions.filter((s) => s.startCensored).length,
        endCensored: sessions.filter((s) => s.endCensored).length,
      })
      expect(table.reduce((sum, s) => sum + Number(s['events']), 0)).toBe(kept)
      table.forEach((session, i) => {
        const before = table[i - 1]
        if (before?.['user'] !== session['user']) return
        expect((before?.['end'] ?? '') < (session['start'] ?? '')).toBe(true)
      })
    }),
  )
})

test('another user leaves the others as they were', async () => {
  await assertPacks(
    1,
    100,
    fc.asyncProperty(pack(100), definition, async (events, by) => {
      const template = events.filter((e) => e.user.startsWith('0000'))
      const another = template.map((e) => ({
        ...e,
        user: `${e.user} again`,
        dedupeKey: e.dedupeKey == null ? null : `${e.dedupeKey} again`,
      }))
      const lines = (text: string): string[] =>
        records(text)
          .filter((record) => !(record['user'] ?? '').endsWith(' again'))
          .map((record) => JSON.stringify(record))
      const alone = await sessionsOf([write(events)], by)
      const together = await sessionsOf([write([...another, ...events])], by)
      expect(lines(together)).toEqual(lines(alone))
      expect(records(together).length).toBeGreaterThan(records(alone).length)
    }),
  )
})

test('that was at least a thousand inputs', () => {
  expect(inputs).toBeGreaterThanOrEqual(1_000)
})
