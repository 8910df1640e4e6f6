/**
 * Lines of JSON with every kind of damage, between valid ones: these are kept, and each damaged one is
 * counted once and shown as it stands.
 */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type DatasetOptions, withDataset } from '../../src/events/dataset.js'
import { sql } from '../../src/sql/sql.js'
import { buildZip } from '../sources/zip-builder.js'
import { expectAddsUp, Scratch } from './opened.js'

const scratch = new Scratch()

const valid = (user: string, rest: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ user_id: user, timestamp: '2024-03-05T10:00:00Z', event: 'e', ...rest })

interface Read {
  readonly users: readonly string[]
  readonly malformed: number
  readonly rejected: readonly { readonly row: number; readonly record: string | null }[]
}

async function read(path: string, options: DatasetOptions = {}): Promise<Read> {
  return withDataset([path], { threads: 2, ...options }, async ({ engine, events }) => {
    expectAddsUp(events.ledger)
    const users = await engine.rows<{ user: string }>(sql`SELECT user FROM events ORDER BY user`)
    const query = events.rejectsQuery()
    const rejected =
      query === undefined
        ? []
        : await engine.rows<{ row: bigint; record: string | null }>(
            sql`SELECT row, record FROM (${query}) ORDER BY row`,
          )
    return {
      users: users.map(({ user }) => user),
      malformed: events.ledger.rejected.malformed,
      rejected: rejected.map(({ row, record }) => ({ row: Number(row), record })),
    }
  })
}

/** Valid lines before, between and after the damaged ones, which are in the even rows. */
function between(damaged: readonly Buffer[], lineEnd = '\n'): { file: Buffer; users: string[] } {
  const users = [...damaged, ''].map((_, i) => `u${String(i).padStart(4, '0')}`)
  const lines = users.flatMap((user, i) => [Buffer.from(valid(user)), damaged[i]])
  return {
    file: Buffer.concat(
      lines.flatMap((line) => (line === undefined ? [] : [line, Buffer.from(lineEnd)])),
    ),
    users,
  }
}

const isText = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8')).equals(bytes)
/** The bindings take a byte order mark off a text that they give. */
const shown = (bytes: Buffer): string =>
  bytes.toString(isText(bytes) ? 'utf8' : 'latin1').replace(/^\ufeff/, '')

const TYPICAL = Buffer.from(
  valid('cut', {
    properties: { list: [1, -2.5e3, { deep: [true, null] }], text: 'a\\b "é 😀\n', none: {} },
    session_id: 1_709_632_800_000,
  }),
)

/** The line cut at each of its bytes, but for the whole and for nothing. */
const CUT = Array.from({ length: TYPICAL.length - 1 }, (_, i) => TYPICAL.subarray(0, i + 1))

/** What is left when a line's start is lost. */
const TAILS = Array.from({ length: TYPICAL.length - 1 }, (_, i) => TYPICAL.subarray(i + 1))

const text = (...lines: readonly string[]): Buffer[] => lines.map((line) => Buffer.from(line))
const one = valid('one')

const KINDS: Readonly<Record<string, readonly Buffer[]>> = {
  'cut at every byte': CUT,
  'without their start': TAILS,
  'something behind an object': text(`${one} x`, `${one}}`, `${one}"`, `${one}\0`),
  'something before an object': text(`x${one}`, `\0${one}`),
  'other values': text('null', 'true', '12', '"text"', '{]', '[}', '{', '[', '"', ':'),
  'one object over three lines': text('{"user_id":', '"a","timestamp":"2024-03-05T10:00:00Z"', '}'),
  'lists over lines': text('[', '{"a":[', '],', '1,', ']}', ']'),
  'zeros, as in files that were grown before they were written': text(
    '\0'.repeat(4_096),
    '{\0',
    '"\0"',
  ),
  'no UTF-8': [
    Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]),
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    Buffer.concat([Buffer.from(one.slice(0, -1)), Buffer.from([0xc3]), Buffer.from('}')]),
  ],
  'broken escapes': text('{"a":"\\x"}', '{"a":"\\ud800"}', '{"a":"\\u12', '{"a\\'),
}

/** Read value by value, so that brackets alone are no rows and a line may hold more than one bad value. */
const BY_VALUES = new Set(['without their start', 'other values', 'lists over lines'])

describe.each(Object.entries(KINDS))('%s', (kind, damaged) => {
  test.each(['\n', '\r\n'])('between valid lines that end in %j', async (lineEnd) => {
    const { file, users } = between(damaged, lineEnd)
    const found = await read(scratch.write('damaged.ndjson', file))
    expect(found.users).toEqual(users)
    expect(found.rejected.length).toBeGreaterThanOrEqual(found.malformed)
    if (BY_VALUES.has(kind)) {
      expect(found.malformed).toBeGreaterThan(damaged.length / 2)
      return
    }
    expect(found.malformed).toBe(damaged.length)
    expect(found.rejected).toEqual(
      damaged.map((line, i) => ({ row: 2 * i + 2, record: shown(line) })),
    )
  })

  test('each alone before a valid line', async () => {
    // Those that stand for all others; each file is opened by itself.
    for (const [i, line] of damaged.entries()) {
      // A mark at a file's start belongs to the file.
      if (line[0] === 0xef || (damaged.length > 20 && i % 17 !== 0)) continue
      const file = Buffer.concat([line, Buffer.from(`\n${valid('next')}\n`)])
      const found = await read(scratch.write('first.ndjson', file))
      expect({ line: shown(line), ...found }).toMatchObject({
        users: ['next'],
        ...(BY_VALUES.has(kind) ? {} : { malformed: 1 }),
      })
    }
  })
})

/** Wherever a value is due, which is where the engine's reader goes on into the next line. */
const TAKING = CUT.filter((line) => /[:,[]$/.test(line.toString('latin1')))

describe('the same in', () => {
  const { file, users } = between(TAKING)
  const expected = {
    users,
    malformed: TAKING.length,
    rejected: TAKING.map((line, i) => ({ row: 2 * i + 2, record: shown(line) })),
  }

  test.each([
    ['gzip', 'a.ndjson.gz', gzipSync(file)],
    ['a zip', 'a.zip', buildZip([{ name: 'events.ndjson', data: file }])],
    [
      'a zip of gzip',
      'b.zip',
      buildZip([{ name: 'e.ndjson.gz', data: gzipSync(file), stored: true }]),
    ],
    ['a file with a byte order mark', 'b.ndjson', Buffer.concat([Buffer.from('\ufeff'), file])],
    [
      'a file with blank lines',
      'c.ndjson',
      Buffer.from(file.toString('utf8').replaceAll('\n', '\n \t\n\n\v\n')),
    ],
    ['a file without a last line end', 'd.ndjson', file.subarray(0, -1)],
  ])('%s', async (_, name, content) => {
    expect(await read(scratch.write(name, content))).toEqual(expected)
  })

  test('standard input', async () => {
    const { Readable } = await import('node:stream')
    expect(await read('-', { stdin: Readable.from([file]) })).toEqual(expected)
  })

  test('rows that are compared whole', async () => {
    const twice = Buffer.concat([file, Buffer.from(`${valid('u0000')}\n`)])
    const found = await read(scratch.write('twice.ndjson', twice), { dedupe: ['exact'] })
    expect(found).toEqual(expected)
  })

  test('one file of many, whose duplicates are found in the others', async () => {
    const damaged = scratch.write('x.ndjson', file)
    const clean = scratch.write('y.ndjson', `${valid('u0000')}\n${valid('other')}\n`)
    await withDataset([damaged, clean], { dedupe: ['exact'] }, async ({ events }) => {
      expect(events.ledger).toMatchObject({
        kept: users.length + 1,
        duplicates: 1,
        rejected: { malformed: TAKING.length },
      })
    })
  })

  test('rows with a list of events', async () => {
    const batch = (user: string): string =>
      JSON.stringify({
        user_id: user,
        events: [1, 2].map((i) => ({ user_id: user, time: `2024-03-05T10:0${i}:00Z`, event: 'e' })),
      })
    const path = scratch.write(
      'lists.ndjson',
      `${batch('a')}\n{"user_id":"b","events":[\n${batch('c')}\n`,
    )
    const preset = {
      name: 'batches',
      about: '',
      timeZone: 'UTC',
      unnest: 'events',
      detect: [['events']],
      user: ['events.user_id'],
      time: ['events.time'],
      event: ['events.event'],
    }
    await withDataset([path], { presets: [preset], preset: 'batches' }, async ({ events }) => {
      expect(events.ledger).toMatchObject({ read: 5, kept: 4, rejected: { malformed: 1 } })
    })
  })
})
