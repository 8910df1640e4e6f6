/** Who is who: users from several columns, ids that are joined, and ids that must not be. */
import { describe, expect, test } from 'vitest'
import { isNullLike } from '../../src/events/null-like.js'
import { open, Scratch } from './opened.js'

const scratch = new Scratch()

/** Rows of user id and device id, a minute apart. */
const pairs = (rows: readonly (readonly [string, string])[]): string =>
  scratch.write(
    'pairs.csv',
    `user_id,device_id,timestamp,event\n${rows.map(([user, device], i) => `${user},${device},${1709632800 + i * 60},e\n`).join('')}`,
  )
const keys = { user: ['user_id', 'device_id'] } as const

/** The user of each row, in order. */
async function users(
  rows: readonly (readonly [string, string])[],
  options: Parameters<typeof open>[1] = {},
): Promise<string[]> {
  const { events } = await open([pairs(rows)], { ...keys, ...options })
  return [...events].sort((a, b) => (a.time < b.time ? -1 : 1)).map(({ user }) => user)
}

test('the first that is filled, per row', async () => {
  expect(
    await users([
      ['', 'd1'],
      ['ann', 'd1'],
      [' ', 'd2'],
    ]),
  ).toEqual(['d1', 'ann', 'd2'])
})

test('two columns joined into one id', async () => {
  const { events, ledger } = await open(
    [
      pairs([
        ['1', '23'],
        ['12', '3'],
        ['1', ''],
      ]),
    ],
    { user: ['user_id+device_id'] },
  )
  expect(events.map(({ user }) => user)).toEqual(['12|3', '1|23'])
  expect(ledger.rejected.no_user).toBe(1)
})

describe('--stitch', () => {
  test('joins what stands in one row, before and after, across rows and columns', async () => {
    const { events, opened } = await open(
      [
        pairs([
          ['', 'd1'],
          ['ann', 'd1'],
          ['ann', 'd2'],
          ['', 'd2'],
          ['', 'd3'],
          ['bob', 'd4'],
        ]),
      ],
      { ...keys, stitch: true },
    )
    expect(events.map(({ user }) => user)).toEqual(['ann', 'ann', 'ann', 'ann', 'bob', 'd3'])
    expect(opened.stitched).toEqual({
      // d1, ann, d2, d3, bob
      usersBefore: 5,
      usersAfter: 3,
      largest: [
        { user: 'ann', ids: 3, examples: ['ann', 'd1', 'd2'] },
        { user: 'bob', ids: 2, examples: ['bob', 'd4'] },
      ],
      nullLikeRows: 0,
    })
  })

  test('gives the smallest id of the first column, whatever the order of rows', async () => {
    const rows = [
      ['zoe', 'd1'],
      ['ann', 'd1'],
      ['', 'd1'],
    ] as const
    expect(new Set(await users(rows, { stitch: true }))).toEqual(new Set(['ann']))
    expect(new Set(await users([...rows].reverse(), { stitch: true }))).toEqual(new Set(['ann']))
  })

  test('follows a chain of a thousand links', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => [`u${i >> 1}`, `d${(i + 1) >> 1}`] as const)
    const joined = await users(rows, { stitch: true, stitchLimit: 2000 })
    expect(new Set(joined)).toEqual(new Set(['u0']))
  })

  test('ids of two columns that are spelt alike are two ids', async () => {
    expect(
      await users(
        [
          ['7', 'd1'],
          ['', '7'],
        ],
        { stitch: true },
      ),
    ).toEqual(['7', 'device_id:7'])
  })

  test('values that mean no id join nobody, and stay what they are', async () => {
    const zero = '00000000-0000-0000-0000-000000000000'
    expect(
      await users(
        [
          ['ann', zero],
          ['bob', zero],
          ['null', 'd1'],
          ['undefined', 'd1'],
          ['', zero],
        ],
        { stitch: true },
      ),
    ).toEqual(['ann', 'bob', 'd1', 'd1', zero])
  })

  test('a shared device is refused with what glues', async () => {
    const rows = Array.from({ length: 1200 }, (_, i) => [`u${i}`, 'kiosk'] as const)
    await expect(users(rows, { stitch: true })).rejects.toMatchObject({
      code: 'mapping_uncertain',
      message: expect.stringContaining(
        'would make one user of 1201 ids (limit 1000). Most are joined by device_id "kiosk" (with 1200 others)',
      ),
    })
    expect(new Set(await users(rows, { stitch: true, stitchLimit: 1201 })).size).toBe(1)
  })

  test('takes the ids of the preset, and asks where it knows none', async () => {
    const path = scratch.write(
      's.ndjson',
      [
        { anonymousId: 'x', messageId: '1', timestamp: '2024-03-05T10:00:00Z', event: 'a' },
        {
          anonymousId: 'x',
          userId: 'ann',
          messageId: '2',
          timestamp: '2024-03-05T10:01:00Z',
          event: 'b',
        },
      ]
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    )
    const apart = await open([path])
    expect(apart.events.map(({ user }) => user)).toEqual(['ann', 'x'])
    expect(apart.mapping.doubts.join()).toContain('--stitch joins the two ids')
    const { events } = await open([path], { stitch: true })
    expect(events.map(({ user }) => user)).toEqual(['ann', 'ann'])
    await expect(open([pairs([['a', 'b']])], { stitch: true })).rejects.toMatchObject({
      code: 'usage',
      hint: 'Name them, the best known first: --user user_id,device_id --stitch',
    })
  })
})

test.each([
  '0',
  '-1',
  ' NULL ',
  'undefined',
  'Anonymous',
  'nan',
  '0000',
  '00000000-0000-0000-0000-000000000000',
])('"%s" is no id', (value) => expect(isNullLike(value)).toBe(true))
test.each(['10', 'ann', '00a', 'nullable', '0x'])('"%s" is an id', (value) =>
  expect(isNullLike(value)).toBe(false),
)

describe('what looks wrong is said', () => {
  const table = (rows: readonly string[]): string =>
    scratch.write('t.csv', `user_id,session_id,timestamp\n${rows.join('\n')}\n`)

  test('a session id named as the user', async () => {
    const path = table(['ann,s1,1709632800', 'ann,s2,1709642800'])
    const { mapping } = await open([path], { user: ['session_id'] })
    expect(mapping.doubts.join()).toContain('`session_id` is taken for the user')
  })

  test('a user that equals the session id in nearly all rows', async () => {
    const path = table(Array.from({ length: 100 }, (_, i) => `s${i},s${i},${1709632800 + i}`))
    const { mapping } = await open([path])
    expect(mapping.doubts.join()).toContain('`user_id` is taken for the user')
  })

  test('a user that is unknown in many rows', async () => {
    const path = table(
      Array.from(
        { length: 100 },
        (_, i) => `${i % 4 === 0 ? 'unknown' : `u${i}`},x${i},${1709632800 + i}`,
      ),
    )
    const { mapping, ledger } = await open([path])
    expect(mapping.doubts.join()).toContain('`user_id` is "unknown" in 25 % of the sampled rows')
    expect(ledger.kept).toBe(100)
  })
})

describe('--merged-ids', () => {
  const event = (id: number, minute: number): string =>
    `${JSON.stringify({ amplitude_id: id, event_type: 'a', uuid: `${id}-${minute}`, session_id: 1, event_time: `2024-03-05 10:${String(minute).padStart(2, '0')}:00` })}\n`
  const merge = (from: number, into: number): string =>
    `${JSON.stringify({ scope: 1, merge_time: 1, merge_server_time: 1, amplitude_id: from, merged_amplitude_id: into })}\n`
  const files = (...merges: string[]): string[] => [
    scratch.write('events.ndjson', [1, 2, 3, 4].map((id) => event(id, id)).join('')),
    scratch.write('-Org_2024-03-05_10.json', merges.join('')),
  ]

  test('a chain ends at the id that was never merged itself', async () => {
    const paths = files(merge(1, 2), merge(2, 9))
    const { events, opened } = await open(paths, { mergedIds: true })
    expect(events.map(({ user }) => user)).toEqual(['3', '4', '9', '9'])
    expect(opened.merged).toMatchObject({ usersBefore: 4, usersAfter: 3 })
  })

  test('without it the files are passed over, and that is said', async () => {
    const { events, mapping } = await open(files(merge(1, 2)))
    expect(new Set(events.map(({ user }) => user)).size).toBe(4)
    expect(mapping.doubts.join()).toContain('--merged-ids')
  })

  test('a circle of merges has an end too', async () => {
    const { events } = await open(files(merge(1, 2), merge(2, 1)), { mergedIds: true })
    expect(events.map(({ user }) => user)).toEqual(['1', '1', '3', '4'])
  })

  test('no such file, or another user', async () => {
    const [events = '', merges = ''] = files(merge(1, 2))
    await expect(open([events], { mergedIds: true })).rejects.toMatchObject({ code: 'usage' })
    await expect(open([events, merges], { mergedIds: true, user: ['uuid'] })).rejects.toMatchObject(
      { code: 'usage' },
    )
  })
})
