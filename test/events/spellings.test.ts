/** Names of columns that differ in case only, and names of ours and of the engine's, in every format. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { events } from '../../src/library/events.js'
import { output, run } from '../oracle/run.js'
import { writeParquet } from '../parquet.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-spellings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** `User` and `user` are two columns, and a third has the name that the engine would make of one. */
const NAMES = ['User', 'user', 'user_1', 'time', 'event', 'Plan', 'plan', 'PLAN']
const ROWS = [
  ['U1', 'u1', 'x', '2024-03-05T10:00:00Z', 'open', 'A', 'a', '1'],
  ['U1', 'u2', 'y', '2024-03-05T10:05:00Z', 'view', 'B', 'b', '2'],
  ['U2', 'u2', 'z', '2024-03-05T10:06:00Z', 'view', 'A', 'b', '2'],
]
const objects = ROWS.map((row) => Object.fromEntries(NAMES.map((name, i) => [name, row[i]])))
const lines = (rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('')

const at = (name: string): string => join(folder, name)

/** The engine cannot write such a file, so the names are put into one that it wrote. */
async function writeVariants(path: string): Promise<void> {
  const written = NAMES.map((name, i) => `${String.fromCharCode(65 + i)}${name.slice(1)}`)
  const values = ROWS.map((row) => `(${row.map((value) => `'${value}'`).join(', ')})`)
  await writeParquet(
    path,
    `SELECT * FROM (VALUES ${values.join(', ')}) AS t(${written.join(', ')})`,
  )
  let bytes = readFileSync(path).toString('latin1')
  for (const [i, name] of written.entries()) bytes = bytes.replaceAll(name, NAMES[i] ?? '')
  writeFileSync(path, bytes, 'latin1')
}

beforeAll(async () => {
  writeFileSync(at('e.csv'), [NAMES, ...ROWS].map((row) => `${row.join(',')}\n`).join(''))
  writeFileSync(at('e.ndjson'), lines(objects))
  writeFileSync(at('e.json'), JSON.stringify(objects))
  await writeVariants(at('e.parquet'))
})

const users = async (argv: readonly string[]): Promise<string[]> => {
  const table = await output(['sessions', ...argv, '--columns', 'user', '--format', 'csv'])
  return table.trim().split('\n').slice(1)
}

describe.each(['e.csv', 'e.ndjson', 'e.json', 'e.parquet'])('%s', (name) => {
  test.each([
    ['user', ['u1', 'u2']],
    ['User', ['U1', 'U2']],
    ['user_1', ['x', 'y', 'z']],
    ['plan', ['a', 'b']],
    ['PLAN', ['1', '2']],
    ['plan+Plan', ['a|A', 'b|A', 'b|B']],
  ])('--user %s', async (user, expected) => {
    expect(await users([at(name), '--user', user])).toEqual(expected)
  })

  test('--by takes the column of that very name', async () => {
    const shown = JSON.parse(await output([at(name), '--by', 'plan', '--format', 'json']))
    const values = shown.segments.rows.map(({ values }: { values: string[] }) => values[0]).sort()
    expect(values).toEqual(['a', 'b'])
  })

  test.each(['csv', 'ndjson', 'arrow'])('events as %s has its names and values', async (format) => {
    const path = at(`out.${format}`)
    await output(['events', at(name), '--user', 'user', '--order', 'source', '-o', path])
    const rows: Record<string, unknown>[] =
      format === 'csv'
        ? parse(readFileSync(path), { columns: true })
        : format === 'ndjson'
          ? readFileSync(path, 'utf8')
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line))
          : await read(events([path], { user: ['user'], order: 'source' }))
    expect(rows.map((row) => NAMES.map((column) => row[column]))).toEqual(ROWS)
    if (format !== 'arrow')
      expect(rows.map(({ session_id }) => typeof session_id)).toContain('string')
  })

  test('sessions have such properties, also beside columns of their own', async () => {
    const argv = ['sessions', at(name), '--user', 'user', '--by', 'User', '--property', 'plan,Plan']
    const [row] = (await output([...argv, '--format', 'ndjson'])).trim().split('\n')
    const expected = { user: 'u1', User: 'U1', entry_plan: 'a', entry_Plan: 'A' }
    expect(JSON.parse(row ?? '')).toMatchObject(expected)
    const [line] = parse(await output([...argv, '--format', 'csv']), { columns: true })
    expect(line).toMatchObject(expected)
  })

  test('the library has them too', async () => {
    const rows = await read(events([at(name)], { user: ['user'], order: 'source' }))
    expect(rows.map((row) => NAMES.map((column) => row[column]))).toEqual(ROWS)
  })
})

async function read<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const row of rows) found.push(row)
  return found
}

test.each(['e.csv', 'e.ndjson'])('follow reads the column of that very name: %s', async (name) => {
  const argv = ['follow', at(name), '--user', 'user', '--flush-on-end']
  const told = (await output(argv))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).user)
  expect(told.sort()).toEqual(['u1', 'u2'])
})

describe('rows of JSON that have either spelling are rows of one column', () => {
  const time = '2024-03-05T10:00:00Z'
  const mixed = (before: number): string =>
    lines([
      ...Array.from({ length: before }, (_, i) => ({ user: `u${i % 10}`, time, event: 'v' })),
      { User: 'U9', time, event: 'v' },
      { USER: 'U8', Time: time, event: 'v' },
    ])

  test.each([
    ['in the first rows', 3, 5],
    // More than are looked at to find the columns.
    ['in later rows', 30_000, 12],
  ])('%s', async (_, before, expected) => {
    const path = at(`mixed-${before}.ndjson`)
    writeFileSync(path, mixed(before))
    const { ledger, overall } = JSON.parse(await output([path, '--format', 'json']))
    expect(ledger.kept).toBe(before + 2)
    expect(overall.users).toBe(expected)
    const followed = await run(['follow', path, '--flush-on-end'])
    expect(
      new Set(
        followed.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).user),
      ).size,
    ).toBe(expected)
    // They are written as they are.
    const written = (await output(['events', path, '--order', 'source', '--format', 'ndjson']))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(written.at(-2)).toMatchObject({ user: null, User: 'U9', USER: null, time, Time: null })
    expect(written.at(-1)).toMatchObject({
      user: null,
      User: null,
      USER: 'U8',
      time: null,
      Time: time,
    })
  })

  test('files that spell it otherwise have one column', async () => {
    writeFileSync(at('a.csv'), `user,time,event\nu1,${time},v\n`)
    writeFileSync(at('b.csv'), `User,time,event\nu2,${time},v\n`)
    expect(await users([at('a.csv'), at('b.csv')])).toEqual(['u1', 'u2'])
    const table = await output(['events', at('a.csv'), at('b.csv'), '--format', 'csv'])
    expect(table.split('\n')[0]).toMatch(/^user,time,event,session_id/)
    expect(table).toMatch(/^u1,[\s\S]*^u2,/m)
  })
})

describe('names of ours and of the engine', () => {
  const odd = [
    'file_index',
    'filename',
    'file_row_number',
    'c0',
    'C1',
    'd0',
    'r',
    'json',
    'line',
    '__sz_user',
    '__sz_file',
    '__sz_position',
    '__sz_document',
    'fate',
    'key',
    't',
    'name',
    'Session_ID',
    'rebuilt_session_id',
  ]
  const row = Object.fromEntries(odd.map((name, i) => [name, `v${i}`]))
  const rows = [
    { ...row, user_id: 'ann', time: '2024-03-05T10:00:00Z', event: 'open' },
    { ...row, user_id: 'bob', time: '2024-03-05T10:01:00Z', event: 'view', c0: 'other' },
    { ...row, user_id: '', time: 'never', event: 'view' },
  ]
  const names = Object.keys(rows[0] ?? {})

  beforeAll(async () => {
    writeFileSync(at('odd.ndjson'), lines(rows))
    const table = [names, ...rows.map((one) => Object.values(one))]
    writeFileSync(at('odd.csv'), table.map((cells) => `${cells.join(',')}\n`).join(''))
    writeFileSync(at('odd.json'), JSON.stringify(rows))
    const values = rows.map(
      (one) =>
        `(${Object.values(one)
          .map((value) => `'${value}'`)
          .join(', ')})`,
    )
    const columns = names.map((name) => `"${name}"`).join(', ')
    await writeParquet(
      at('odd.parquet'),
      `SELECT * FROM (VALUES ${values.join(', ')}) AS t(${columns})`,
    )
  })

  test.each(['odd.csv', 'odd.ndjson', 'odd.json', 'odd.parquet'])('%s', async (name) => {
    const path = at(name)
    expect(await users([path])).toEqual(['ann', 'bob'])
    for (const [i, column] of odd.entries()) {
      expect(await users([path, '--user', column, '--dedupe', 'exact'])).toContain(`v${i}`)
      const shown = JSON.parse(await output([path, '--by', column, '--format', 'json']))
      expect(shown.segments.rows[0].values[0]).toMatch(/^(v\d+|other)$/)
    }
    const written = (await output(['events', path, '--format', 'ndjson', '--order', 'source']))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(written.map((one) => odd.map((column) => one[column]))).toEqual(
      rows.slice(0, 2).map((one) => odd.map((column) => one[column as keyof typeof one])),
    )
    // The label has a name that no column has.
    expect(written[0]).toHaveProperty('rebuilt_rebuilt_session_id')
    const rejects = at(`${name}.rejects.csv`)
    await run([path, '--rejects', rejects])
    const [rejected]: Record<string, string>[] = parse(readFileSync(rejects), { columns: true })
    expect(Object.keys(JSON.parse(rejected?.['record'] ?? '{}')).sort()).toEqual([...names].sort())
  })
})
