/**
 * Sets of names and recorded ids, in every form in which they can be carried: as lists, as bits, and
 * as rows. The answer is the same; only lists need memory in proportion to the data.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { duckdb } from '../src/dialects/duckdb.js'
import { Engine } from '../src/engines/duckdb.js'
import { sessionTable } from '../src/sessions/build.js'
import { compileSessions } from '../src/sessions/compile.js'
import { DEFAULT_DEFINITION, type SessionDefinition } from '../src/sessions/definition.js'
import type { SetForms } from '../src/sessions/plan.js'
import type { SessionRequest } from '../src/sessions/request.js'
import { nameForm } from '../src/sessions/sets.js'
import { raw, sql } from '../src/sql/sql.js'
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../src/units/time.js'

const YEAR_2024 = 63_839_750_400_000_000n

let folder = ''
let engine: Engine
beforeAll(async () => {
  folder = mkdtempSync(`${tmpdir()}/sets-`)
  engine = await Engine.open({ tempDirectory: folder })
})
afterAll(() => {
  engine.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Events that crowd and tie in time, of few users, with and without a name and a recorded id. */
async function makeEvents(names: number): Promise<void> {
  const pick = (salt: number, of: number) => sql`CAST(hash(i, ${salt}) % ${of} AS BIGINT)`
  await engine.run(sql`CREATE OR REPLACE TABLE events AS
    SELECT CAST(0 AS INTEGER) AS file, i AS id, 'user-' || ${pick(1, 7)} AS "user",
      ${YEAR_2024} + ${pick(2, 1200)} * ${10 * MICROS_PER_MINUTE} + (${pick(3, 4)} * ${MICROS_PER_MINUTE}) AS t,
      CASE WHEN ${pick(4, 9)} > 0 THEN 'name ' || ${pick(5, names)} END AS name,
      CASE WHEN ${pick(6, 5)} > 0 THEN 'a rather long recorded id ' || ${pick(7, 3000)} END AS session,
      'p' || ${pick(8, 2)} AS d0
    FROM range(3000) AS numbers(i)`)
}

const request = (
  definition: SessionDefinition,
  plan: 'blocks' | 'events',
  sets?: SetForms,
): SessionRequest => ({
  definition,
  plan,
  from: { kind: 'files', dictionaryColumns: new Set(), ...(sets === undefined ? {} : { sets }) },
  edges: {
    first: raw('(SELECT min(t) FROM events)'),
    last: raw('(SELECT max(t) FROM events)'),
  },
  dimensions: [{ name: 'platform', column: 'd0' }],
  properties: [],
  measures: [{ name: 'count_all', value: sql`1`, as: 'integer' }],
  ruleColumns: { platform: 'd0' },
  unrecorded: false,
})

/** As reading files for recorded sessions leaves them. */
async function leaveEventsOf({ recorded }: SessionDefinition): Promise<void> {
  if (recorded === true) await engine.run(sql`DELETE FROM events WHERE session IS NULL`)
}

const COLUMNS = [
  ...['user', 'start', 'end', 'events', 'seconds_since_previous', 'end_reason', 'platform'],
  ...['distinct_events', 'recorded_session_ids', 'first_event', 'last_event', 'count_all'],
]

const DEFINITIONS: Readonly<Record<string, SessionDefinition>> = {
  'a gap': DEFAULT_DEFINITION,
  'a gap that ends at its time': { ...DEFAULT_DEFINITION, boundary: 'at' },
  'gaps per value': {
    ...DEFAULT_DEFINITION,
    gaps: [{ property: 'platform', value: 'p1', gapMicros: 5 * MICROS_PER_MINUTE }],
  },
  midnight: { ...DEFAULT_DEFINITION, midnightZone: 'Europe/Berlin' },
  'gaps per value, and midnight': {
    ...DEFAULT_DEFINITION,
    gaps: [{ property: 'platform', value: 'p1', gapMicros: 45 * MICROS_PER_MINUTE }],
    midnightZone: 'Asia/Kolkata',
  },
  'at most five events': { ...DEFAULT_DEFINITION, maxEvents: 5 },
  'at most an hour, and midnight': {
    ...DEFAULT_DEFINITION,
    maxLengthMicros: MICROS_PER_HOUR,
    midnightZone: 'UTC',
  },
  'an end event': { ...DEFAULT_DEFINITION, endEvents: ['name 1*'] },
  'passive events, and at most eight': {
    ...DEFAULT_DEFINITION,
    passiveEvents: ['name 2*'],
    maxEvents: 8,
  },
  recorded: { ...DEFAULT_DEFINITION, recorded: true },
}

/** Codes for names and for no name; 63 fit one integer. */
test.for([62, 63, 1100])('%i names', async (names) => {
  await makeEvents(names)
  const bits = nameForm({ codes: names + 1, unnamed: true })
  expect(bits === 'rows').toBe(names === 1100)
  for (const [title, definition] of Object.entries(DEFINITIONS)) {
    const rows = async (plan: 'blocks' | 'events', sets: SetForms | undefined): Promise<object[]> =>
      engine.rows(compileSessions(request(definition, plan, sets), COLUMNS, duckdb))
    await leaveEventsOf(definition)
    const lists = await rows('events', undefined)
    expect(lists.length, title).toBeGreaterThan(20)
    for (const plan of ['blocks', 'events'] as const) {
      for (const form of [bits, 'rows'] as const) {
        const found = await rows(plan, { names: form, recorded: 'rows' })
        expect(found, `${title}, ${plan}, ${form === 'rows' ? 'rows' : 'bits'}`).toEqual(lists)
      }
    }
  }
})

test('in the session table no aggregate grows with what it has seen', async () => {
  await makeEvents(30)
  for (const [title, definition] of Object.entries(DEFINITIONS)) {
    await leaveEventsOf(definition)
    for (const plan of ['blocks', 'events'] as const) {
      const { text } = await sessionTable(engine, request(definition, plan))
      // A list, or a list of lists, is an aggregate only where no window follows.
      expect(text.match(/(list|array_agg)\([^()]*\)(?! OVER)/g) ?? [], title).toEqual([])
    }
  }
})
