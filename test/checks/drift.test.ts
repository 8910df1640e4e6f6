import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Baseline } from '../../src/checks/baseline.js'
import {
  chiSquareQuantile,
  cumulativeDistance,
  stabilityIndex,
} from '../../src/checks/distances.js'
import type { CheckReport } from '../../src/checks/result.js'
import { DRIFT_RULES } from '../../src/checks/rules/drift.js'
import { run } from '../oracle/run.js'
import {
  cleanEvents,
  DAY,
  DAYS,
  type ExportedEvent,
  FIRST_DAY,
  Folder,
  millisOf,
} from './export.js'

const folder = new Folder()
afterAll(() => folder.remove())

describe('distances of distributions', () => {
  const bins = (...counts: number[]) => counts.map((sessions, bin) => ({ bin, sessions }))

  it('are 0 of a distribution to itself, and small of a scaled one', () => {
    const one = bins(10, 200, 300, 90)
    expect(stabilityIndex(one, one).value).toBe(0)
    expect(cumulativeDistance(one, one).value).toBe(0)
    expect(cumulativeDistance(one, bins(20, 400, 600, 180)).value).toBeCloseTo(0, 12)
  })

  it('are as worked out by hand', () => {
    // Two groups of a half each against 0.7 and 0.3: 0.2 ln(0.7/0.5) - 0.2 ln(0.3/0.5) = 0.1695.
    const many = 1_000_000
    const index = stabilityIndex(bins(many, many), bins(1.4 * many, 0.6 * many))
    expect(index.value).toBeCloseTo(0.2 * Math.log(7 / 3), 4)
    const distance = cumulativeDistance(bins(many, many), bins(1.4 * many, 0.6 * many))
    expect(distance.value).toBeCloseTo(0.2, 12)
    expect(distance.parts).toEqual([{ from: 1, before: 0.5, now: 0.7 }])
  })

  it('are never negative, never infinite, and the cumulative one is symmetric and at most 1', () => {
    const anyBins = fc
      .array(fc.tuple(fc.integer({ min: -2, max: 60 }), fc.integer({ min: 1, max: 500 })), {
        minLength: 1,
        maxLength: 30,
      })
      .map((pairs) => [...new Map(pairs)].map(([bin, sessions]) => ({ bin, sessions })))
    fc.assert(
      fc.property(anyBins, anyBins, (a, b) => {
        const index = stabilityIndex(a, b).value
        expect(index).toBeGreaterThanOrEqual(0)
        expect(Number.isFinite(index)).toBe(true)
        const distance = cumulativeDistance(a, b).value
        expect(distance).toBeLessThanOrEqual(1 + 1e-12)
        expect(cumulativeDistance(b, a).value).toBeCloseTo(distance, 12)
      }),
    )
  })

  it('know the quantiles of χ² (R: qchisq(0.99, df))', () => {
    expect(chiSquareQuantile(0.99, 9)).toBeCloseTo(21.666, 0)
    expect(chiSquareQuantile(0.99, 1)).toBeCloseTo(6.635, 0)
  })
})

const CLEAN = cleanEvents()
const baseline = join(folder.path, 'baseline.json')

const drifted = async (events: readonly ExportedEvent[]): Promise<CheckReport> => {
  const files = folder.write(events)
  const ids =
    'drift-length-distribution,drift-length-shift,drift-length-quantiles,drift-bounce-share,drift-volume,drift-columns'
  const { stdout, stderr } = await run([
    'check',
    ...files,
    '--baseline',
    baseline,
    '--select',
    ids,
    '--format',
    'json',
  ])
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

const found = ({ checks }: CheckReport): string[] =>
  checks.filter(({ verdict }) => verdict === 'warn' || verdict === 'fail').map(({ id }) => id)

describe('a baseline', () => {
  beforeAll(async () => {
    const { exit, stderr } = await run([
      'check',
      ...folder.write(CLEAN),
      '--save-baseline',
      baseline,
      '-o',
      join(folder.path, 'x.txt'),
    ])
    expect(exit, stderr).toBe(0)
  })

  it('holds no user and no event', () => {
    const text = readFileSync(baseline, 'utf8')
    expect(JSON.parse(text)).toMatchObject({ schema: 'sessionize/baseline/v1', sessions: 1_680 })
    expect(text).not.toMatch(/device-1|page viewed|uuid-/)
  })

  it('is passed by the export it was taken from', async () => {
    const report = await drifted(CLEAN)
    expect(report.checks.map(({ verdict }) => verdict)).toEqual(Array(6).fill('pass'))
    expect(report.baseline).toMatchObject({ file: baseline, sessions: 1_680 })
  })

  it('tells longer sessions', async () => {
    const stretched = CLEAN.map((e) => ({
      ...e,
      event_time: e.event_time === null ? null : stretch(e),
    }))
    expect(found(await drifted(stretched)).sort()).toEqual([
      'drift-length-distribution',
      'drift-length-quantiles',
      'drift-length-shift',
    ])
  })

  it('tells more bounces', async () => {
    const bounced = CLEAN.filter(
      (e) => Number(e.amplitude_id) % 5 !== 0 || e.event_type === 'session_start',
    )
    expect(found(await drifted(bounced))).toContain('drift-bounce-share')
  })

  it('tells a platform that is gone, and a column that is new', async () => {
    const web = CLEAN.filter((e) => e.platform === 'Web').map((e) => ({ ...e, campaign: 'spring' }))
    const report = await drifted(web)
    expect(found(report).sort()).toEqual(['drift-columns', 'drift-volume'])
    const volume = report.checks.find(({ id }) => id === 'drift-volume')
    expect(volume?.examples[0]?.values).toMatchObject({
      segment: 'platform iOS',
      'per day now': '0.0',
    })
    const columns = report.checks.find(({ id }) => id === 'drift-columns')
    expect(columns?.examples[0]?.values).toEqual({ column: 'campaign', change: 'new' })
  })

  it('of few sessions says nothing instead of guessing', async () => {
    const few = CLEAN.filter((e) => Number(e.amplitude_id) < 1_002)
    const report = await drifted(few)
    const distribution = report.checks.find(({ id }) => id === 'drift-length-distribution')
    expect(distribution?.verdict).toBe('skipped')
    expect(distribution?.why).toContain('too few sessions')
  })

  it('of few sessions says what passes a threshold wider than chance', () => {
    const rule = DRIFT_RULES.find(({ id }) => id === 'drift-bounce-share')
    const before = { ...small, sessions: 100, bounces: 10 }
    const now = { ...small, sessions: 100, bounces: 60 }
    expect(rule?.compare(before, now, { warn: 0.05, error: 0.15 })).toHaveProperty('why')
    expect(rule?.compare(before, now, { warn: 0.4, error: null })).toMatchObject({ value: 0.5 })
    expect(rule?.compare(before, now, { warn: null, error: 0.4 })).toMatchObject({ value: 0.5 })
  })

  it('of another definition is refused before any work', async () => {
    const { exit, stderr } = await run([
      'check',
      'nothing.csv',
      '--baseline',
      baseline,
      '--gap',
      '10m',
    ])
    expect(exit).toBe(3)
    expect(stderr).toContain('nothing.csv')
    const files = folder.write(CLEAN)
    const other = await run(['check', ...files, '--baseline', baseline, '--gap', '10m'])
    expect(other.exit).toBe(2)
    expect(other.stderr).toContain('another session definition (gapMicros differs)')
  })

  it('that is none is refused', async () => {
    const broken = folder.file(
      'broken.json',
      '{"schema": "sessionize/baseline/v1", "days": "many"}',
    )
    const { exit, stderr } = await run(['check', ...folder.write(CLEAN), '--baseline', broken])
    expect(exit).toBe(2)
    expect(stderr).toContain('is not a baseline')
    expect((await run(['check', 'x.csv', '--baseline', 'nowhere.json'])).stderr).toContain(
      'Cannot read the baseline',
    )
  })
})

const small: Baseline = {
  schema: 'sessionize/baseline/v1',
  definition: {},
  firstEvent: null,
  lastEvent: null,
  days: 1,
  sessions: 0,
  users: 0,
  events: 0,
  bounces: 0,
  quantiles: [],
  lengths: [],
  segments: [],
  columns: [],
}

/** Three times as long from the start of its session, which stays where it was. */
function stretch(event: ExportedEvent): string {
  const start = Number(event.session_id)
  const at = start + 3 * (millisOf(event) - start)
  expect(at).toBeLessThan(FIRST_DAY + DAYS * DAY)
  return `${new Date(at).toISOString().slice(0, -1).replace('T', ' ')}000`
}
