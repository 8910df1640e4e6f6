/** Small words and figures that are easily wrong: signs, one of a thing, names that are taken. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, describe, expect, it, test } from 'vitest'
import { csvTable } from '../../src/report/csv.js'
import { change } from '../../src/report/figures.js'
import { formatCount, formatDecimal, formatRate } from '../../src/report/quantities.js'
import { summaryFormats } from '../../src/report/summary/formats.js'
import { textWidth } from '../../src/report/width.js'
import { output, run } from '../oracle/run.js'
import { plain, SAMPLE } from './samples.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-figures-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

const at = (seconds: number): string => new Date(Date.UTC(2024, 0, 1) + seconds * 1e3).toISOString()

describe('a change', () => {
  it.each([
    [null, '-'],
    [0, '0%'],
    [0.123, '+12.3%'],
    [-0.04, '-4.0%'],
    [1, '+100.0%'],
    [-1, '-100.0%'],
    [0.999_6, '+100.0%'],
    [0.000_4, '0%'],
    [-0.000_4, '0%'],
    [11, '+1,100.0%'],
  ])('%s is %s', (value, text) => {
    expect(change(value)).toBe(text)
  })
})

test('what is rounded to nothing has no sign', () => {
  expect([formatDecimal(-0.04), formatDecimal(-0.06)]).toEqual(['0.0', '-0.1'])
  expect([formatCount(-0.4), formatCount(-1)]).toEqual(['0', '-1'])
})

test('an hour that had some never reads as none', () => {
  expect([0, 0.01, 0.05, 1.26, 12.4].map(formatRate)).toEqual(['0', '<0.1', '0.1', '1.3', '12'])
})

test('no two columns of a file have one name', () => {
  const [headings] = parse(csvTable(['users', 'by_users', 'os'], ['users'], []))
  expect(headings).toEqual(['by_users', 'by_by_users', 'os', 'users'])
})

describe('JSON of a query', () => {
  const events = file('events.csv', ['user,time', `a,${at(0)}`, `b,${at(60)}`])
  const asked = (select: string, format = 'json'): Promise<string> =>
    output(['query', `${select} FROM sessions WHERE user = 'a'`, events, '--format', format])

  it('keeps every digit, and has null for what JSON has not', async () => {
    const text = await asked(`SELECT 9007199254740993 AS big,
      170141183460469231731687303715884105727::HUGEINT AS huge, 'nan'::DOUBLE AS no,
      [1.5, '-inf'::DOUBLE] AS list, 'NaN, "inf":' || chr(155) AS words, NULL AS nothing`)
    expect(text).toContain(
      '[9007199254740993, 170141183460469231731687303715884105727, null, [1.5, null], "NaN, \\"inf\\":\\u009b", null]',
    )
    expect(JSON.parse(text)).toHaveProperty('rows.0.3', [1.5, null])
  })

  it('of lines has it too', async () => {
    const text = await asked("SELECT 'inf'::DOUBLE AS x, 1.5::FLOAT AS y", 'ndjson')
    expect(JSON.parse(text)).toEqual({ x: null, y: 1.5 })
  })

  it('lists and intervals are text, which is cut where it is wide', async () => {
    const shown = await output([
      'query',
      "SELECT range(100) AS list, INTERVAL 1 DAY AS pause, 7 AS n FROM sessions WHERE user = 'a'",
      events,
    ])
    expect(shown).toMatch(/^list +pause +n\n\[0, 1, 2, .*… +1 day +7\n$/)
    for (const line of shown.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80)
  })
})

test('one of a thing is told as one', async () => {
  const rows = Array.from({ length: 9 }, (_, i) => [
    `u${i},${at(i)},p${i}`,
    `u${i},${at(i + 20)},p${i}`,
  ])
  const events = file('platforms.csv', ['user,time,platform', ...rows.flat()])
  expect(await output(['trend', events, '--by', 'platform'])).toContain('and 1 more segment: ')
  expect(await output(['compare', events, '--by', 'platform', '--top', '8'])).toContain(
    '1 smaller group: --top compares more',
  )
  const twice = file('twice.csv', ['user,time', `a,${at(0)}`, `a,${at(0)}`, `a,${at(9)}`])
  expect(await output(['gap', twice])).toContain('1 more event has the same time')
  const { stdout } = await run(['check', file('one.csv', ['user,time', `a,${at(0)}`])])
  expect(stdout).toContain('1 row read')
})

test('files that were passed over are counted where they are not named', async () => {
  const many = Array.from({ length: 10 }, (_, i) => file(`.hidden-${i}.csv`, ['x']))
  expect(many).toHaveLength(10)
  const shown = await output(['inspect', folder, '--user', 'user', '--time', 'time'])
  expect(shown).toContain('and 2 more files passed over')
})

test('a note below a table is no wider than the terminal', () => {
  const [row] = SAMPLE.segments?.rows ?? []
  if (row === undefined) throw new TypeError('the sample has segments')
  const segments = { dimensions: ['platform'], rows: new Array(60).fill(row), rest: null }
  const files = SAMPLE.ledger.files.flatMap((file) => new Array(10).fill(file))
  const ledger = { ...SAMPLE.ledger, files: files.map((f, i) => ({ ...f, label: `${i}` })) }
  const shown = summaryFormats.terminal({ ...SAMPLE, segments, ledger }, plain(40))
  expect(shown).toContain('and 20 more segments: --format csv has')
  for (const line of shown.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(40)
})

test('a long name is cut between characters', async () => {
  const rows = ['😀'.repeat(50), 'web'].map((name, i) => `u${i},${at(i)},${name}`)
  const events = file('names.csv', ['user,time,platform', ...rows])
  for (const format of ['terminal', 'markdown']) {
    const shown = await output(['compare', events, '--by', 'platform', '--format', format])
    expect(shown.replaceAll('\n', ' ')).toMatch(/(^|[^😀])😀{30}… and web: too few/u)
  }
  const page = await output(['report', events, '--by', 'platform', '--format', 'html'])
  expect(page).toMatch(/>😀{11}…</u)
  expect(page).not.toMatch(/\ufffd/)
})

test('a report in Markdown says how many segments it leaves out', async () => {
  const rows = Array.from({ length: 55 }, (_, i) => `u${i},${at(i)},p${i}`)
  const events = file('many.csv', ['user,time,platform', ...rows])
  const shown = await output(['report', events, '--by', 'platform', '--format', 'markdown'])
  expect(shown).toContain('*and 5 more segments*')
})
