/** No name of a folder or a file means anything to the engine: it neither makes a column nor replaces one. */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../oracle/run.js'
import { writeParquet } from '../parquet.js'

const root = mkdtempSync(join(tmpdir(), 'sessionize-names-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const ROWS = [
  ['ann', '2024-03-05T10:00:00Z', 'open', 'web'],
  ['ann', '2024-03-05T10:05:00Z', 'view', 'web'],
  ['bob', '2024-03-05T10:01:00Z', 'open', 'ios'],
] as const
const NAMES = ['user_id', 'time', 'event', 'platform'] as const

const ndjson = ROWS.map(
  (row) => `${JSON.stringify(Object.fromEntries(NAMES.map((name, i) => [name, row[i]])))}\n`,
).join('')
const csv = [NAMES, ...ROWS].map((row) => `${row.join(',')}\n`).join('')

const FILES: Readonly<Record<string, string | Buffer>> = {
  'e.csv': csv,
  'e.tsv': csv.replaceAll(',', '\t'),
  'e.csv.gz': gzipSync(csv),
  'e.ndjson': ndjson,
  'e.ndjson.gz': gzipSync(ndjson),
  'e.json': `[${ndjson.trim().split('\n').join(',')}]`,
}
const FORMATS = [...Object.keys(FILES), 'e.parquet']
/** A file's own columns, words of the reports, and names of ours and of the engine. */
const FOLDERS = [
  'dt=2024-01-01',
  'user_id=zzz',
  'time=1999-01-01T00:00:00Z',
  'event=none',
  'platform=tv',
  'user=me',
  'segment=1',
  'events=7',
  'file_index=3',
  'filename=x',
  'line=9',
  'json=1',
  '__sz_user=1',
]

const deep = join(root, ...FOLDERS)

beforeAll(async () => {
  mkdirSync(deep, { recursive: true })
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(root, name), content)
  const values = ROWS.map((row) => `(${row.map((value) => `'${value}'`).join(', ')})`)
  await writeParquet(
    join(root, 'e.parquet'),
    `SELECT * FROM (VALUES ${values.join(', ')}) AS t(${NAMES.join(', ')})`,
  )
  for (const name of FORMATS) copyFileSync(join(root, name), join(deep, name))
})

const asked = async (argv: readonly string[]): Promise<string> => {
  const { exit, stdout, stderr } = await run(argv)
  expect(exit, stderr).toBe(0)
  return stdout
}

describe('below folders named key=value', () => {
  test.each(FORMATS)('%s', async (name) => {
    for (const argv of [
      ['sessions', '--by', 'platform'],
      ['events', '--format', 'csv'],
      ['sessions', '--where', "platform = 'web'"],
      ['sessions', '--user', 'platform'],
    ]) {
      const [command = '', ...flags] = argv
      const plain = await asked([command, join(root, name), ...flags])
      expect(await asked([command, join(deep, name), ...flags])).toBe(plain)
    }
  })

  test('a state', async () => {
    const plain = await asked(['sessions', join(root, 'e.csv')])
    const state = ['--state', join(deep, 'state')]
    expect(await asked(['sessions', join(deep, 'e.ndjson'), ...state])).toBe(plain)
    expect(await asked(['sessions', ...state])).toBe(plain)
    await asked(['state', 'compact', join(deep, 'state')])
    expect(await asked(['sessions', ...state])).toBe(plain)
  })

  test('the temporary folder', async () => {
    const temp = ['--temp-dir', deep]
    for (const name of ['e.csv.gz', 'e.json']) {
      expect(await asked(['sessions', join(root, name), ...temp])).toBe(
        await asked(['sessions', join(root, name)]),
      )
    }
    const files = [join(root, 'e.csv'), '--baseline', join(root, 'e.ndjson'), '--format', 'json']
    expect(withoutTimes(await asked(['compare', ...files, ...temp]))).toBe(
      withoutTimes(await asked(['compare', ...files])),
    )
  })
})

const withoutTimes = (json: string): string => json.replaceAll(/"(seconds|took\w*)": [\d.]+/g, '')

describe('names that are patterns or places to the engine', () => {
  const program = join(import.meta.dirname, '../../bin/sessionize.js')
  const here = (folder: string, argv: readonly string[]): string =>
    execFileSync(process.execPath, [program, ...argv], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })

  test.each(['~x', 'a\\*', '\\[a?]\\b'])(
    '%s',
    (name) => {
      const folder = mkdtempSync(join(root, 'odd-'))
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, `${name}.csv`), csv)
      writeFileSync(join(folder, name, 'e.ndjson'), ndjson)
      const plain = here(folder, ['sessions', join(root, 'e.csv')])
      expect(here(folder, ['sessions', `${name}.csv`])).toBe(plain)
      expect(here(folder, ['sessions', join(name, 'e.ndjson')])).toBe(plain)
      const state = ['--state', join(name, 'state')]
      expect(here(folder, ['sessions', `${name}.csv`, ...state])).toBe(plain)
      expect(here(folder, ['sessions', ...state])).toBe(plain)
      here(folder, ['sessions', `${name}.csv`, '-o', join(name, 'out.csv')])
      expect(readFileSync(join(folder, name, 'out.csv'), 'utf8')).toBe(plain)
      expect(readdirSync(join(folder, name)).sort()).toEqual(['e.ndjson', 'out.csv', 'state'])
    },
    60_000,
  )
})

test('only one place spells the table functions', () => {
  const src = join(import.meta.dirname, '../../src')
  const spelt = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      name.endsWith('.ts') &&
      /\b(read_(csv|json|ndjson|parquet)(_auto|_objects)?|parquet_scan|sniff_csv)\b/.test(
        readFileSync(join(src, name), 'utf8').replaceAll(/^\s*(\/\*\*|\*|\/\/).*$/gm, ''),
      ),
  )
  expect(spelt).toEqual([join('engines', 'files.ts')])
})
