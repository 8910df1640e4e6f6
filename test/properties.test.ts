/**
 * What must hold for any input, on generated ones. Each run packs many generated data sets (see
 * `oracle/datasets.ts`); `inputs` counts them, and the last test asserts how many there were.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sessionsCsv } from './oracle/csv.js'
import {
  DIMENSIONS,
  dataset,
  definition,
  definitionFlags,
  eventsCsv,
  GAPS,
  MAPPING,
  pack,
  shuffled,
} from './oracle/datasets.js'
import { output } from './oracle/run.js'
import { type OracleDefinition, type OracleEvent, sessionize } from './oracle/sessionize.js'

let folder = ''
let written = 0
let inputs = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sessionize-properties-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(events: readonly OracleEvent[]): string {
  const path = join(folder, `${written++}.csv`)
  writeFileSync(path, eventsCsv(events))
  return path
}

const sessionsOf = (
  files: readonly string[],
  by: OracleDefinition,
  flags: readonly string[] = [],
): Promise<string> =>
  output(['sessions', ...files, '--format=csv', ...MAPPING, ...definitionFlags(by), ...flags])

function expected(events: readonly OracleEvent[], by: OracleDefinition): string {
  return sessionsCsv(sessionize(events, by, DIMENSIONS).sessions, DIMENSIONS)
}

/** One failing data set of a pack says more than a thousand lines of difference. */
function expectSame(actual: string, wanted: string, events: readonly OracleEvent[]): void {
  if (actual === wanted) return
  const [mine, theirs] = [linesByDataset(actual), linesByDataset(wanted)]
  for (const key of new Set([...theirs.keys(), ...mine.keys()])) {
    const input = eventsCsv(events.filter((e) => e.user.startsWith(key)))
    expect(mine.get(key), `data set ${key}\n${input}`).toEqual(theirs.get(key))
  }
  expect(actual).toBe(wanted)
}

function linesByDataset(text: string): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  for (const record of records(text)) {
    const key = (record['user'] ?? '').slice(0, 4)
    lines.set(key, [...(lines.get(key) ?? []), JSON.stringify(record)])
  }
  return lines
}

function records(text: string): Record<string, string>[] {
  return parse(text, { columns: true })
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
      4,
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
      fc.asyncProperty(dataset, definition, async (events, by) => {
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

test('each event that is kept is in exactly one session', async () => {
  await assertPacks(
    1,
    100,
    fc.asyncProperty(pack(100), definition, async (events, by) => {
      const file = write(events)
      const sessions = records(await sessionsOf([file], by))
      const json = await output([file, '--format=json', ...MAPPING, ...definitionFlags(by)])
      const { ledger }: { ledger: { read: number; kept: number; duplicates: number } } =
        JSON.parse(json)
      const { kept, duplicates } = sessionize(events, by)
      expect(ledger).toMatchObject({ read: events.length, kept, duplicates })
      expect(sessions.reduce((sum, s) => sum + Number(s['events']), 0)).toBe(kept)
      sessions.forEach((session, i) => {
        const before = sessions[i - 1]
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
      const another = template.map((e) => ({ ...e, user: `${e.user} again`, dedupeKey: null }))
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
