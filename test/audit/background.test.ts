import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Background } from '../../src/analysis/background/background.js'
import { generate } from '../../src/generate/generate.js'
import { output } from '../oracle/run.js'
import { auditOf, type RecordedEvent, write } from './recorded.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-background-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let written = 0
const at = (name: string): string => join(folder, name)

const backgroundOf = async (path: string, flags: readonly string[] = []): Promise<Background> =>
  (await auditOf(path, ['--background', ...flags])).background

const planted = (events: readonly RecordedEvent[], flags: readonly string[] = []) =>
  backgroundOf(write(at(`${written++}.csv`), events), flags)

/** The same uneven pauses every time, from a few seconds to some minutes. */
function visit(user: string, from: number, events: number, seed: number): RecordedEvent[] {
  let now = from
  let state = seed
  return Array.from({ length: events }, () => {
    state = (state * 48_271) % 2_147_483_647
    now += 1 + 300 * (state / 2_147_483_647) ** 3
    return { user, at: now, session: null, name: state % 3 === 0 ? 'view' : 'click' }
  })
}

const people = Array.from({ length: 20 }, (_, i) => [
  ...visit(`u${i}`, i * 500, 40, i + 1),
  ...visit(`u${i}`, 40_000 + i * 500, 40, i + 100),
]).flat()

describe('a planted heartbeat', () => {
  const beats = Array.from({ length: 5 }, (_, i) =>
    Array.from({ length: 300 }, (_, beat) => ({
      user: `u${i}`,
      // A second late now and then, as timers are.
      at: i * 500 + beat * 45 + (beat % 4 === 0 ? 1 : 0),
      session: null,
      name: 'keep, alive',
    })),
  ).flat()

  test('is found with its period, its users and its effect', async () => {
    const found = await planted([...people, ...beats])
    expect(found.events).toHaveLength(1)
    expect(found.events[0]).toMatchObject({
      name: 'keep, alive',
      events: 1_500,
      users: 5,
      keepsAlive: true,
      flag: "--passive-event 'keep* alive'",
      rhythm: { measuredUsers: 5, regularUsers: 5 },
    })
    expect(found.events[0]?.rhythm?.periodSeconds).toBeCloseTo(45, 0)
    expect(found.without?.lengths.meanSeconds).toBeLessThan(found.lengths.meanSeconds ?? 0)
  })

  test('is gone, with the promised effect, once the suggestion is followed', async () => {
    const before = await planted([...people, ...beats])
    const after = await planted([...people, ...beats], ['--passive-event', 'keep* alive'])
    expect(after.events).toEqual([])
    expect(after.lengths).toEqual(before.without?.lengths)
  })
})

test('people alone raise no alarm, even with times rounded to seconds', async () => {
  expect((await planted(people)).events).toEqual([])
  const rounded = people.map((event) => ({ ...event, at: Math.round(event.at) }))
  expect((await planted(rounded)).events).toEqual([])
  expect((await planted(people)).roundTheClock.users).toBe(0)
})

test('one event that fills long sessions is found by its place, without a rhythm', async () => {
  const [first] = visit('night', 0, 1, 3)
  const tail = visit('night', 100, 400, 77).map((event) => ({ ...event, name: 'sync' }))
  const found = await planted([...people, ...(first === undefined ? [] : [first]), ...tail])
  expect(found.events).toMatchObject([{ name: 'sync', rhythm: null, keepsAlive: true }])
  expect(found.events[0]?.tail?.share).toBeGreaterThan(0.5)
})

test('a user who never sleeps is found', async () => {
  const robot = Array.from({ length: 4 * 24 * 2 }, (_, i) => ({
    user: 'robot',
    at: i * 1_800 + 600 * ((i * 5) % 3),
    session: null,
    name: 'poll',
  }))
  const { roundTheClock } = await planted([...people, ...robot])
  expect(roundTheClock).toMatchObject({
    users: 1,
    examples: [{ user: 'robot', days: 4, commonestEvent: 'poll' }],
  })
  expect(roundTheClock.timeShare).toBeGreaterThan(0.3)
})

test('data of one event name, or of none, is no finding', async () => {
  const one = people.map((event) => ({ ...event, name: 'request' }))
  expect((await planted(one)).events).toEqual([])
  expect((await planted(people, ['--event', 'seconds'])).events).toEqual([])
})

describe('generated data', () => {
  beforeAll(async () => {
    await generate({ events: 40_000, seed: 5, heartbeatShare: 0.1 }, { path: at('beats.parquet') })
    await generate({ events: 40_000, seed: 5 }, { path: at('clean.parquet') })
    await generate({ events: 20_000, seed: 6, shape: 'sparse' }, { path: at('sparse.parquet') })
  })
  test('its heartbeats are found, and what the lengths are without', async () => {
    const found = await backgroundOf(at('beats.parquet'))
    expect(found.events.map(({ name, keepsAlive }) => [name, keepsAlive])).toEqual([
      ['heartbeat', true],
    ])
    expect(found.events[0]?.rhythm?.periodSeconds).toBe(30)
    expect(found.without?.flags).toEqual(['--passive-event heartbeat'])
    const summary: { overall: { length: { meanSeconds: number; p90Seconds: number } } } =
      JSON.parse(
        await output([at('beats.parquet'), '--format', 'json', '--passive-event', 'heartbeat']),
      )
    expect(found.without?.lengths.meanSeconds).toBeCloseTo(summary.overall.length.meanSeconds, 9)
    expect(found.without?.lengths.p90Seconds).toBeCloseTo(summary.overall.length.p90Seconds, 9)
  })
  test.each(['clean', 'sparse'])('%s data raises no alarm', async (name) => {
    const found = await backgroundOf(at(`${name}.parquet`))
    expect([found.events, found.roundTheClock.users]).toEqual([[], 0])
  })
})
