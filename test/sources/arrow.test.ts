import { gzipSync } from 'node:zlib'
import {
  Bool,
  BufferType,
  Data,
  type DataType,
  DateDay,
  DateMillisecond,
  Decimal,
  Dictionary,
  Field,
  FixedSizeList,
  Float64,
  Int8,
  Int32,
  Int64,
  Interval,
  IntervalUnit,
  List,
  Map_,
  Null,
  type RecordBatch,
  RecordBatchStreamWriter,
  SparseUnion,
  Struct,
  Table,
  TimeSecond,
  type Timestamp,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  tableFromArrays,
  tableToIPC,
  Uint64,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engines/duckdb.js'
import { readParquet } from '../../src/engines/files.js'
import { unpackLz4 } from '../../src/sources/lz4.js'
import { partsOf } from '../../src/sources/source.js'
import { sql, text } from '../../src/sql/sql.js'
import { open } from '../events/opened.js'
import { POLARS_VIEWS, PYARROW_LZ4, PYARROW_ZSTD } from './arrow-samples.js'
import { eachTestHasAFolder, stdinOf } from './folder.js'

const folder = eachTestHasAFolder()
let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ tempDirectory: '' })
})
afterAll(() => {
  engine.close()
})

/** What the engine sees of an Arrow file: types by column, and rows as text. */
async function seen(content: Uint8Array): Promise<{ types: string[]; rows: (string | null)[][] }> {
  folder().write('a.arrow', Buffer.from(content))
  const { files } = await folder().open(['a.arrow'])
  expect(files).toMatchObject([{ label: 'a.arrow', format: 'arrow', compression: 'none' }])
  const source = sql`read_parquet(${text(files[0]?.path ?? '')})`
  const types = (await engine.describe(sql`SELECT * FROM ${source}`)).map(({ type }) => type)
  const rows = await engine.rows<Record<string, string | null>>(
    sql`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ${source}`,
  )
  return { types, rows: rows.map((row) => Object.values(row)) }
}

async function seenColumn(vector: Vector): Promise<{ type: string; values: unknown[] }> {
  const { types, rows } = await seen(tableToIPC(new Table({ x: vector }), 'file'))
  return { type: types[0] ?? '', values: rows.map(([value]) => value) }
}

/** A new one each time: a map renames the fields of the one it is given. */
const pairs = (): Struct => new Struct([new Field('k', new Utf8()), new Field('v', new Int64())])

const cases: readonly [what: string, vector: Vector, type: string, values: unknown[]][] = [
  [
    'bigints beyond a double',
    vectorFromArray([9007199254740993n, null, -1n], new Int64()),
    'BIGINT',
    ['9007199254740993', null, '-1'],
  ],
  [
    'unsigned 64 bits',
    vectorFromArray([18446744073709551615n, 0n], new Uint64()),
    'UBIGINT',
    ['18446744073709551615', '0'],
  ],
  [
    'small integers',
    vectorFromArray([-128, null, 127], new Int8()),
    'TINYINT',
    ['-128', null, '127'],
  ],
  [
    'doubles',
    vectorFromArray([0.1, null, -1e300], new Float64()),
    'DOUBLE',
    ['0.1', null, '-1e+300'],
  ],
  [
    'booleans',
    vectorFromArray([true, null, false, true], new Bool()),
    'BOOLEAN',
    ['true', null, 'false', 'true'],
  ],
  [
    'text',
    vectorFromArray(['ä😀', '', null, 'x'.repeat(100)], new Utf8()),
    'VARCHAR',
    ['ä😀', '', null, 'x'.repeat(100)],
  ],
  ['only nulls', vectorFromArray([null, null], new Utf8()), 'VARCHAR', [null, null]],
  [
    'a dictionary',
    vectorFromArray(['a', 'b', null, 'a'], new Dictionary(new Utf8(), new Int32())),
    'VARCHAR',
    ['a', 'b', null, 'a'],
  ],
  [
    'days',
    vectorFromArray([new Date('1969-12-31'), null], new DateDay()),
    'DATE',
    ['1969-12-31', null],
  ],
  [
    'microseconds without a zone',
    timestamps(new TimestampMicrosecond(), [1n, -1n]),
    'TIMESTAMP',
    ['1970-01-01 00:00:00.000001', '1969-12-31 23:59:59.999999'],
  ],
  [
    'microseconds with a zone',
    timestamps(new TimestampMicrosecond('Europe/Paris'), [1_700_000_000_000_000n]),
    'TIMESTAMP WITH TIME ZONE',
    ['2023-11-14 22:13:20+00'],
  ],
  [
    'nanoseconds',
    timestamps(new TimestampNanosecond(), [1_700_000_000_123_456_789n]),
    'TIMESTAMP_NS',
    ['2023-11-14 22:13:20.123456789'],
  ],
  [
    'seconds',
    timestamps(new TimestampSecond(), [1_700_000_000n]),
    'TIMESTAMP',
    ['2023-11-14 22:13:20'],
  ],
  [
    'lists',
    vectorFromArray(
      [[1n, null], [], null, [9007199254740993n]],
      new List(new Field('item', new Int64())),
    ),
    'BIGINT[]',
    ['[1, NULL]', '[]', null, '[9007199254740993]'],
  ],
  [
    'lists of one size',
    vectorFromArray([[1, 2], null, [3, 4]], new FixedSizeList(2, new Field('item', new Int32()))),
    'INTEGER[]',
    ['[1, 2]', null, '[3, 4]'],
  ],
  [
    'structs',
    vectorFromArray([{ k: 'a"b', v: 1n }, { k: null, v: null }, null], pairs()),
    'STRUCT(k VARCHAR, v BIGINT)',
    [`{'k': 'a"b', 'v': 1}`, `{'k': NULL, 'v': NULL}`, null],
  ],
  [
    'lists of structs',
    vectorFromArray([[{ k: 'a', v: 1n }], null], new List(new Field('item', pairs()))),
    'STRUCT(k VARCHAR, v BIGINT)[]',
    [`[{'k': a, 'v': 1}]`, null],
  ],
  [
    'maps',
    vectorFromArray([new Map([['a', 1n]]), null], new Map_(new Field('entries', pairs()))),
    'MAP(VARCHAR, BIGINT)',
    ['{a=1}', null],
  ],
  [
    'seconds in lists',
    vectorFromArray([[0], null], new List(new Field('item', new TimeSecond()))),
    'TIME[]',
    [`['00:00:00']`, null],
  ],
  [
    'days as milliseconds',
    raw(new DateMillisecond(), BigInt64Array.of(1_699_920_000_000n, -1n)),
    'DATE',
    ['2023-11-14', '1969-12-31'],
  ],
  ['seconds of a day', raw(new TimeSecond(), Int32Array.of(3600)), 'TIME', ['01:00:00']],
  [
    'decimals',
    raw(new Decimal(2, 10), Uint32Array.of(12345, 0, 0, 0, ...minusOne(4)), 2),
    'DECIMAL(10,2)',
    ['123.45', '-0.01'],
  ],
  [
    'decimals of 256 bits',
    raw(new Decimal(2, 50, 256), Uint32Array.of(12345, ...Array(7).fill(0), ...minusOne(8)), 2),
    'VARCHAR',
    ['123.45', '-0.01'],
  ],
  [
    'intervals',
    raw(new Interval(IntervalUnit.MONTH_DAY_NANO), Int32Array.of(5, 1, 2, 0), 1),
    'VARCHAR',
    ['[5,1,2,0]'],
  ],
  ['unions', union(['a', null, null], [null, 1, null]), 'VARCHAR', ['a', '1', null]],
  ['nulls of no type', vectorFromArray([null, null], new Null()), 'INTEGER', [null, null]],
]

/** Set as the integers they are, which `vectorFromArray` takes for milliseconds. */
function timestamps<T extends Timestamp>(type: T, values: readonly bigint[]): Vector<T> {
  return raw(type, BigInt64Array.from(values))
}

function raw<T extends DataType>(type: T, values: T['TArray'], rows = values.length): Vector<T> {
  return new Vector([new Data(type, 0, rows, 0, { [BufferType.DATA]: values })])
}

/** Of each row the second where the first is null. */
function union(texts: (string | null)[], numbers: (number | null)[]): Vector {
  const columns: Vector[] = [
    vectorFromArray(texts, new Utf8()),
    vectorFromArray(numbers, new Int32()),
  ]
  const type = new SparseUnion(
    [0, 1],
    columns.map(({ type }, i) => new Field(`${i}`, type, true)),
  )
  const typeIds = Int8Array.from(texts, (text) => (text === null ? 1 : 0))
  const children = columns.flatMap(({ data }) => data)
  return new Vector([new Data(type, 0, texts.length, 0, { [BufferType.TYPE]: typeIds }, children)])
}

/** The words of -1. */
function minusOne(words: number): number[] {
  return Array.from({ length: words }, () => 0xffffffff)
}

describe('Arrow columns, as the engine sees them', () => {
  it.each(cases)('%s', async (_, vector, type, values) => {
    expect(await seenColumn(vector)).toEqual({ type, values })
  })

  it('nulls anywhere, over several row groups', async () => {
    const rows = 300_000
    const value = (i: number): string | null =>
      i % 7 === 3 || i % 1000 < 40 ? null : `v${i % 501}`
    const values = Array.from({ length: rows }, (_, i) => value(i))
    const table = new Table({
      s: vectorFromArray(values, new Utf8()),
      d: vectorFromArray(values, new Dictionary(new Utf8(), new Int32())),
      n: vectorFromArray(
        values.map((text) => (text === null ? null : text.length)),
        new Int32(),
      ),
      i: vectorFromArray(
        Array.from(values, (_, i) => i),
        new Int32(),
      ),
    })
    folder().write('a.arrow', Buffer.from(tableToIPC(table, 'stream')))
    const { files } = await folder().open(['a.arrow'])
    const expected = sql`CASE WHEN i % 7 = 3 OR i % 1000 < 40 THEN NULL ELSE 'v' || (i % 501) END`
    expect(
      await engine.row(sql`
        SELECT count(*) AS rows, count(*) FILTER (s IS DISTINCT FROM ${expected}) AS s,
          count(*) FILTER (d IS DISTINCT FROM ${expected}) AS d,
          count(*) FILTER (n IS DISTINCT FROM length(${expected})) AS n
        FROM ${readParquet(files.flatMap(partsOf))}`),
    ).toEqual({ rows: BigInt(rows), s: 0n, d: 0n, n: 0n })
  })
})

describe('Arrow files and streams', () => {
  const table = tableFromArrays({ user: ['a', 'b'], time: [1, 2] })

  it.each([
    ['a file', Buffer.from(tableToIPC(table, 'file'))],
    ['a stream', Buffer.from(tableToIPC(table, 'stream'))],
    ['in gzip', gzipSync(tableToIPC(table, 'file'))],
  ])('%s', async (_, content) => {
    expect((await seen(content)).rows).toEqual([
      ['a', '1.0'],
      ['b', '2.0'],
    ])
  })

  it('from standard input, with one spooled file left', async () => {
    const stdin = stdinOf(Buffer.from(tableToIPC(table, 'stream')))
    const { files } = await folder().open(['-'], { stdin })
    expect(files).toMatchObject([{ label: '(stdin)', format: 'arrow' }])
    expect(folder().spooled()).toBe(1)
  })

  it('LZ4, as pandas and R write it', async () => {
    const { types, rows } = await seen(Buffer.from(PYARROW_LZ4, 'base64'))
    expect(types).toEqual(['VARCHAR', 'TIMESTAMP'])
    expect(rows).toHaveLength(200)
    expect(rows[199]).toEqual(['user 3', '2023-11-14 22:16:39'])
  })

  it('text views, as polars writes it', async () => {
    const { rows } = await seen(Buffer.from(POLARS_VIEWS, 'base64'))
    expect(rows).toEqual([['short'], ['a text of more than twelve bytes'], [null], ['ä'.repeat(9)]])
  })

  it('zstd', async () => {
    const { rows } = await seen(Buffer.from(PYARROW_ZSTD, 'base64'))
    expect(rows).toEqual(Array.from({ length: 50 }, (_, i) => [`user ${i % 7}`]))
  })

  it('a long one in parts, its dictionary known in each, its rows numbered through', async () => {
    const rows = 3000
    const users = vectorFromArray(['ann', 'bob', null], new Dictionary(new Utf8(), new Int32()))
    const filler = 'x'.repeat(10_000)
    const batch = (from: number, user: number | null): RecordBatch => {
      const [data] = users.data
      const times = BigInt64Array.from({ length: rows }, (_, i) => BigInt(from + i) * 1000n)
      const texts = Array.from({ length: rows }, () => filler)
      const table = new Table({
        user: new Vector([
          new Data(
            users.type,
            0,
            rows,
            user === null ? rows : 0,
            {
              [BufferType.DATA]: new Int32Array(rows).fill(user ?? 0),
              ...(user === null ? { [BufferType.VALIDITY]: new Uint8Array(rows / 8) } : {}),
            },
            [],
            data?.dictionary,
          ),
        ]),
        time: raw(new TimestampMillisecond('UTC'), times),
        text: vectorFromArray(texts, new Utf8()),
      })
      const [only] = table.batches
      if (only === undefined) throw new Error('no batch')
      return only
    }
    const batches = [batch(0, 0), batch(rows, 1), batch(2 * rows, null)]
    const path = folder().write(
      'a.arrow',
      Buffer.from(RecordBatchStreamWriter.writeAll(batches).toUint8Array(true)),
    )
    expect((await folder().open(['a.arrow'])).files[0]?.parts).toHaveLength(3)
    const { ledger, rejects } = await open([path])
    expect(ledger).toMatchObject({ read: 3 * rows, kept: 2 * rows, rejected: { no_user: rows } })
    expect(rejects[0]).toMatchObject({ row: 2 * rows + 1, reason: 'no_user' })
  })

  it('cut anywhere, a file is never taken for whole', async () => {
    const whole = Buffer.from(tableToIPC(table, 'file'))
    for (let length = 8; length < whole.length; length += 13) {
      folder().write('a.arrow', whole.subarray(0, length))
      expect((await folder().failure(['a.arrow'])).code).toBe('input_corrupt')
    }
  })

  it('a stream cut inside a message', async () => {
    const whole = Buffer.from(PYARROW_LZ4, 'base64')
    for (const length of [20, 200, 600, 1000]) {
      folder().write('a.arrow', whole.subarray(0, length))
      expect((await folder().failure(['a.arrow'])).code).toBe('input_corrupt')
    }
  })

  const uncompressed = new Table({
    user: vectorFromArray(['a', 'b', null, 'a'], new Dictionary(new Utf8(), new Int32())),
    seen: raw(new TimestampSecond(), BigInt64Array.of(1n, 2n, 3n, 4n)),
    tags: vectorFromArray([['x'], [], null, ['y', 'z']], new List(new Field('item', new Utf8()))),
  })
  const damaged: readonly [what: string, whole: Buffer][] = [
    ['LZ4', Buffer.from(PYARROW_LZ4, 'base64')],
    ['zstd', Buffer.from(PYARROW_ZSTD, 'base64')],
    ['views', Buffer.from(POLARS_VIEWS, 'base64')],
    ['a file', Buffer.from(tableToIPC(uncompressed, 'file'))],
    ['a stream', Buffer.from(tableToIPC(uncompressed, 'stream'))],
  ]
  it.each(damaged)(
    'flipped bytes of %s give an error or all rows, and are read the same after',
    async (_, whole) => {
      const good = await seen(whole)
      const step = Math.max(5, Math.floor(whole.length / 150))
      for (let at = 8; at < whole.length; at += step) {
        const bad = Buffer.from(whole)
        bad.writeUInt8(bad.readUInt8(at) ^ 0xff, at)
        const name = `${at}.arrow`
        folder().write(name, bad)
        const read = await folder()
          .open([name])
          .catch((error: unknown) => error)
        if (!('files' in Object(read))) {
          expect(read).toHaveProperty('exitCode', 3)
          continue
        }
        const { rows } = await seen(bad).catch(() => good)
        expect(rows).toHaveLength(good.rows.length)
      }
      expect(await seen(whole)).toEqual(good)
    },
  )
})

describe('LZ4 frames', () => {
  const frame = (...blocks: readonly (readonly number[])[]): Uint8Array => {
    const header = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]
    const sized = blocks.map((block) => [block.length & 255, block.length >> 8, 0, 0, ...block])
    return Uint8Array.from([...header, ...sized.flat(), 0, 0, 0, 0])
  }
  const unpacked = (bytes: Uint8Array, size: number): string =>
    Buffer.from(unpackLz4(bytes, size)).toString()

  it('literals, and a match that overlaps itself', () => {
    // Two literals, then 4 + 4 bytes from 2 back; last, one literal.
    expect(unpacked(frame([0x24, 0x61, 0x62, 2, 0, 0x10, 0x63]), 11)).toBe('ababababab' + 'c')
  })

  it('lengths of more than fifteen', () => {
    const letters = Array.from({ length: 300 }, () => 0x78)
    expect(unpacked(frame([0xf0, 255, 30, ...letters]), 300)).toBe('x'.repeat(300))
  })

  it.each([
    ['no frame', Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])],
    ['a match before the start', frame([0x14, 0x61, 9, 0, 0x10, 0x62])],
    ['literals beyond the block', frame([0xf0, 200, 0x61])],
  ])('%s is refused', (_, bytes) => {
    expect(() => unpackLz4(bytes, 100)).toThrow(RangeError)
  })
})
