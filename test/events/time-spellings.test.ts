/** Every spelling of a time that is read by itself, and those that are not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Engine } from '../../src/engines/duckdb.js'
import { type TimeSettings, timeOf } from '../../src/events/time-spellings.js'
import { join, sql, text } from '../../src/sql/sql.js'
import { open, Scratch } from './opened.js'

const scratch = new Scratch()
let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ tempDirectory: '.', threads: 1 })
})
afterAll(() => engine.close())

const AT_TEN = '2024-05-01 10:00:00'

/** All in one query: `kind time`. */
async function read(
  values: readonly string[],
  settings: TimeSettings = {},
): Promise<(string | null)[]> {
  const rows = await engine.rows<{ time: string | null }>(
    sql`SELECT CAST(make_timestamp(t.micros) AS VARCHAR) AS time FROM (SELECT i, ${timeOf(sql`v`, settings, 'UTC')} AS t FROM (SELECT unnest([${join(values.map(text))}]) AS v, unnest(range(${values.length})) AS i)) ORDER BY i`,
  )
  return rows.map(({ time }) => time)
}

const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  'offsets after a blank': [
    '2024-05-01 10:00:00 +0000',
    '2024-05-01 10:00:00 +00:00',
    '2024-05-01 12:00:00 +02',
    '2024-05-01T10:00:00 Z',
    '2024-05-01 10:00:00 UTC',
    '2024-05-01 10:00:00 GMT',
    '2024-05-01 10:00:00 Etc/UTC',
    '2024-05-01 10:00:00UTC',
    '2024-05-01 12:00:00 GMT+2',
    '2024-05-01 08:00:00 Etc/GMT+2',
    '2024-05-01 12:00:00 Europe/Berlin',
    '2024-05-01 06:00:00 America/New_York',
    '2024-05-01 06:00:00 EDT',
    '2024-05-01 12:00:00 CEST',
  ],
  'ISO 8601 as programs bend it': [
    '2024-05-01T10:00:00z',
    '2024-05-01T10:00:00+00:00[UTC]',
    '2024-05-01T12:00+02:00[Europe/Berlin]',
    '2024-05-01T10:00Z[UTC]',
    '2024-05-01T10:00:00,000+00:00',
    '2024-05-01 10:00:00,000',
    '2024-05-01T10:00:00.000+0000',
    '2024/05/01 10:00:00',
    '2024/05/01 10:00:00.000',
    '2024.05.01 10:00',
    '2024-May-01 10:00',
    '2024-05-01-10.00.00.000000',
    '2024-05-01 10:00:00 AM',
    '"2024-05-01T10:00:00Z"',
  ],
  'digits only': [
    '20240501 10:00:00',
    '20240501100000',
    '20240501100000000',
    '202405011000',
    '20240501T100000Z',
    '20240501T100000.000Z',
    '20240501T120000+0200',
  ],
  'names of months': [
    'Wed May  1 10:00:00 2024',
    'Wed May 01 10:00:00 UTC 2024',
    'Wed May 01 12:00:00 CEST 2024',
    'Wed May 01 10:00:00 +0000 2024',
    'Wed May  1 10:00:00 AM UTC 2024',
    'Wed May 01 2024 10:00:00 GMT+0000 (Coordinated Universal Time)',
    'Wed May 01 2024 12:00:00 GMT+0200 (CEST)',
    'Wed, 01 May 2024 10:00:00 GMT',
    'Wed, 1 May 2024 12:00:00 +0200',
    'Wednesday, 01-May-24 10:00:00 UTC',
    '01 May 24 10:00 UTC',
    '01 May 2024 10:00:00,000',
    '01-MAY-24 10.00.00.000000 AM',
    '01-MAY-24 10.00.00.000000000 AM +00:00',
    '01-MAY-2024 10:00:00',
    '01/May/2024:10:00:00 +0000',
    '[01/May/2024:12:00:00 +0200]',
    'May  1 2024 10:00AM',
    'May 1, 2024, 10:00:00\u202fAM',
    'May 1, 2024 at 10:00 AM',
    '1st May 2024 10:00',
  ],
  'Go, SQL Server, MongoDB, .NET': [
    '2024-05-01 10:00:00.000000000 +0000 UTC',
    '2024-05-01 10:00:00 +0000 UTC m=+0.012345',
    '2024-05-01 12:00:00 +0200 CEST',
    '2024-05-01 10:00:00.0000000 +00:00',
    '{"$date":"2024-05-01T10:00:00Z"}',
    '{"$date":{"$numberLong":"1714557600000"}}',
    '{"$date":1714557600000}',
    'ISODate("2024-05-01T10:00:00Z")',
    '/Date(1714557600000)/',
    '/Date(1714557600000+0200)/',
  ],
  'numbers of the years 2001 to 2286': [
    '1714557600',
    '1714557600.0',
    '1714557600000',
    '1714557600000000',
    '1714557600000000000',
    '1.7145576e9',
    ' 1714557600 ',
  ],
  'dots are day first': ['01.05.2024 10:00', '1.5.2024 10:00:00', '01.05.2024, 10:00:00'],
}

test.each(Object.entries(SPELLINGS))('%s', async (_, values) => {
  expect(await read(values)).toEqual(values.map(() => AT_TEN))
})

test.each([
  ['2024-05-01T10:00:00-99:00'],
  ['2024-05-01T10:00:00+16:00'],
  ['2024-05-01T10:00:00+02:60'],
  ['01/May/2024:10:00:00 -9900'],
  ['2024-02-30'],
  ['2024-13-01 10:00'],
  ['2024-05-01 25:00'],
  ['2024-05-01 10:60'],
  ['2024-05-01 13:00 PM'],
  ['2024-05-01 10:00:00 Mars/Base'],
  ['24-05-01 10:00:00'],
  ['yesterday'],
  ['10:00:00'],
  ['v1.2.3'],
  ['May 2024'],
  ['infinity'],
  ['{"date":"2024-05-01"}'],
  // India, Israel and Ireland; Britain and Bangladesh.
  ['2024-05-01 10:00:00 IST'],
  ['2024-05-01 10:00:00 BST'],
  // Day and month, and units, that nothing tells.
  ['05/01/2024 10:00'],
  ['5/1/2024, 10:00:00 AM'],
  ['1500'],
  ['150000000'],
])('%s is no time by itself', async (value) => {
  expect(await read([value])).toEqual([null])
})

test('what the column knows', async () => {
  expect(await read(['05/01/2024 10:00'], { order: 'day' })).toEqual(['2024-01-05 10:00:00'])
  expect(await read(['05/01/2024 10:00'], { order: 'month' })).toEqual(['2024-05-01 10:00:00'])
  // It does not make a day of a month.
  expect(await read(['21/05/2024', '05/21/2024'], { order: 'month' })).toEqual([
    '2024-05-21 00:00:00',
    '2024-05-21 00:00:00',
  ])
  expect(await read(['150000000'], { unit: 'epoch_ms' })).toEqual(['1970-01-02 17:40:00'])
  expect(await read(['20240501'], { unit: 'epoch_s' })).toEqual(['1970-08-23 06:21:41'])
})

const csv = (name: string, values: readonly string[], column = 'time'): string =>
  scratch.write(
    name,
    `user_id,${column}\n${values.map((value, i) => `u${i},"${value.replaceAll('"', '""')}"\n`).join('')}`,
  )

describe('columns', () => {
  test.each(Object.entries(SPELLINGS))('%s beside each other, in one column', async (_, values) => {
    const { events, ledger } = await open([csv('all.csv', values)])
    expect(ledger).toMatchObject({ read: values.length, kept: values.length })
    expect(events.map(({ time }) => time)).toEqual(values.map(() => AT_TEN))
  })

  test.each(
    Object.values(SPELLINGS)
      .flat()
      .filter((value) => !/^\d+$/.test(value)),
  )(
    '%s alone makes a column of times, and among others that the sample did not show',
    async (value) => {
      const alone = await open([csv('alone.csv', [value])])
      expect(alone.events.map(({ time }) => time)).toEqual([AT_TEN])
      const many = Array.from({ length: 1100 }, () => '2024-05-01T10:00:00Z')
      const late = await open([csv('many.csv', [...many, value])])
      expect(late.ledger).toMatchObject({ kept: 1101 })
      expect(new Set(late.events.map(({ time }) => time))).toEqual(new Set([AT_TEN]))
    },
    60_000,
  )

  test.each([
    [
      'a day over 12 at the end',
      ['05/01/2024 10:00', '21/05/2024 10:00'],
      ['2024-01-05 10:00:00', '2024-05-21 10:00:00'],
    ],
    [
      'a month that is none',
      ['05/01/2024 10:00 AM', '05/21/2024 10:00 PM'],
      ['2024-05-01 10:00:00', '2024-05-21 22:00:00'],
    ],
    ['dashes', ['05-01-2024', '21-05-2024'], ['2024-01-05 00:00:00', '2024-05-21 00:00:00']],
    ['day and month alike', ['05/05/2024 10:00'], ['2024-05-05 10:00:00']],
  ])('%s tells the order', async (_, values, expected) => {
    const { events } = await open([csv('order.csv', values)])
    expect(events.map(({ time }) => time)).toEqual(expected)
    const [first = '', second = ''] = values
    if (second === '') return
    const apart = await open([csv('a.csv', [first]), csv('b.csv', [second])])
    expect(apart.events.map(({ time }) => time)).toEqual(expected)
  })

  test.each([
    [['05/01/2024 10:00:00'], `timeFormat '%d/%m/%Y %H:%M:%S' or timeFormat '%m/%d/%Y %H:%M:%S'`],
    [['5/1/2024, 10:00 AM'], `timeFormat '%d/%m/%Y, %I:%M %p' or timeFormat '%m/%d/%Y, %I:%M %p'`],
    [['05-01-2024'], `timeFormat '%d-%m-%Y' or timeFormat '%m-%d-%Y'`],
    [['05/01/2024', '21/05/2024', '05/21/2024'], `timeFormat '%d/%m/%Y' or timeFormat '%m/%d/%Y'`],
    [[...Array.from({ length: 1100 }, () => '2024-05-01T10:00:00Z'), '05/01/2024'], '%d/%m/%Y'],
  ])('%#: what does not tell day from month is asked, with both patterns', async (values, hint) => {
    await expect(open([csv('asked.csv', values)])).rejects.toMatchObject({
      code: 'bad_times',
      hint: expect.stringContaining(hint),
    })
  })

  test('numbers of no year take the unit of most numbers of all files; a tie is asked', async () => {
    const files = (seconds: number, millis: number): string[] => [
      csv('s.csv', [...Array.from({ length: seconds }, () => '1714557600'), '86400000']),
      csv(
        'ms.csv',
        Array.from({ length: millis }, () => '1714557600000'),
      ),
    ]
    const of = async (seconds: number, millis: number): Promise<string[]> => {
      const { events } = await open(files(seconds, millis))
      return events.map(({ time }) => time).filter((time) => time !== AT_TEN)
    }
    expect(await of(1, 2)).toEqual(['1970-01-02 00:00:00'])
    expect(await of(2, 1)).toEqual(['1972-09-27 00:00:00'])
    await expect(of(2, 2)).rejects.toMatchObject({ code: 'bad_times' })
  })
})

describe('a date and a time of day', () => {
  const times = async (header: string, row: string, options = {}): Promise<string[]> => {
    const path = scratch.write('two.csv', `${header}\n${row}\n`)
    return (await open([path], options)).events.map(({ time }) => time)
  }

  test.each([
    ['user_id,date,time', 'u,2024-05-01,10:00:00'],
    ['user_id,time,date', 'u,10:00:00,2024-05-01'],
    ['user_id,Date,Time of day', 'u,01.05.2024,10:00'],
    ['user_id,date,x,hour', 'u,2024-05-01 00:00:00,y,10:00 AM'],
    ['user_id,date,time', 'u,21/05/2024,10:00'],
  ])('%s are joined', async (header, row) => {
    expect(await times(header, row)).toEqual([row.includes('21/') ? '2024-05-21 10:00:00' : AT_TEN])
  })

  test('by --time date+time, and --time a,b takes the first that is filled', async () => {
    expect(await times('user_id,d,t', 'u,20240501,100000', { time: 'd+t' })).toEqual([AT_TEN])
    expect(
      await times(
        'user_id,a,b',
        'u,,2024-05-01 10:00:00\nv,2024-05-01 10:00:00,x\nw,NULL,1714557600',
        {
          time: 'a,b',
        },
      ),
    ).toEqual([AT_TEN, AT_TEN, AT_TEN])
  })

  test('whole days are not chosen where another column is finer', async () => {
    expect(await times('user_id,date,eventTime', 'u,2024-05-01,2024-05-01T10:00:00Z')).toEqual([
      AT_TEN,
    ])
    expect(await times('user_id,date,seen', 'u,2024-05-01,2024-05-01T10:00:00Z')).toEqual([AT_TEN])
  })

  test('where none is finer, a doubt says so', async () => {
    const path = scratch.write('days.csv', 'user_id,date,n\nu,2024-05-01,1714557600\n')
    const { mapping } = await open([path])
    expect(mapping.time).toBe('date')
    expect(mapping.doubts.join()).toContain('whole days')
  })
})
