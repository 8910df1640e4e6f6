/**
 * The same bytes come out whatever the machine: threads, memory, the order of files and of rows, the
 * zone and the language of the process. Each world is a process of its own, which says the digests of
 * everything that it wrote.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROGRAM } from './faults/program.js'
import { writeParquet } from './parquet.js'

/** Text is parsed into a table first; Parquet is read as it lies, its few values as enumerations. */
const INPUTS = ['csv', 'parquet'] as const
type Input = (typeof INPUTS)[number]
const REPORTS = ['json', 'csv', 'markdown', 'terminal']
const TABLES = ['csv', 'ndjson', 'parquet', 'arrow']

interface World {
  readonly name: string
  readonly folder?: 'plain' | 'shuffled'
  readonly files?: readonly ('a' | 'b')[]
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const WORLDS: readonly World[] = [
  { name: 'two threads', flags: ['--threads', '2'] },
  { name: 'eight threads', flags: ['--threads', '8'] },
  { name: 'little memory', flags: ['--memory', '200MB'] },
  { name: 'much memory', flags: ['--memory', '4GB'] },
  { name: 'files in another order', files: ['b', 'a'] },
  { name: 'rows in another order', folder: 'shuffled', flags: ['--threads', '2'] },
  { name: 'New York, in the C locale', env: { TZ: 'America/New_York', LC_ALL: 'C' } },
  { name: 'Kolkata, in German', env: { TZ: 'Asia/Kolkata', LC_ALL: 'de_DE.UTF-8' } },
]

let root = ''

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'determinism-'))
  for (const folder of ['plain', 'shuffled']) mkdirSync(join(root, folder))
  const all = join(root, 'all.csv')
  const made = ['--events', '20k', '--duplicates', '2%', '--late', '5%', '--out-of-session', '1%']
  execFileSync(process.execPath, [PROGRAM, 'generate', '-o', all, ...made], { stdio: 'ignore' })
  const [header = '', ...rows] = readFileSync(all, 'utf8').trimEnd().split('\n')
  const half = Math.floor(rows.length / 2)
  for (const [name, part] of [
    ['a.csv', rows.slice(0, half)],
    ['b.csv', rows.slice(half)],
  ] as const) {
    const write = (folder: string, lines: readonly string[]): void =>
      writeFileSync(join(root, folder, name), `${header}\n${lines.join('\n')}\n`)
    write('plain', part)
    write('shuffled', shuffled(part))
  }
  for (const folder of ['plain', 'shuffled']) {
    for (const name of ['a', 'b']) {
      const table = join(root, folder, name)
      // Of several row groups, so that several threads read one file.
      await writeParquet(`${table}.parquet`, `FROM '${table}.csv'`, ', ROW_GROUP_SIZE 2048')
    }
  }
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

describe.each(INPUTS)('from %s', (input) => {
  let expected: Record<string, string> = {}

  beforeAll(() => {
    expected = digests(input, { name: 'one thread', flags: ['--threads', '1'], env: { TZ: 'UTC' } })
  })

  test('everything was written', () => {
    expect(Object.keys(expected).length).toBe(TABLES.length * 2 + REPORTS.length + 4)
    expect(new Set(Object.values(expected)).size).toBe(Object.keys(expected).length)
  })

  test.for(WORLDS)('$name', (world, { expect }) => {
    expect(digests(input, world)).toEqual(expected)
  })
})

function digests(
  input: Input,
  { folder = 'plain', files = ['a', 'b'], flags = [], env = {} }: World,
): Record<string, string> {
  const read = [...files.map((name) => `${name}.${input}`), '--by', 'platform', ...flags]
  const commands = [
    ...TABLES.map((format) => ['sessions', ...read, '--format', format]),
    // The event-level path, where ties and neighbours count.
    ...TABLES.map((format) => [
      'sessions',
      ...read,
      '--end-event',
      'Page Viewed',
      '--format',
      format,
    ]),
    ...REPORTS.map((format) => ['summary', ...read, '--detail', '--format', format]),
    ...['csv', 'parquet', 'ndjson', 'zip'].map((ending) => [
      ...['generate', '--events', '5k', '-o', join(root, `made.${ending}`), ...flags],
    ]),
  ]
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    cwd: join(root, folder),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    input: JSON.stringify(commands),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const found: Record<string, string> = JSON.parse(said)
  // Named without what differs between worlds.
  return Object.fromEntries(
    commands.map((command, i) => [
      command.filter((word) => !read.includes(word) && !flags.includes(word)).join(' '),
      found[i] ?? '',
    ]),
  )
}

/** Runs commands one after another, and prints the digest of what each wrote, by its number. */
const SCRIPT = `
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { PassThrough, Writable } from 'node:stream'
import { main } from ${JSON.stringify(new URL('../dist/cli/main.js', pathToFileURL(PROGRAM)).href)}

const digests = {}
const commands = JSON.parse(readFileSync(0, 'utf8'))
for (const [i, command] of commands.entries()) {
  const hash = createHash('sha256')
  const stdout = new Writable({
    write(chunk, _, done) {
      hash.update(chunk)
      done()
    },
  })
  const terminal = { stdin: new PassThrough().end(), stdout, stderr: process.stderr, env: process.env }
  const code = await main(command, terminal)
  if (code !== 0) process.exit(code)
  const output = command[command.indexOf('-o') + 1]
  if (command.includes('-o')) hash.update(readFileSync(output))
  digests[i] = hash.digest('hex')
}
process.stdout.write(JSON.stringify(digests))
`

/** Always in the same new order. */
const shuffled = (rows: readonly string[]): string[] =>
  rows
    .map((row, i) => ({ row, key: (i * 2_654_435_761) % 4_294_967_296 }))
    .sort((a, b) => a.key - b.key)
    .map(({ row }) => row)
