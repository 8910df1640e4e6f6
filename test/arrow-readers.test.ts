/** `sessions --format arrow` on standard output, read as other programs read it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RecordBatchReader } from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generate } from '../src/generate/generate.js'
import { PROGRAM } from './faults/program.js'
import { heavyPython, WITHOUT_HEAVY } from './heavy.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-arrow-'))
const few = join(folder, 'few.csv')
const many = join(folder, 'many.parquet')
const BATCH = 65_536
const LONG = ['--columns', 'user,start,length_seconds,events']
let manySessions = 0
let manyRows: Row[] = []

beforeAll(async () => {
  // Microseconds, a missing platform, letters of several bytes, more than one recorded id, a bounce.
  writeFileSync(
    few,
    `user_id,time,event,platform,session_id
Zoë,2024-03-01T10:00:00.000001Z,open,iOS,1
Zoë,2024-03-01T10:00:01.999999Z,täp 日本,iOS,2
Zoë,2024-03-02T10:00:00Z,open,,3
b,1969-12-31T23:59:59.5Z,open,Web,
b,1970-01-01T00:00:00.25Z,close,Web,
`,
  )
  const generated = await generate({ events: 150_000, shape: 'sparse' }, { path: many })
  manySessions = generated.sessions
  manyRows = await asNdjson(many, ...LONG)
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function sessions(
  ...args: string[]
): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
  const child = spawn(process.execPath, [PROGRAM, 'sessions', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.stdout === null) throw new Error('no standard output')
  return Object.assign(child, { stdout: child.stdout })
}

interface Ended {
  readonly exit: number | null
  readonly stderr: string
}

function endOf(child: ChildProcess): Promise<Ended> {
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  return new Promise((resolve) => child.on('exit', (exit) => resolve({ exit, stderr })))
}

async function textOf(child: ChildProcess): Promise<string> {
  const ended = endOf(child)
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  const { exit, stderr } = await ended
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  return text
}

type Row = Record<string, unknown>

async function asNdjson(...args: string[]): Promise<Row[]> {
  const text = await textOf(sessions(...args, '--format', 'ndjson'))
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Row => JSON.parse(line))
}

interface Seen {
  readonly rows: Row[]
  readonly columns?: string[]
  readonly batches?: number
}

async function seenBy(reader: string, ...args: string[]): Promise<Seen> {
  const program = sessions(...args, '--format', 'arrow')
  const ended = endOf(program)
  const script = join(import.meta.dirname, 'arrow-readers.py')
  const python = spawn(heavyPython ?? '', [script, reader], { stdio: ['pipe', 'pipe', 'pipe'] })
  program.stdout.pipe(python.stdin)
  const text = await textOf(python)
  expect(await ended).toEqual({ exit: 0, stderr: '' })
  return JSON.parse(text)
}

const title = heavyPython === undefined ? ` ${WITHOUT_HEAVY}` : ''

describe.skipIf(heavyPython === undefined).each(['pyarrow', 'polars', 'pandas', 'duckdb'])(
  `%s${title}`,
  (reader) => {
    test('sees every column: times to the microsecond, lists, numbers, truth values, nothing', async () => {
      const seen = await seenBy(reader, few, '--by', 'platform')
      const expected = await asNdjson(few, '--by', 'platform')
      expect(expected.map(({ start }) => start)).toContain('2024-03-01T10:00:00.000001Z')
      expect(expected.map((row) => row['recorded_session_ids'])).toContainEqual(['1', '2'])
      expect(expected.map(({ platform }) => platform)).toContain(null)
      expect(seen.rows).toEqual(expected)
      if (seen.columns !== undefined) expect(seen.columns).toEqual(Object.keys(expected[0] ?? {}))
    })

    test('sees an empty table with its columns', async () => {
      const seen = await seenBy(
        reader,
        few,
        '--from',
        '2030-01-01',
        '--columns',
        'user,start,events',
        '-q',
      )
      expect(seen.rows).toEqual([])
      if (seen.columns !== undefined) expect(seen.columns).toEqual(['user', 'start', 'events'])
    })

    test('sees all batches of a long table, in order', async () => {
      const seen = await seenBy(reader, many, ...LONG)
      expect(seen.rows).toHaveLength(manySessions)
      expect(manySessions).toBeGreaterThan(2 * BATCH)
      if (seen.batches !== undefined) expect(seen.batches).toBeGreaterThan(2)
      expect(seen.rows).toEqual(manyRows)
    }, 180_000)
  },
)

describe('apache-arrow', () => {
  test('reads batch by batch, and the program waits for a reader that stops', async () => {
    const child = sessions(many, '--format', 'arrow')
    const ended = endOf(child)
    const reader = await RecordBatchReader.from(child.stdout)
    const batches = reader[Symbol.asyncIterator]()
    const first = await batches.next()
    expect(first.value?.numRows).toBeGreaterThanOrEqual(BATCH)
    // Far more is to come than pipes and streams hold, so the program cannot have ended.
    expect(child.exitCode).toBeNull()
    let rows: number = first.value?.numRows ?? 0
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
      rows += next.value.numRows
    }
    expect(rows).toBe(manySessions)
    expect(await ended).toEqual({ exit: 0, stderr: '' })
  })

  test('a reader that leaves after the first batch has seen enough: no error', async () => {
    const child = sessions(many, '--format', 'arrow')
    const ended = endOf(child)
    const reader = await RecordBatchReader.from(child.stdout)
    await reader[Symbol.asyncIterator]().next()
    child.stdout.destroy()
    expect(await ended).toEqual({ exit: 0, stderr: '' })
  })

  test('an empty table is a whole stream: a schema, and its end', async () => {
    const child = sessions(few, '--from', '2030-01-01', '--format', 'arrow', '-q')
    const ended = endOf(child)
    const reader = await RecordBatchReader.from(child.stdout)
    await reader.open()
    expect(reader.schema.fields.map(({ name }) => name)).toContain('recorded_session_ids')
    let rows = 0
    for await (const batch of reader) rows += batch.numRows
    expect(rows).toBe(0)
    expect(await ended).toEqual({ exit: 0, stderr: '' })
  })
})
