import { gzipSync } from 'node:zlib'
import {
  Bool,
  BufferType,
  Data,
  DateDay,
  Dictionary,
  Field,
  FixedSizeList,
  Float64,
  Int8,
  Int32,
  Int64,
  List,
  Map_,
  Struct,
  Table,
  type Timestamp,
  TimestampMicrosecond,
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
import { unpackLz4 } from '../../src/sources/lz4.js'
import { sql, text } from '../../src/sql/sql.js'
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
    'JSON',
    ['[1,null]', '[]', null, '[9007199254740993]'],
  ],
  [
    'lists of one size',
    vectorFromArray([[1, 2], null, [3, 4]], new FixedSizeList(2, new Field('item', new Int32()))),
    'JSON',
    ['[1,2]', null, '[3,4]'],
  ],
  [
    'structs',
    vectorFromArray([{ k: 'a"b', v: 1n }, { k: null, v: null }, null], pairs()),
    'JSON',
    ['{"k":"a\\"b","v":1}', '{"k":null,"v":null}', null],
  ],
  [
    'lists of structs',
    vectorFromArray([[{ k: 'a', v: 1n }], null], new List(new Field('item', pairs()))),
    'JSON',
    ['[{"k":"a","v":1}]', null],
  ],
  [
    'maps',
    vectorFromArray([new Map([['a', 1n]]), null], new Map_(new Field('entries', pairs()))),
    'JSON',
    ['{"a":1}', null],
  ],
]

/** Set as the integers they are, which `vectorFromArray` takes for milliseconds. */
function timestamps<T extends Timestamp>(type: T, values: readonly bigint[]): Vector<T> {
  return new Vector([
    new Data(type, 0, values.length, 0, { [BufferType.DATA]: BigInt64Array.from(values) }),
  ])
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
        FROM read_parquet(${text(files[0]?.path ?? '')})`),
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

  it('zstd is refused with a way out', async () => {
    folder().write('a.arrow', Buffer.from(PYARROW_ZSTD, 'base64'))
    expect(await folder().failure(['a.arrow'])).toEqual({
      code: 'unsupported',
      message: 'a.arrow is an Arrow file compressed with zstd.',
      hint: 'Write it with lz4 or without compression, e.g. compression="lz4", or as Parquet.',
    })
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

  it('flipped bytes give an error or rows, never a crash', async () => {
    const whole = Buffer.from(PYARROW_LZ4, 'base64')
    for (let at = 0; at < whole.length; at += 17) {
      const bad = Buffer.from(whole)
      bad.writeUInt8(bad.readUInt8(at) ^ 0xff, at)
      folder().write(`${at}.arrow`, bad)
      try {
        await folder().open([`${at}.arrow`])
      } catch (error) {
        expect(error).toHaveProperty('exitCode')
      }
    }
  })
})

describe('LZ4 frames', () => {
  const frame = (...blocks: readonly (readonly number[])[]): Uint8Array => {
    const header = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]
    const sized = blocks.map((block) => [block.length & 255, block.length >> 8, 0, 0, ...block])
    return Uint8Array.from([...header, ...sized.flat(), 0, 0, 0, 0])
  }
  const unpacked = (bytes: Uint8Array): string => Buffer.from(unpackLz4(bytes)).toString()

  it('literals, and a match that overlaps itself', () => {
    // Two literals, then 4 + 4 bytes from 2 back; last, one literal.
    expect(unpacked(frame([0x24, 0x61, 0x62, 2, 0, 0x10, 0x63]))).toBe('ababababab' + 'c')
  })

  it('lengths of more than fifteen', () => {
    const letters = Array.from({ length: 300 }, () => 0x78)
    expect(unpacked(frame([0xf0, 255, 30, ...letters]))).toBe('x'.repeat(300))
  })

  it.each([
    ['no frame', Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])],
    ['a match before the start', frame([0x14, 0x61, 9, 0, 0x10, 0x62])],
    ['literals beyond the block', frame([0xf0, 200, 0x61])],
  ])('%s is refused', (_, bytes) => {
    expect(() => unpackLz4(bytes)).toThrow(RangeError)
  })
})
