/**
 * All rules, alone and together, against the oracle: random definitions on packs of random data
 * sets (see `oracle/datasets.ts`), with ties in time that the rules must break.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../src/engines/duckdb.js'
import { writeTable } from '../src/engines/table-file.js'
import { Sql, sql, text } from '../src/sql/sql.js'
import { YEAR_ONE_MICROS } from '../src/units/instant.js'
import { expectSame } from './oracle/compare.js'
import { sessionsCsv } from './oracle/csv.js'
import { BY_DIMENSIONS, DEDUPE, eventsCsv, MAPPING, pack } from './oracle/datasets.js'
import {
  type ColumnSet,
  columnFlags,
  columnSet,
  limitedRuleSet,
  matching,
  type RuleSet,
  ruleSet,
  tiedRuleSet,
} from './oracle/rules.js'
import { output } from './oracle/run.js'
import { type OracleDefinition, type OracleEvent, sessionize } from './oracle/sessionize.js'

const RUNS = Number(process.env['RULE_RUNS'] ?? 60)
const SIZE = 20

let folder = ''
let written = 0
let inputs = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sessionize-rules-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(events: readonly OracleEvent[]): string {
  // The ledger has files in the order of their names.
  const path = join(folder, `${String(written++).padStart(6, '0')}.csv`)
  writeFileSync(path, eventsCsv(events))
  return path
}

function expected(
  events: readonly OracleEvent[],
  definition: OracleDefinition,
  columns: ColumnSet,
): string {
  const { sessions } = sessionize(events, definition, {
    ...columns,
    counts: columns.counts.map((pattern) => matching([pattern])),
    conversions: columns.conversions.map((pattern) => matching([pattern])),
  })
  return sessionsCsv(sessions, {
    ...columns,
    measures: [
      ...columns.sums.map((name) => `sum_${name}`),
      ...columns.counts.map((name) => `count_${name}`),
      ...columns.conversions.map((name) => `has_${name}`),
    ],
  })
}

/** Packs are big: no shrinking, and the difference is told per data set. */
const assertPacks = async <T extends [unknown, ...unknown[]]>(
  runs: number,
  size: number,
  property: fc.IAsyncProperty<T>,
): Promise<void> => {
  inputs += runs * size
  await fc.assert(property, { numRuns: runs, endOnFailure: true })
}

/** Rules that need the order of events leave nothing to the plan. */
const plansOf = ({ flags }: RuleSet): string[] =>
  flags.some((flag) => /^--(cut-on|start-event|end-event|passive-event)=/.test(flag))
    ? ['events']
    : ['blocks', 'events']

async function assertSame(
  events: readonly OracleEvent[],
  rules: RuleSet,
  columns: ColumnSet,
): Promise<void> {
  const file = write(events)
  const whole = expected(events, rules.definition, columns)
  for (const plan of plansOf(rules)) {
    const flags = [...rules.flags, ...columnFlags(columns), `--plan=${plan}`]
    const actual = await output(['sessions', file, '--format=csv', ...MAPPING, DEDUPE, ...flags])
    expectSame(actual, whole, events, flags.join(' '))
  }
}

test('any rules together give what the oracle gives, by blocks and by events', async () => {
  await assertPacks(RUNS, SIZE, fc.asyncProperty(pack(SIZE), ruleSet, columnSet, assertSame))
})

test('so do starts and ends in one instant', async () => {
  await assertPacks(
    RUNS / 2,
    SIZE,
    fc.asyncProperty(pack(SIZE, 14), tiedRuleSet, columnSet, assertSame),
  )
})

test('so do limits with gaps per value and passive events, in longer sessions', async () => {
  await assertPacks(
    RUNS / 2,
    SIZE,
    fc.asyncProperty(pack(SIZE, 30), limitedRuleSet, columnSet, assertSame),
  )
})

test('a session of many pieces is cut in good time', async () => {
  const many = Array.from(
    { length: 20_000 },
    (_, i): OracleEvent => ({
      user: 'u',
      micros: BigInt(i) * 60_000_000n,
      name: i % 3 === 2 ? 'p' : 'a',
    }),
  )
  const args = ['sessions', write(many), '--format=csv', ...MAPPING, '--columns=events,end_reason']
  const table = await output([...args, '--max-events=2', '--passive-event=p'])
  const { sessions } = sessionize(many, {
    gapMicros: 1_800_000_000n,
    boundary: 'after',
    maxEvents: 2,
    isPassive: (name) => name === 'p',
  })
  expect(table).toBe(
    `events,end_reason\n${sessions.map((s) => `${s.events},${s.endReason}\n`).join('')}`,
  )
  expect(sessions.length).toBeGreaterThan(6_000)
})

/** What of the rules goes together with recorded sessions. */
const recordedFlags = ({ flags }: RuleSet): string[] => [
  '--by-recorded',
  ...flags.filter((flag) => /^--(gap=\d|boundary|ignore-event)/.test(flag)),
]

test('recorded sessions are what the export says', async () => {
  await assertPacks(
    4,
    SIZE,
    fc.asyncProperty(pack(SIZE), ruleSet, columnSet, async (events, rules, columns) => {
      const { gapMicros, boundary, isIgnored = () => false } = rules.definition
      const definition: OracleDefinition = { gapMicros, boundary, isIgnored, byRecorded: {} }
      const flags = [...recordedFlags(rules), ...columnFlags(columns)]
      const args = ['sessions', write(events), '--format=csv', ...MAPPING, DEDUPE, ...flags]
      expectSame(await output(args), expected(events, definition, columns), events, flags.join(' '))
    }),
  )
})

test('the printed SQL gives the same over a table of events', async () => {
  await assertPacks(
    10,
    SIZE,
    fc.asyncProperty(pack(SIZE), ruleSet, fc.boolean(), async (events, rules, byRecorded) => {
      const keyless = events.map((event) => ({ ...event, dedupeKey: null }))
      const file = write(keyless)
      const flags = [...(byRecorded ? recordedFlags(rules) : rules.flags), BY_DIMENSIONS]
      const wanted = await output(['sessions', file, '--format=csv', ...MAPPING, ...flags])
      for (const plan of plansOf(rules)) {
        const printed = await output(['sql', ...flags, `--plan=${plan}`])
        expectSame(await runOnTable(printed, file), wanted, keyless, flags.join(' '))
      }
    }),
  )
})

/** Runs a query over a table `events` with the events of a file, and writes it as the program would. */
async function runOnTable(query: string, file: string): Promise<string> {
  const engine = await Engine.open({ tempDirectory: join(folder, 'spill') })
  try {
    await engine.run(sql`CREATE TABLE events AS
      SELECT 0 AS file, user_id AS user, epoch_us(CAST(time AS TIMESTAMPTZ)) + ${YEAR_ONE_MICROS} AS t,
        event AS name, sid AS session, platform, country
      FROM read_csv(${text(file)}, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', new_line = '\\n')`)
    const path = `${file}.sessions`
    await writeTable(engine, new Sql(query), 'csv', path)
    return readFileSync(path, 'utf8')
  } finally {
    engine.close()
  }
}

interface Counts {
  readonly read: number
  readonly kept: number
  readonly duplicates: number
  readonly ignored: number
  readonly outOfSession: number
}

test('the row ledger adds up per file, with passive events that found no session', async () => {
  await assertPacks(
    10,
    SIZE,
    fc.asyncProperty(pack(SIZE), ruleSet, fc.boolean(), async (events, rules, byRecorded) => {
      const parts = [0, 1, 2].map((part) => events.filter((_event, i) => i % 3 === part))
      const { gapMicros, boundary, isIgnored = () => false } = rules.definition
      const definition = byRecorded
        ? { gapMicros, boundary, isIgnored, byRecorded: {} }
        : rules.definition
      const flags = byRecorded ? recordedFlags(rules) : rules.flags
      const json = await output([
        ...parts.map(write),
        '--format=json',
        ...MAPPING,
        DEDUPE,
        ...flags,
      ])
      const { ledger }: { ledger: Counts & { files: Counts[] } } = JSON.parse(json)
      const { kept, duplicates, ignored, outOfSession, keptEvents } = sessionize(
        parts.flat(),
        definition,
      )
      expect(ledger).toMatchObject({ read: events.length, kept, duplicates, ignored, outOfSession })
      const keptOf = parts.map((part) => keptEvents.filter((e) => part.includes(e)).length)
      expect(
        ledger.files.map((file) => file.kept),
        flags.join(' '),
      ).toEqual(keptOf)
      for (const file of ledger.files) {
        expect(file.kept + file.duplicates + file.ignored + file.outOfSession).toBe(file.read)
      }
    }),
  )
})

test('that was at least a thousand inputs', () => {
  expect(inputs).toBeGreaterThanOrEqual(1_000)
})
