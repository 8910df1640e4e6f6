/** Separated values as they are found: the same events, whatever stands above and between them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { run } from '../oracle/run.js'

const root = mkdtempSync(join(tmpdir(), 'sessionize-csv-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const HEADER = 'user_id,time,event'
const ROWS = [
  'ann,2024-03-05T10:00:00Z,open',
  'ann,2024-03-05T10:05:00Z,view',
  'bob,2024-03-05T10:01:00Z,open',
]
const SESSIONS = [
  'ann,2024-03-05T10:00:00.000000Z,300.0,2',
  'bob,2024-03-05T10:01:00.000000Z,0.0,1',
]
const TABLE = [HEADER, ...ROWS]
const text = (lines: readonly string[], end = '\n'): string =>
  lines.map((line) => line + end).join('')
const separated = (by: string, lines = TABLE): string =>
  text(lines.map((line) => line.replaceAll(',', by)))
const NUMBERED = ['--user', 'column1', '--time', 'column2']

type Files = string | Readonly<Record<string, string>>

interface Found {
  readonly about: string
  readonly files: Files
  readonly args: readonly string[]
}

const found = (about: string, files: Files, ...args: string[]): Found => ({ about, files, args })

const FOUND: readonly Found[] = [
  found('a title', text(['Events of March', ...TABLE])),
  found('a title and a blank line, CRLF', text(['Events, all', '', ...TABLE], '\r\n')),
  found('comments', text(['# one', '# two: 3', '#', '', ...TABLE])),
  found('a comment as wide as the table', text(['# a,b,c', ...TABLE])),
  found('a header that is a comment', text([`#${HEADER}`, ...ROWS])),
  found(
    'more titles than rows',
    text([...Array.from({ length: 12 }, (_, i) => `title ${i}`), ...TABLE]),
  ),
  found('lines to skip', text(['a,b,c', 'd,e,f', ...TABLE]), '--skip', '2'),
  found(
    'comments between rows',
    text([HEADER, ...ROWS.flatMap((row) => ['# x,y,z', '# x', row])]),
    '--comment',
    '#',
  ),
  found(
    'comments with another character',
    text([';', '; x', HEADER, ...ROWS.flatMap((row) => ['; x,y', row])]),
    '--comment',
    ';',
    '--delimiter',
    ',',
  ),
  found('sep=;', `sep=;\n${separated(';')}`),
  found('"sep=|", CRLF', `"sep=|"\r\n${separated('|').replaceAll('\n', '\r\n')}`),
  found('a control character between values', separated('\u0001')),
  found('a control character, no header', separated('\u0001', ROWS), ...NUMBERED),
  found('another separator', separated('^'), '--delimiter', '^'),
  found('a separator of two characters', separated('||'), '--delimiter', '||'),
  found('a tab, named', separated('\t'), '--delimiter', '\\t'),
  found('no header', text(ROWS)),
  found('no header, columns counted from 0', text(ROWS), '--user', 'column0', '--time', 'column1'),
  found(
    'no header, said',
    text(ROWS.map((row) => row.replace(/(.*),(.*),(.*)/, '$1,$3,$2'))),
    '--no-header',
    '--user',
    'column1',
    '--time',
    'column3',
  ),
  found(
    'a header in braces',
    text(['{adid},{created_at},{event_name}', ...ROWS]),
    '--user',
    '{adid}',
    '--time',
    '{created_at}',
  ),
  found('parts, the header in the first', {
    'x00.csv': text([HEADER, ROWS[0] ?? '']),
    'x01.csv': text([ROWS[1] ?? '']),
    'x02.csv': text([ROWS[2] ?? '']),
  }),
  found(
    'parts of one row without header or ending',
    Object.fromEntries(ROWS.map((row, i) => [`part_0${i}`, separated('|', [`${row},`])])),
    ...NUMBERED,
  ),
  found(
    'backslashes before quotes',
    text([HEADER, ...ROWS.map((row) => `"${row.replaceAll(',', '","')} \\"x\\", y"`)]),
  ),
  found(
    'backslashes before separators',
    text([HEADER, ...ROWS.map((row) => `${row}\\, and\\\\ more`)]),
  ),
]

const COLUMNS = ['--columns', 'user,start,length_seconds,events', '--format', 'csv', '--quiet']

test.each(FOUND)('$about', async ({ about, files, args }) => {
  const folder = join(root, about.replaceAll(/\W+/g, '-'))
  for (const [name, content] of Object.entries(
    typeof files === 'string' ? { 'e.csv': files } : files,
  )) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const { exit, stdout, stderr } = await run(['sessions', folder, ...COLUMNS, ...args])
  expect(exit, stderr).toBe(0)
  expect(stdout.trim().split('\n').slice(1)).toEqual(SESSIONS)
})

const file = (name: string, content: string): string => {
  writeFileSync(join(root, name), content)
  return join(root, name)
}

test('rows that are damaged are counted behind titles and comments, and placed', async () => {
  const path = file(
    'damaged.csv',
    text(['# one', '', HEADER, ROWS[0] ?? '', 'x,y', '# a,b', ROWS[1] ?? '']),
  )
  const { stdout } = await run([path, '--comment', '#', '--format', 'json'])
  expect(JSON.parse(stdout).ledger).toMatchObject({ read: 3, kept: 2, rejected: { malformed: 1 } })
  const strict = await run([path, '--comment', '#', '--strict'])
  expect(strict.stderr).toContain('row 2: not CSV')
})

test('a character within a value is no comment', async () => {
  const path = file('hash.csv', text([HEADER, `${ROWS[0]}#1`]))
  const { stdout } = await run(['sessions', path, '--comment', '#', '--columns', 'first_event'])
  expect(stdout).toBe('first_event\n"open#1"\n')
})

test.each([
  [['--comment', '##'], '--comment ## is not one character'],
  [['--skip', 'x'], '--skip x is not a whole number'],
])('%s is refused', async (args, message) => {
  const { exit, stderr } = await run([file('plain.csv', text(TABLE)), ...args])
  expect([exit, stderr]).toEqual([2, expect.stringContaining(message)])
})
