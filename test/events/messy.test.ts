/**
 * What the user gets for each kind of damaged or unusual file: a clear error, or every row counted,
 * with the file and the row of those that are rejected.
 */
import { spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { withDataset } from '../../src/events/dataset.js'
import { open, Scratch } from './opened.js'

const scratch = new Scratch()
const T = (minute: number): string => `2024-03-05T10:${String(minute).padStart(2, '0')}:00Z`
const table = (rows: readonly string[], header = 'user_id,timestamp,event'): string =>
  `${[header, ...rows].join('\n')}\n`
const json = (minute: number, rest: Record<string, unknown> = {}): string =>
  JSON.stringify({ user_id: 'ann', timestamp: T(minute), event: 'e', ...rest })

interface Counted {
  readonly about: string
  readonly name: string
  readonly content: string | Uint8Array
  readonly read: number
  readonly kept: number
  readonly rejected?: Readonly<Record<string, number>>
  /** Rows that are named, with why. */
  readonly rejects?: readonly (readonly [number, string])[]
  readonly events?: readonly string[]
}

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1')

const CSV: readonly Counted[] = [
  {
    about: 'ragged rows: too many and too few fields, once each however many are wrong',
    name: 'ragged.csv',
    content: table([`ann,${T(0)},a`, `ann,${T(1)},b,1,2,3`, 'ann', `ann,${T(2)},c`]),
    read: 4,
    kept: 2,
    rejected: { malformed: 2 },
    rejects: [
      [2, 'malformed'],
      [3, 'malformed'],
    ],
  },
  {
    about: 'a ragged row that spans lines is one row',
    name: 'ragged-lines.csv',
    content: table([`ann,${T(0)},"a\nb"`, `"an\nn",${T(1)},"x\ny",1,2`, `ann,${T(2)},c`]),
    read: 3,
    kept: 2,
    rejected: { malformed: 1 },
    rejects: [[2, 'malformed']],
    events: ['a\nb', 'c'],
  },
  {
    about: 'a quote closed in the middle of a field',
    name: 'quote.csv',
    content: table([`ann,${T(0)},"a"b`, `ann,${T(1)},a"b"`]),
    read: 2,
    kept: 1,
    rejected: { malformed: 1 },
    events: ['a"b"'],
  },
  {
    about: 'Windows line ends',
    name: 'crlf.csv',
    content: table([`ann,${T(0)},a`, `ann,${T(1)},b`]).replaceAll('\n', '\r\n'),
    read: 2,
    kept: 2,
    events: ['a', 'b'],
  },
  {
    about: 'line ends of an old Macintosh',
    name: 'cr.csv',
    content: table([`ann,${T(0)},a`, `ann,${T(1)},b`]).replaceAll('\n', '\r'),
    read: 2,
    kept: 2,
    events: ['a', 'b'],
  },
  {
    about: 'both line ends in one file, as files put together have them',
    name: 'mixed.csv',
    content: `user_id,timestamp,event\r\nann,${T(0)},a\nann,${T(1)},"b\r\nc"\r\nann,${T(2)},d\n1,${T(3)},e\r\n`,
    read: 4,
    kept: 4,
    events: ['e', 'a', 'b\r\nc', 'd'],
  },
  {
    about: 'the other way round',
    name: 'mixed-lf.csv',
    content: `user_id,timestamp,event\nann,${T(0)},a\r\nann,${T(1)},b\nann,${T(2)},c\r\n`,
    read: 3,
    kept: 3,
    events: ['a', 'b', 'c'],
  },
  ...(['\r\n', '\n'] as const).flatMap((end) => {
    const other = end === '\n' ? '\r\n' : '\n'
    const bad = [`bob,${T(1)},x,extra`, 'bob', `bob,${T(1)},"x"y`, `bob,${T(1)},"a\r\nb",1`]
    return bad.map((row, i) => ({
      about: `both line ends, ${JSON.stringify(other)} behind a row that is none (${i})`,
      name: 'mixed-bad.csv',
      content: `user_id,timestamp,event${end}ann,${T(0)},"a${other}b"${end}${row}${other}ann,${T(2)},"c ""d"""${end}ann,${T(3)},e${end}`,
      read: 4,
      kept: 3,
      rejected: { malformed: 1 },
      rejects: [[2, 'malformed']] as const,
      events: [`a${other}b`, 'c "d"', 'e'],
    }))
  }),
  {
    about: 'blank lines',
    name: 'blank.csv',
    content: `user_id,timestamp,event\n\nann,${T(0)},a\n\n\nann,${T(1)},b\n\n`,
    read: 2,
    kept: 2,
  },
  {
    about: 'a byte order mark',
    name: 'bom.csv',
    content: `\ufeff${table([`ann,${T(0)},a`])}`,
    read: 1,
    kept: 1,
  },
  {
    about: 'UTF-16',
    name: 'utf16.csv',
    content: Buffer.from(`\ufeff${table([`änn,${T(0)},ä`])}`, 'utf16le'),
    read: 1,
    kept: 1,
    events: ['ä'],
  },
  {
    about: 'bytes that are not UTF-8',
    name: 'latin1.csv',
    content: latin1(table([`ann,${T(0)},caf\xe9`, `ann,${T(1)},b`])),
    read: 2,
    kept: 1,
    rejected: { malformed: 1 },
    rejects: [[1, 'malformed']],
  },
  {
    about: 'bytes that are not UTF-8 in a column behind others that are not needed',
    name: 'latin1-behind.csv',
    content: latin1(
      table(
        [
          `1,2,3,4,5,6,ann,${T(0)},caf\xe9`,
          `1,2,3,4,5,6,b\xe9a,${T(1)},b`,
          `1,2,3,4,5,6,ann,${T(2)},c`,
          `\xe9,2,3,4,5,6,ann,${T(3)},d`,
        ],
        'a,b,c,d,e,f,user_id,timestamp,event',
      ),
    ),
    read: 4,
    kept: 1,
    rejected: { malformed: 3 },
    rejects: [
      [1, 'malformed'],
      [2, 'malformed'],
      [4, 'malformed'],
    ],
  },
  {
    about: 'NUL bytes stay in the text',
    name: 'nul.csv',
    content: table([`ann,${T(0)},a\0b`, `ann,${T(1)},c`]),
    read: 2,
    kept: 2,
    events: ['a\0b', 'c'],
  },
  {
    about: 'a half-written last line',
    name: 'half.csv',
    content: `${table([`ann,${T(0)},a`])}ann,2024-03-05T10:0`,
    read: 2,
    kept: 1,
    rejected: { malformed: 1 },
    rejects: [[2, 'malformed']],
  },
  {
    about: 'semicolons',
    name: 'semicolon.csv',
    content: table([`ann,${T(0)},a`]).replaceAll(',', ';'),
    read: 1,
    kept: 1,
  },
  {
    about: 'single quotes',
    name: 'single.csv',
    content: `'user_id','timestamp','event'\n'ann','${T(0)}','it''s, well'\n'bob','${T(1)}','b'\n`,
    read: 2,
    kept: 2,
    events: ["it's, well", 'b'],
  },
  {
    about: 'JSON whose quotes are escaped by a backslash',
    name: 'backslash.csv',
    content: `user_id,timestamp,event,properties\nann,${T(0)},a,"{\\"x\\":1,\\"y\\":2}"\nann,${T(1)},b,"{\\"x\\":1}"\n`,
    read: 2,
    kept: 2,
  },
  {
    about: 'a column name that comes twice, and one that is empty',
    name: 'twice.csv',
    content: `user_id,timestamp,event,event,,USER_ID\nann,${T(0)},a,b,c,d\n`,
    read: 1,
    kept: 1,
    events: ['a'],
  },
  {
    about: 'NUL in the header',
    name: 'nul-header.csv',
    content: `user_id,\0timestamp,ev\0ent,\0\nann,${T(0)},a,x\n`,
    read: 1,
    kept: 1,
    events: ['a'],
  },
  {
    about: 'columns that are named as those inside the program',
    name: 'names.csv',
    content: `user_id,timestamp,event,file_index,file,t,fate,key,__user,row,filename,line,__record\nann,${T(0)},a,7,7,7,7,7,7,7,7,7,7\nann,nope,a,7,7,7,7,7,7,7,7,7,7\n`,
    read: 2,
    kept: 1,
    rejected: { bad_time: 1 },
    rejects: [[2, 'bad_time']],
  },
  {
    about: 'a gigantic row of 17 MB',
    name: 'gigantic.csv',
    content: table([`ann,${T(0)},a`, `ann,${T(1)},${'x'.repeat(17e6)}`, `ann,${T(2)},c`]),
    read: 3,
    kept: 3,
  },
]

const JSON_FILES: readonly Counted[] = [
  {
    about: 'lines that are not JSON, not objects, or cut',
    name: 'broken.ndjson',
    content: `${json(0)}\n{"user_id":\n5\n[1]\n"text"\nnull\ntrue\n{}\n${json(1)}${json(2)}\n${json(3)} x\n{"user_id":"ann","timest`,
    // Two objects on one line are two rows.
    read: 12,
    kept: 3,
    rejected: { malformed: 8, no_user: 1 },
    rejects: [
      [2, 'malformed'],
      [3, 'malformed'],
      [4, 'malformed'],
      [5, 'malformed'],
      [6, 'malformed'],
      [7, 'malformed'],
      [8, 'no_user'],
      [11, 'malformed'],
      [12, 'malformed'],
    ],
  },
  {
    about: 'bytes that are not UTF-8, and NUL',
    name: 'bytes.ndjson',
    content: latin1(
      `${json(0)}\n{"user_id":"caf\xe9","timestamp":"${T(1)}"}\n{"user_id":"a\0b"}\n${json(2)}\n`,
    ),
    read: 4,
    kept: 2,
    rejected: { malformed: 2 },
    rejects: [
      [2, 'malformed'],
      [3, 'malformed'],
    ],
  },
  {
    about: 'mixed types in one field: each is its text',
    name: 'mixed.ndjson',
    content: `${[1, 'b', true, null, { a: 1 }, [1]].map((user_id, i) => json(i, { user_id })).join('\n')}\n`,
    read: 6,
    kept: 5,
    rejected: { no_user: 1 },
  },
  {
    about: 'keys that are absent, nested ones of other types, and keys that come later',
    name: 'keys.ndjson',
    content: `${json(0)}\n{"user_id":"ann"}\n${json(1, { properties: { a: 1 } })}\n${json(2, { properties: 5 })}\n${json(3, { properties: 'x', more: { b: 1 } })}\n`,
    read: 5,
    kept: 4,
    rejected: { no_time: 1 },
    rejects: [[2, 'no_time']],
  },
  {
    about: 'a key that comes twice in one object: the first counts',
    name: 'twice.ndjson',
    content: `{"user_id":"ann","user_id":"bob","timestamp":"${T(0)}","event":"e"}\n`,
    read: 1,
    kept: 1,
  },
  {
    about: 'keys that differ by case only',
    name: 'case.ndjson',
    content: `{"user_id":"ann","User_Id":"bob","timestamp":"${T(0)}","event":"e","p":{"a":1,"A":2}}\n`,
    read: 1,
    kept: 1,
  },
  {
    about: 'keys with NUL, which no query can name',
    name: 'nul-keys.ndjson',
    content: `{"user_id":"ann","a\\u0000b":1,"p":{"c\\u0000":2},"timestamp":"${T(0)}","event":"e"}\n`,
    read: 1,
    kept: 1,
  },
  {
    about: 'blank lines, Windows line ends, a byte order mark',
    name: 'loose.ndjson',
    content: `\ufeff${json(0)}\r\n\r\n   \r\n${json(1)}`,
    read: 2,
    kept: 2,
  },
  {
    about: 'a gigantic line of 17 MB',
    name: 'gigantic.ndjson',
    content: `${json(0)}\n${json(1, { x: 'x'.repeat(17e6) })}\n${json(2)}\n`,
    read: 3,
    kept: 3,
  },
  {
    about: 'a line of 40 MB',
    name: 'larger.ndjson',
    content: `${json(0)}\n${json(1, { x: 'x'.repeat(40e6) })}\n{"broken\n${json(2)}\n`,
    read: 4,
    kept: 3,
    rejected: { malformed: 1 },
    rejects: [[3, 'malformed']],
  },
  {
    about: 'pretty-printed objects',
    name: 'pretty.json',
    content: [0, 1].map((i) => JSON.stringify(JSON.parse(json(i)), null, 2)).join('\n'),
    read: 2,
    kept: 2,
  },
  {
    about: 'an array with values that are no objects',
    name: 'array.json',
    content: `[${json(0)}, 5, null, [1], "x", {}, ${json(1)}]`,
    read: 7,
    kept: 2,
    rejected: { malformed: 4, no_user: 1 },
    rejects: [
      [2, 'malformed'],
      [3, 'malformed'],
      [4, 'malformed'],
      [5, 'malformed'],
      [6, 'no_user'],
    ],
  },
]

const LOGS: readonly Counted[] = [
  {
    about: 'lines of a log that are something else',
    name: 'access.log',
    content: latin1(
      [
        '1.1.1.1 - - [05/Mar/2024:10:00:00 +0000] "GET /caf\xe9 HTTP/1.1" 200 1 "-" "a"',
        '1.1.1.1 - - [05/Mar/2024:10:01:00 +0000] "GET /\0 HTTP/1.1" 200 1 "-" "a"',
        'segmentation fault',
        '',
        '1.1.1.1 - - [05/Mar/2024:10:02:00 +0000] "\\x16\\x03" 400 1 "-" "a"',
        '1.1.1.1 - - [99/Mar/2024:10:02:00 +0000] "GET / HTTP/1.1" 200 1 "-" "a"',
        '1.1.1.1 - - [05/Mar/2024:10:03:00 +0000] "GET / HTTP/1.1" 200 1 "-" "a"',
        '',
      ].join('\n'),
    ),
    read: 6,
    kept: 3,
    rejected: { malformed: 2, bad_time: 1 },
  },
  {
    about: 'a W3C log with a short line and directives in the middle',
    name: 'w3c.log',
    content: `#Fields: date time c-ip cs-method cs-uri-stem\n2024-03-05 10:00:00 1.1.1.1 GET /a\n#Date: 2024-03-05\n#Fields: date time c-ip cs-method cs-uri-stem\n2024-03-05 10:01:00 1.1.1.1 GET\n2024-03-05 10:02:00 1.1.1.1 GET /b\n`,
    read: 3,
    kept: 2,
    rejected: { malformed: 1 },
    rejects: [[2, 'malformed']],
  },
]

describe.each([
  ['CSV', CSV],
  ['JSON', JSON_FILES],
  ['logs', LOGS],
] as const)('%s', (_, cases) => {
  test.each(cases)(
    '$about',
    async ({ name, content, read, kept, rejected, rejects, events }) => {
      const path = scratch.write(name, content)
      const opened = await open([path])
      expect({
        read: opened.ledger.read,
        kept: opened.ledger.kept,
        rejected: Object.fromEntries(
          Object.entries(opened.ledger.rejected).filter(([, n]) => n > 0),
        ),
      }).toEqual({ read, kept, rejected: rejected ?? {} })
      if (rejects !== undefined) {
        expect(opened.rejects.map(({ row, reason }) => [row, reason])).toEqual(rejects)
        expect(opened.rejects.every(({ file }) => file === path)).toBe(true)
      }
      if (events !== undefined) expect(opened.events.map((event) => event.name)).toEqual(events)
    },
    300_000,
  )
})

interface Failing {
  readonly about: string
  readonly name: string
  readonly content: string
  readonly code: string
  readonly message: string
}

const FAILING: readonly Failing[] = [
  {
    about: 'a quote that is never closed would take the rows after it with it',
    name: 'open-quote.csv',
    content: table([`ann,${T(0)},a`, `ann,${T(1)},"b`, `ann,${T(2)},c`]),
    code: 'input_corrupt',
    message: 'row 2: a quote is opened and never closed',
  },
  {
    about: 'a JSON array cut short',
    name: 'cut.json',
    content: `[${json(0)},${json(1).slice(0, 20)}`,
    code: 'input_corrupt',
    message: 'ends in the middle of its JSON',
  },
  {
    about: 'nothing but a header',
    name: 'header.csv',
    content: table([]),
    code: 'no_events',
    message: 'no rows',
  },
  {
    about: 'an array of nothing',
    name: 'nothing.json',
    content: '[]',
    code: 'no_events',
    message: 'no rows',
  },
]

const access = (minute: number, path: string): string =>
  `1.1.1.1 - - [05/Mar/2024:10:0${minute}:00 +0000] "GET ${path} HTTP/1.1" 200 1`

describe('a line of text that is longer than the engine takes is named, and not passed over', () => {
  const long = 'x'.repeat(70e6)
  const rows = Array.from({ length: 31 }, () => `bob,${T(0)},${'y'.repeat(1e6)}`)
  const log = `${access(0, '/a')}\n${access(1, `/${long}`)}\n${access(2, '/c')}\n`
  test.each([
    ['at the start', 'a.csv', table([`ann,${T(0)},a`, `ann,${T(1)},${long}`]), 3],
    ['of 40 MB, over the end of a buffer', 'b.csv', table([...rows, long.slice(0, 40e6)]), 33],
    ['without an end', 'c.csv', table([`ann,${T(0)},a`, long]).trimEnd(), 3],
    ['of a log', 'd.log', log, 2],
    ['in gzip', 'e.log', gzipSync(log, { level: 1 }), 2],
    ['in a large gzip', 'f.csv', gzipSync(table([...rows, long]), { level: 0 }), 33],
  ] as const)('%s', async (_, name, content, line) => {
    const path = scratch.write(name, content)
    await expect(withDataset([path], {}, async () => 'read')).rejects.toMatchObject({
      code: 'input_corrupt',
      message: `${path} has a line of more than 32 MB, line ${line}, which cannot be read.`,
    })
  })

  test('of a table inside zstd', async () => {
    const path = scratch.write('g.csv', table([`ann,${T(0)},a`, `ann,${T(1)},${long}`]))
    expect(spawnSync('zstd', ['-q', path]).status).toBe(0)
    await expect(open([`${path}.zst`])).rejects.toMatchObject({
      code: 'input_corrupt',
      message: `${path}.zst has a line of more than 32 MB, which cannot be read.`,
    })
  })

  test('lines of 31 MB are read, over the end of a buffer too', async () => {
    const wide = table([...rows, ...rows.slice(1), `ann,${T(1)},${long.slice(0, 31e6)}`])
    expect((await open([scratch.write('h.csv', wide)])).ledger).toMatchObject({
      read: 62,
      kept: 62,
    })
  })

  test('a line of NDJSON is read', async () => {
    const content = `${json(0)}\n${json(1, { x: long })}\n${json(2)}\n`
    expect((await open([scratch.write('i.ndjson', content)])).ledger).toMatchObject({ kept: 3 })
  }, 300_000)
})

test.each([
  ['a row that is none', `[${json(0)},\n${json(1)},\n{"user_id":x}]`, 2],
  ['a comma too many and one too few', `[${json(0)},{"a" 2},${json(1)}]`, 2],
  ['something behind the last row', `[${json(0)}] }`, 1],
  ['objects over lines, one broken', `{\n${json(0).slice(1)}\n{\n"user_id":x}`, 1],
  [
    'objects over lines, cut short',
    `{\n"user_id": "ann",\n"timestamp": "${T(0)}"\n}\n{\n"user_id": "ann",\n "x": {"a": 1}`,
    1,
  ],
] as const)('JSON with %s counts it, and keeps the others', async (_, content, kept) => {
  const { ledger } = await open([scratch.write('broken.json', content)])
  expect(ledger).toMatchObject({ read: kept + 1, kept, rejected: { malformed: 1 } })
})

test.each(FAILING)('$about', async ({ name, content, code, message }) => {
  await expect(open([scratch.write(name, content)])).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  })
})

describe('several files', () => {
  test('empty ones among many are passed over and listed; an empty array counts nothing', async () => {
    const files = [
      scratch.write('a.csv', table([`ann,${T(0)},a`])),
      scratch.write('empty.csv', ''),
      scratch.write('blank.ndjson', '\n\n'),
      scratch.write('array.json', '[]'),
      scratch.write('header.csv', table([])),
    ]
    const { ledger } = await open(files)
    expect(ledger).toMatchObject({ read: 1, kept: 1 })
    expect(ledger.skipped.map(({ why }) => why)).toEqual(['empty', 'empty'])
    expect(ledger.files).toHaveLength(3)
  })

  test('columns that come in a later file, in other orders and formats', async () => {
    const files = [
      scratch.write('a.csv', table([`ann,${T(0)},a`])),
      scratch.write('b.csv', table([`web,b,${T(1)},ann`], 'platform,event,timestamp,user_id')),
      scratch.write('c.ndjson', `${json(2)}\n${json(3, { platform: 'ios' })}\n`),
    ]
    const { ledger, opened } = await open(files, { dimensions: ['platform'] })
    expect(ledger.kept).toBe(4)
    expect(opened.dimensions).toHaveLength(1)
  })

  test('a column in one of many rows of one of many files is found when it is asked for', async () => {
    const files = Array.from({ length: 40 }, (_, file) => {
      const rows = Array.from({ length: 900 }, (_, row) =>
        json(row % 60, file === 20 && row === 890 ? { rare: 'x' } : {}),
      )
      return scratch.write(`${file}.ndjson`, `${rows.join('\n')}\n`)
    })
    const { ledger } = await open(files, { where: "rare = 'x'" })
    expect(ledger).toMatchObject({ read: 36_000, kept: 1 })
    await expect(open(files, { dimensions: ['none'] })).rejects.toMatchObject({
      code: 'unknown_column',
    })
  })

  test('Parquet files whose columns have other types', async () => {
    const files = await Promise.all([
      scratch.parquet(
        `SELECT 1 AS user_id, TIMESTAMP '2024-03-05 10:00:00' AS "timestamp", 'a' AS event, {'x': 1} AS p`,
      ),
      scratch.parquet(
        `SELECT '1' AS user_id, '2024-03-05 10:01:00' AS "timestamp", 'b' AS event, '{"x": 1}' AS p`,
      ),
      scratch.parquet(
        `SELECT 1.0::DOUBLE AS user_id, 1709632920000 AS "timestamp", 'c' AS event, [1] AS p, 5 AS more`,
      ),
      scratch.parquet(
        `SELECT 1::BIGINT AS user_id, TIMESTAMP '2024-03-05 10:03:00' AS "timestamp", 'd' AS event, {'x': 1, 'y': 2} AS p`,
      ),
    ])
    const { events } = await open(files)
    expect(events.map(({ user, name }) => user + name)).toEqual(['1a', '1b', '1c', '1d'])
  })

  test('Parquet columns named as the engine’s virtual ones', async () => {
    const path = await scratch.parquet(
      `SELECT 'ann' AS user_id, TIMESTAMP '2024-03-05 10:00:00' AS "timestamp", 'a' AS event, 7 AS file_index, 8 AS file_row_number, 'x' AS filename UNION ALL SELECT NULL, NULL, 'b', 1, 2, 'y'`,
    )
    const other = scratch.write('z.csv', table([`ann,${T(1)},b`]))
    const { ledger, rejects } = await open([path, other])
    expect(ledger.files.map(({ kept }) => kept).sort()).toEqual([1, 1])
    expect(rejects).toMatchObject([{ file: path, row: 2, reason: 'no_user' }])
  })

  test('a file_index column in NDJSON and in several CSV files', async () => {
    const csv = (minute: number): string =>
      scratch.write('i.csv', table([`ann,${T(minute)},a,9`], 'user_id,timestamp,event,file_index'))
    const { ledger } = await open(
      [csv(0), csv(1), scratch.write('i.ndjson', `${json(2, { file_index: 9 })}\n`)],
      { dimensions: ['file_index'] },
    )
    expect(ledger.files.map(({ kept }) => kept)).toEqual([1, 1, 1])
  })
})

describe('columns with odd names', () => {
  test('dots, quotes, commas, pluses, blanks and keywords', async () => {
    const path = scratch.write(
      'odd.csv',
      `"a.b","the ""user""","x,y","p+q",select,timestamp\n1,ann,2,3,4,${T(0)}\n`,
    )
    for (const name of ['a.b', 'the "user"', 'x,y', 'p+q', 'select']) {
      const { events, mapping } = await open([path], { user: [name], dimensions: [name] })
      expect(mapping.user).toEqual([name])
      expect(events).toHaveLength(1)
    }
  })

  test('dots in JSON keys, and keys below them', async () => {
    const path = scratch.write(
      'dots.ndjson',
      `{"user.id":"ann","context.app":{"v.1":"x","n":{"m":"y"}},"timestamp":"${T(0)}"}\n`,
    )
    const { events } = await open([path], { user: ['user.id'], event: 'context.app.n.m' })
    expect(events).toMatchObject([{ user: 'ann', name: 'y' }])
  })
})
