/**
 * One suite for all engines. The events are read by the program as always and handed to the engine as
 * a table; there the compiled stages must give the rows that DuckDB gives: the same ids, times to the
 * microsecond, lengths to the last digit.
 *
 * It takes every golden case that has sessions, and drawn definitions with any rules together on
 * generated data, by blocks and by events.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Command } from 'commander'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addOptions } from '../../src/cli/command.js'
import type { Dialect } from '../../src/dialects/dialect.js'
import { duckdb } from '../../src/dialects/duckdb.js'
import { Engine } from '../../src/engines/duckdb.js'
import { withDataset } from '../../src/events/dataset.js'
import { type Asked, read, readingOf } from '../../src/library/ask.js'
import { tableOf } from '../../src/library/segments.js'
import { neededProperties, planSessions } from '../../src/sessions/build.js'
import { chooseColumns, compileSessions } from '../../src/sessions/compile.js'
import type { Dataset } from '../../src/sessions/dataset.js'
import { eventRules } from '../../src/sessions/definition.js'
import type { BuildOptions, SessionRequest } from '../../src/sessions/request.js'
import { identifier, join as joined, raw, render, Sql, sql, text } from '../../src/sql/sql.js'
import { YEAR_ONE_MICROS } from '../../src/units/instant.js'
import { type PrintedStage, sessionSql, tableRequest } from '../../src/warehouse/print.js'
import { CASES, readCase } from '../cases.js'
import { DEDUPE, eventsCsv, MAPPING, pack } from '../oracle/datasets.js'
import { columnFlags, columnSet, limitedRuleSet, ruleSet } from '../oracle/rules.js'

export interface EventColumn {
  readonly name: string
  /** `t` is an integer of 64 bits, all others are text or NULL. */
  readonly type: 'integer' | 'text'
}

export type EngineRow = Readonly<Record<string, unknown>>

export interface TestedEngine {
  readonly dialect: Dialect
  /** Replaces the table `events` by the rows of a Parquet file. */
  load(parquet: string, columns: readonly EventColumn[]): Promise<void>
  /**
   * All rows of a query, in its order. Integers and floating-point numbers may come as number, bigint
   * or text; booleans as boolean, 0 and 1, or text; lists of text as an array or as JSON.
   */
  query(statement: string): Promise<readonly EngineRow[]>
  close(): Promise<void>
}

/** How many definitions are drawn, of all rules and again of limits. */
const DRAWN = Number(process.env['ENGINE_RULE_RUNS'] ?? 12)

/** Engines take seconds for what is here; a machine that does much besides takes them many times as long. */
const PATIENCE_MILLIS = 1_200_000

const SEED = 20_240_229

const caseNames = readdirSync(CASES)
  .sort()
  .filter((name) => existsSync(join(CASES, name, 'expected.csv')))

/** Defines the tests of one engine; `open` is called once. */
export function runGoldenCasesOn(engineName: string, open: () => Promise<TestedEngine>): void {
  describe(engineName, () => {
    let engine: TestedEngine
    let folder = ''
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'sessionize-engine-'))
      engine = await open()
    }, 300_000)
    afterAll(async () => {
      await engine?.close()
      rmSync(folder, { recursive: true, force: true })
    }, 60_000)

    test('there are cases', () => expect(caseNames.length).toBeGreaterThan(60))

    test.each(caseNames)('case %s', { timeout: PATIENCE_MILLIS }, async (name) => {
      const { args, paths, stdin } = readCase(name)
      const { build, flags } = parse(args)
      await withDataset(paths, reading(flags, build, stdin), async (dataset) => {
        const request = await planSessions(dataset.engine, dataset.events, build)
        await loadInto(engine, dataset, folder)
        await expectAsDuckdb(engine, dataset.engine, request, args.join(' '))
      })
    })

    test.each(PRINTED.map((flags) => [flags.join(' '), flags] as const))(
      'as `sessionize sql` prints it: %s',
      { timeout: PATIENCE_MILLIS },
      async (_title, flags) => {
        const all = parse([...MAPPING, '--by=platform,amount', ...flags])
        await withDataset([drawnFile(folder)], reading(all.flags, all.build), async (dataset) => {
          const path = join(folder, 'own.parquet')
          await dataset.engine.run(sql`COPY (SELECT ${OWN_COLUMNS} FROM (
          SELECT *, ${joined(dataset.events.dimensions.map(({ name, column }) => sql`${identifier(column)} AS ${identifier(`own_${name}`)}`))}
          FROM events
        ) AS e) TO ${text(path)} (FORMAT parquet)`)
          await engine.load(path, OWN_TABLE)
          await expectPrinted(engine, dataset, path, all.build)
        })
      },
    )

    test('drawn definitions, over the table alone', { timeout: 6 * PATIENCE_MILLIS }, async () => {
      const seed = { seed: SEED, numRuns: DRAWN }
      const drawn = [...fc.sample(ruleSet, seed), ...fc.sample(limitedRuleSet, seed)]
      const columns = fc.sample(columnSet, { ...seed, numRuns: drawn.length })
      const all = parse([...MAPPING, DEDUPE, '--by=platform,country,amount'])
      await withDataset([drawnFile(folder)], reading(all.flags, all.build), async (dataset) => {
        await loadInto(engine, dataset, folder)
        for (const [i, rules] of drawn.entries()) {
          const set = columns[i]
          const flags = [...rules.flags, ...(set === undefined ? [] : columnFlags(set))]
          const { build } = parse(flags)
          const byEvent = eventRules(build.definition).length > 0
          for (const plan of byEvent ? (['events'] as const) : (['blocks', 'events'] as const)) {
            const request = tableRequest({ ...build, plan }, columnIn(dataset))
            await expectAsDuckdb(engine, dataset.engine, request, `${flags.join(' ')} by ${plan}`)
          }
        }
      })
    })
  })
}

/** A table that is not shaped as `events`, with a column whose name needs quotes. */
const OWN_TABLE: readonly EventColumn[] = [
  { name: 'uid', type: 'text' },
  { name: 'at', type: 'integer' },
  { name: 'what', type: 'text' },
  { name: 'sid', type: 'text' },
  { name: 'platform', type: 'text' },
  { name: 'Amount, paid', type: 'text' },
]

const OWN_COLUMNS = joined([
  sql`"user" AS uid`,
  sql`t - ${YEAR_ONE_MICROS} AS at`,
  sql`name AS what`,
  sql`session AS sid`,
  sql`own_platform AS platform`,
  sql`own_amount AS ${identifier('Amount, paid')}`,
])

const PRINTED: readonly (readonly string[])[] = [
  ['--gap=30m'],
  ['--gap=10m', '--boundary=at', '--cut-at-midnight=America/New_York', '--gap=platform=web:5m'],
  ['--max-events=3', '--max-length=12m', '--passive-event=vie*', '--ignore-event=9'],
  ['--by-recorded'],
]

const PRINTED_COLUMNS = [
  ...['user', 'session_id', 'session_number', 'length_seconds', 'events', 'distinct_events'],
  ...['first_event', 'last_event', 'platform', 'bounce', 'seconds_since_previous', 'end_reason'],
  ...['recorded_session_ids', 'start_censored', 'end_censored'],
]

/** The session table as the program makes it, blocks and summary as DuckDB makes them of the text. */
async function expectPrinted(
  engine: TestedEngine,
  dataset: Dataset,
  parquet: string,
  build: BuildOptions,
): Promise<void> {
  const amount = 'Amount, paid'
  const printed = (dialect: Dialect, stage: PrintedStage): string =>
    sessionSql({
      ...build,
      dimensions: ['platform', amount],
      dialect,
      stage,
      ...(stage === 'sessions' ? { columns: [...PRINTED_COLUMNS, amount] } : {}),
      source: {
        table: 'events',
        user: ['uid'],
        time: 'at',
        unit: 'us',
        event: 'what',
        session: 'sid',
      },
    })
  const request = await planSessions(dataset.engine, dataset.events, build)
  const columns = [...PRINTED_COLUMNS, 'amount']
  const sessions = await dataset.engine.rows<EngineRow>(compileSessions(request, columns, duckdb))
  await expectRows(
    engine,
    printed(engine.dialect, 'sessions'),
    sessions.map(({ amount: value, ...row }) => ({ ...row, [amount]: value })),
    'sessions',
  )
  const local = await Engine.open({ tempDirectory: `${parquet}.spill` })
  try {
    await local.run(sql`CREATE TABLE events AS FROM read_parquet(${text(parquet)})`)
    const grouped = eventRules(build.definition).length === 0 && build.definition.recorded !== true
    for (const stage of grouped ? (['blocks', 'summary'] as const) : (['summary'] as const)) {
      const rows = await local.rows<EngineRow>(new Sql(printed(duckdb, stage)))
      await expectRows(engine, printed(engine.dialect, stage), rows, stage)
    }
  } finally {
    local.close()
  }
}

async function expectRows(
  engine: TestedEngine,
  statement: string,
  expected: readonly EngineRow[],
  told: string,
): Promise<void> {
  const rows = await engine.query(statement).catch((error: unknown) => {
    throw new Error(`${told}\n${String(error)}\n${statement}`)
  })
  const actual = rows.map((row, i) => unordered(as(expected[i], row)))
  expect(actual, `${told}\n${statement}`).toEqual(expected.map((row) => unordered(plain(row))))
}

/** Sets of blocks come in any order, and quantiles are interpolated with other roundings. */
const unordered = (row: EngineRow): EngineRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (Array.isArray(value)) return [name, value.toSorted()]
      return [name, typeof value === 'number' && /^p\d/.test(name) ? value.toPrecision(12) : value]
    }),
  )

/** Generated events, the same for all engines. */
function drawnFile(folder: string): string {
  const path = join(folder, 'drawn.csv')
  const [events = []] = fc.sample(pack(20, 14), { seed: SEED, numRuns: 1 })
  writeFileSync(path, eventsCsv(events))
  return path
}

/** The flags of `sessionize sessions` as the library's options. */
function parse(args: readonly string[]): { flags: Asked<'sessions'>; build: BuildOptions } {
  const command = addOptions('sessions', new Command().exitOverride()).option('--format <format>')
  const { format: _, ...flags } = command
    .parse(args, { from: 'user' })
    .opts<Asked<'sessions'> & { format?: string }>()
  return { flags, build: tableOf(read('sessions', flags)) }
}

function reading(flags: Asked<'sessions'>, build: BuildOptions, stdin?: Buffer) {
  const { options, definition, surroundings } = read('sessions', {
    ...flags,
    stdin: Readable.from(stdin === undefined ? [] : [stdin]),
  })
  return readingOf(options, definition, surroundings, { properties: neededProperties(build) })
}

const columnIn =
  ({ events }: Dataset) =>
  (property: string): string =>
    events.dimensions.find(({ name }) => name === property)?.column ?? property

async function loadInto(engine: TestedEngine, dataset: Dataset, folder: string): Promise<void> {
  const columns: EventColumn[] = [
    { name: 'file', type: 'integer' },
    { name: 'user', type: 'text' },
    { name: 't', type: 'integer' },
    { name: 'name', type: 'text' },
    { name: 'session', type: 'text' },
    ...dataset.events.dimensions.map(({ column }) => ({ name: column, type: 'text' as const })),
  ]
  const types = { integer: raw('BIGINT'), text: raw('VARCHAR') }
  const select = columns.map(
    ({ name, type }) => sql`CAST(${identifier(name)} AS ${types[type]}) AS ${identifier(name)}`,
  )
  const path = join(folder, 'events.parquet')
  await dataset.engine.run(
    sql`COPY (SELECT ${joined(select)} FROM events) TO ${text(path)} (FORMAT parquet)`,
  )
  await engine.load(path, columns)
}

async function expectAsDuckdb(
  engine: TestedEngine,
  local: Engine,
  request: SessionRequest,
  told: string,
): Promise<void> {
  const expected = await local.rows<EngineRow>(comparable(request, duckdb))
  const query = comparable(request, engine.dialect)
  const statement = render(engine.dialect.statement(query), engine.dialect)
  await expectRows(engine, statement, expected, told)
}

/**
 * Instants as text of whole microseconds, in the same order in all engines. Columns go by their
 * places: not every engine tells names apart that differ in case.
 */
function comparable(request: SessionRequest, dialect: Dialect): Sql {
  const columns = chooseColumns(request, undefined)
  const place = (name: string): Sql => raw(`c${columns.indexOf(name)}`)
  const select = columns.map((name) =>
    name === 'start' || name === 'end'
      ? sql`${dialect.asText(dialect.epochMicros(place(name)))} AS ${identifier(name)}`
      : place(name),
  )
  const table = compileSessions(request, columns, dialect)
  return sql`SELECT ${joined(select)}
FROM (
${table}
) AS s(${joined(columns.map(place))})
ORDER BY ${dialect.bytewise(sql`s.${place('user')}`)}, s.${place('session_number')}`
}

/** A row of the engine in the types that DuckDB's row has. */
function as(expected: EngineRow | undefined, row: EngineRow): EngineRow {
  return Object.fromEntries(
    Object.keys(expected ?? row).map((name) => [
      name,
      valueAs(plainValue(expected?.[name]), row[name]),
    ]),
  )
}

function valueAs(like: unknown, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (typeof like === 'number') return Number(value)
  if (typeof like === 'boolean') return [true, 1, 1n, '1', 't', 'true'].includes(value as never)
  if (Array.isArray(like)) return typeof value === 'string' ? JSON.parse(value) : [...(value as [])]
  return typeof value === 'bigint' ? Number(value) : value
}

const plain = (row: EngineRow): EngineRow =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainValue(value)]))

const plainValue = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value)
