/** What a condition's columns hold is seen in all rows: nothing is left out because of its type. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { output, run } from '../oracle/run.js'
import { writeParquet } from '../parquet.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-conditions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)

const FORMATS = ['csv', 'ndjson', 'json', 'parquet'] as const
type Format = (typeof FORMATS)[number]
type Row = Readonly<Record<string, string | number | boolean | null>>

const time = (i: number): string => new Date(Date.UTC(2024, 0, 1) + i * 1000).toISOString()

/** JSON keeps numbers as numbers; the others have texts. */
async function write(name: string, format: Format, rows: readonly Row[]): Promise<string> {
  const path = at(`${name}.${format}`)
  const names = Object.keys(rows[0] ?? {})
  const cell = (value: Row[string] | undefined): string =>
    (value ?? '') === '' ? '' : String(value)
  switch (format) {
    case 'csv':
      writeFileSync(
        path,
        [names, ...rows.map((row) => names.map((one) => cell(row[one])))]
          .map((line) => `${line.join(',')}\n`)
          .join(''),
      )
      return path
    case 'ndjson':
      writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
      return path
    case 'json':
      writeFileSync(path, JSON.stringify(rows))
      return path
    case 'parquet': {
      const csv = await write(name, 'csv', rows)
      await writeParquet(
        path,
        `SELECT * FROM read_csv('${csv}', all_varchar = true, header = true)`,
      )
      return path
    }
  }
}

const counts = async (path: string, where: string): Promise<[number, number]> => {
  const { ledger } = JSON.parse(await output([path, '--where', where, '--format', 'json']))
  return [ledger.kept, ledger.filtered]
}

/** More than are looked at to find types; the last ones differ. */
const rows: readonly Row[] = Array.from({ length: 2_000 }, (_, i) => ({
  user_id: `u${i % 7}`,
  time: time(i),
  event: 'v',
  id: i < 1_900 ? i % 10 : `anon-${i % 5}`,
  device: i < 1_990 ? (i % 3) + 1 : i < 1_995 ? '03' : 'tablet',
  price: i < 1_999 ? i % 100 : 12.5,
  big: i < 1_999 ? i : '12345678901234567890',
  flag: i < 1_999 ? i % 2 === 0 : 'maybe',
  late: i < 1_998 ? null : i === 1_998 ? 5 : 12.5,
}))
const count = (keep: (row: Row) => boolean): [number, number] => {
  const kept = rows.filter(keep).length
  return [kept, rows.length - kept]
}

/** Many runs, which a busy machine takes a while for. */
const MANY_RUNS_MILLIS = 300_000

describe.each(FORMATS)('%s', (format) => {
  test(
    'later values of another kind are compared as they are',
    async () => {
      const path = await write('late', format, rows)
      const cases: [string, (row: Row) => boolean][] = [
        ["id <> '0'", ({ id }) => id !== 0],
        ["id = 'anon-3'", ({ id }) => id === 'anon-3'],
        ['id IS NULL', () => false],
        ["device = 'tablet'", ({ device }) => device === 'tablet'],
        ["device = '03'", ({ device }) => device === '03'],
        ["device IN ('1', 'tablet')", ({ device }) => device === 1 || device === 'tablet'],
        ['price > 12', ({ price }) => Number(price) > 12],
        ["price <> 'free'", () => true],
        ["id LIKE '1%' OR id LIKE 'anon%'", ({ id }) => /^(1|anon)/.test(String(id))],
        ["flag = 'maybe'", ({ flag }) => flag === 'maybe'],
        ['late IS NOT NULL', ({ late }) => late !== null],
      ]
      for (const [where, keep] of cases) {
        expect([where, ...(await counts(path, where))]).toEqual([where, ...count(keep)])
      }
      if (format !== 'parquet') {
        expect(await counts(path, 'late > 12')).toEqual(count(({ late }) => late === 12.5))
        expect(await counts(path, 'big >= 1999')).toEqual([1, 1_999])
      }
    },
    MANY_RUNS_MILLIS,
  )

  test.each([
    ['id > 5', 1_901, 'id', 'anon-0'],
    ['device + 1 > 2', 1_996, 'device', 'tablet'],
    ['flag', 2_000, 'flag', 'maybe'],
    ['event = 5', 1, 'event', 'v'],
  ])(
    'a value for which it cannot be computed ends the run: %s',
    async (where, row, column, value) => {
      const path = await write('late', format, rows)
      const { exit, stderr, stdout } = await run([path, '--where', where])
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toContain(`late.${format}, row ${row}: --where cannot be computed`)
      expect(stderr).toContain(`\`${column}\` is "${value}"`)
      expect(stderr).not.toMatch(/__sz|export or copy/i)
    },
  )

  test('missing values are in no answer, and lambdas and clocks are understood', async () => {
    const few: Row[] = [
      { user_id: 'a', time: time(0), event: 'v', n: 5 },
      { user_id: 'b', time: time(1), event: 'w', n: null },
    ]
    const path = await write('few', format, few)
    expect(await counts(path, 'n > 1')).toEqual([1, 1])
    expect(await counts(path, 'NOT n > 1')).toEqual([0, 2])
    expect(await counts(path, 'coalesce(n, 9) > 1')).toEqual([2, 0])
    expect(
      await counts(path, "list_contains(list_transform(['V', 'Q'], x -> lower(x)), event)"),
    ).toEqual([1, 1])
    expect(
      await counts(path, "list_contains(list_transform(['V'], lambda event: lower(event)), event)"),
    ).toEqual([1, 1])
    expect(await counts(path, 'CAST(time AS TIMESTAMP) < now()')).toEqual([2, 0])
    expect(
      await counts(path, 'CAST(time AS DATE) < current_date AND today() = current_date'),
    ).toEqual([2, 0])
  })
})

test.each([
  'random() < 0.5',
  'uuid() IS NOT NULL',
  'gen_random_uuid() IS NOT NULL',
  "nextval('x') > 1",
  'list_transform([1], x -> random())[1] > 0',
  "list_aggregate([1, 2], 'reservoir_quantile', 0.5) > 0",
  'age(CAST(time AS TIMESTAMP)) > INTERVAL 1 day',
  "COLUMNS('.*') = 'x'",
  '* = 1',
  '#1 = 1',
  '__sz_user = 1',
  '__sz_w0 = 1',
])('refused: %s', async (where) => {
  const path = await write('refused', 'parquet', rows.slice(0, 3))
  const { exit, stderr } = await run([path, '--where', where])
  expect(exit).toBe(2)
  expect(stderr).toMatch(/--where cannot hold|No column `__sz/)
})

test('files of several formats and headers have one type', async () => {
  const head = { user_id: 'a', time: time(0), event: 'v' }
  const a = await write('one', 'csv', [{ ...head, code: 3 }])
  const b = await write('two', 'ndjson', [{ ...head, code: 'x' }])
  const { ledger } = JSON.parse(await output([a, b, '--where', "code = '03'", '--format', 'json']))
  expect(ledger.kept).toBe(0)
})

test('below a column', async () => {
  const lines = Array.from({ length: 2_000 }, (_, i) => ({
    user_id: 'u',
    time: time(i),
    event: 'v',
    properties: i === 1_999 ? { plan: 'x', extra: [1] } : { plan: i % 2 },
  }))
  writeFileSync(at('nested.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  expect(await counts(at('nested.ndjson'), "properties.plan <> '0'")).toEqual([1_000, 1_000])
  expect(await counts(at('nested.ndjson'), "properties.plan = 'x'")).toEqual([1, 1_999])
})
