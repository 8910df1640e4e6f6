/** `--dedupe`: which rows are one event. */
import { describe, expect, test } from 'vitest'
import { open, Scratch } from './opened.js'

const scratch = new Scratch()
const csv = scratch.write(
  'events.csv',
  `user_id,timestamp,event,insert_id,note
ann,2024-03-05T10:00:00Z,a,i1,x
ann,2024-03-05T10:00:00Z,a,i1,x
ann,2024-03-05T10:00:00Z,a,i1,y
ann,2024-03-05T10:00:00Z,a,,x
ann,2024-03-05T10:00:00Z,a,,x
`,
)

const counts = async (
  files: readonly string[],
  dedupe: readonly string[] | undefined,
): Promise<[number, number]> => {
  const { ledger } = await open(files, dedupe === undefined ? {} : { dedupe })
  return [ledger.kept, ledger.duplicates]
}

test.each<[readonly string[] | undefined, [number, number]]>([
  // No preset, so no key is assumed.
  [undefined, [5, 0]],
  [['none'], [5, 0]],
  [['insert_id'], [3, 2]],
  [['exact'], [3, 2]],
  [
    ['user_id', 'timestamp'],
    [1, 4],
  ],
  [['user_id+note'], [2, 3]],
])('%j', async (dedupe, expected) => expect(await counts([csv], dedupe)).toEqual(expected))

describe('exact', () => {
  test('JSON: keys that are not needed count too', async () => {
    const row = (x: number): string =>
      `{"user_id":"ann","timestamp":"2024-03-05T10:00:00Z","event":"a","deep":{"x":${x}}}\n`
    const path = scratch.write('e.ndjson', `${row(1)}${row(1)}${row(2)}{broken\n{broken\n`)
    const { ledger } = await open([path], { dedupe: ['exact'] })
    expect(ledger).toMatchObject({ read: 5, kept: 2, duplicates: 1, rejected: { malformed: 2 } })
  })

  test('a key that first comes far behind counts as well', async () => {
    const row = (rest: string): string =>
      `{"user_id":"ann","timestamp":"2024-03-05T10:00:00Z","event":"a"${rest}}\n`
    const path = scratch.write(
      'f.ndjson',
      row('').repeat(30_000) + row(',"late":1') + row(',"late":2'),
    )
    expect(await counts([path], ['exact'])).toEqual([3, 29_999])
  })

  test('Parquet, logs and files of one format', async () => {
    const parquet = await scratch.parquet(
      `SELECT 'ann' AS user_id, TIMESTAMP '2024-03-05 10:00:00' AS "timestamp", i // 2 AS x FROM range(4) t(i)`,
    )
    expect(await counts([parquet], ['exact'])).toEqual([2, 2])
    const line = '1.1.1.1 - - [05/Mar/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "a"\n'
    expect(await counts([scratch.write('a.log', line + line)], ['exact'])).toEqual([1, 1])
    const copy = scratch.write(
      'copy.csv',
      'user_id,timestamp,event,insert_id,note\nann,2024-03-05T10:00:00Z,a,i1,x\n',
    )
    expect(await counts([csv, copy], ['exact'])).toEqual([3, 3])
  })
})

test('insert_id means the preset’s key', async () => {
  const row = (uuid: string, insert: string): string =>
    `{"amplitude_id":1,"event_type":"a","event_time":"2024-03-05 10:00:00","session_id":1,"uuid":"${uuid}","device_id":"d","$insert_id":"${insert}"}\n`
  const path = scratch.write('a.ndjson', row('1', 'x') + row('2', 'x') + row('3', 'y'))
  expect(await counts([path], undefined)).toEqual([3, 0])
  expect(await counts([path], ['insert_id'])).toEqual([2, 1])
})

test('no insert id anywhere', async () => {
  const path = scratch.write('n.csv', 'user_id,timestamp\nann,2024-03-05T10:00:00Z\n')
  await expect(open([path], { dedupe: ['insert_id'] })).rejects.toMatchObject({
    code: 'unknown_column',
  })
})

test('the one that stays does not depend on the order of rows', async () => {
  const lines = [
    'ann,2024-03-05T10:00:00Z,b,k',
    'ann,2024-03-05T10:00:00Z,a,k',
    'bob,2024-03-05T09:00:00Z,z,k',
  ]
  const of = async (rows: readonly string[]) =>
    (
      await open(
        [scratch.write('o.csv', `user_id,timestamp,event,insert_id\n${rows.join('\n')}\n`)],
        {
          dedupe: ['insert_id'],
        },
      )
    ).events
  const first = await of(lines)
  expect(first).toMatchObject([{ user: 'bob', name: 'z' }])
  expect(await of([...lines].reverse())).toEqual(first)
})
