/** How times are spelt, in which zone they are meant, and which of an event's clocks counts. */
import { describe, expect, test } from 'vitest'
import { open, Scratch } from './opened.js'

const scratch = new Scratch()

const csv = (values: readonly string[]): string =>
  scratch.write(
    'times.csv',
    `user_id,timestamp,event\n${values.map((value, i) => `u${i},"${value.replaceAll('"', '""')}",e\n`).join('')}`,
  )

/** Times of the users u0, u1, ..., and what was rejected. */
async function times(
  values: readonly string[],
  options: Parameters<typeof open>[1] = {},
): Promise<(string | undefined)[]> {
  const { events } = await open([csv(values)], options)
  return values.map((_, i) => events.find(({ user }) => user === `u${i}`)?.time)
}

describe('spellings', () => {
  test.each<[string, string[], string[]]>([
    ['seconds', ['1709632800', '1709632801'], ['2024-03-05 10:00:00', '2024-03-05 10:00:01']],
    [
      'seconds with a fraction, as Python writes them',
      ['1709632800.25', '1709632800.000001', '1709632800.123456789'],
      ['2024-03-05 10:00:00.25', '2024-03-05 10:00:00.000001', '2024-03-05 10:00:00.123456'],
    ],
    [
      'an exponent',
      ['1.7096328e9', '1.709632801E9'],
      ['2024-03-05 10:00:00', '2024-03-05 10:00:01'],
    ],
    ['milliseconds', ['1709632800123'], ['2024-03-05 10:00:00.123']],
    ['milliseconds with a fraction', ['1709632800123.5'], ['2024-03-05 10:00:00.1235']],
    ['microseconds', ['1709632800123456'], ['2024-03-05 10:00:00.123456']],
    ['nanoseconds, cut to microseconds', ['1709632800123456789'], ['2024-03-05 10:00:00.123456']],
    ['spaces around', [' 1709632800 '], ['2024-03-05 10:00:00']],
    [
      'ISO with and without a zone',
      [
        '2024-03-05T10:00:00Z',
        '2024-03-05T10:00Z',
        '2024-03-05 12:00+02',
        '2024-03-05T10:00:00.5',
        '2022-05-16 19:13:09.369000',
      ],
      [
        '2024-03-05 10:00:00',
        '2024-03-05 10:00:00',
        '2024-03-05 10:00:00',
        '2024-03-05 10:00:00.5',
        '2022-05-16 19:13:09.369',
      ],
    ],
    ['compact ISO', ['20240305T100000Z'], ['2024-03-05 10:00:00']],
    ['common log', ['05/Mar/2024:11:00:00 +0100'], ['2024-03-05 10:00:00']],
    [
      'RFC 2822',
      ['Tue, 05 Mar 2024 11:00:00 +0100', 'Tue, 5 Mar 2024 10:00:00 GMT'],
      ['2024-03-05 10:00:00', '2024-03-05 10:00:00'],
    ],
  ])('%s', async (_, values, expected) => {
    expect(await times(values)).toEqual(expected)
  })

  test.each([
    ['DOUBLE', '1709632800.1234567::DOUBLE', '2024-03-05 10:00:00.123456'],
    ['DECIMAL', '1709632800.123456999::DECIMAL(20, 9)', '2024-03-05 10:00:00.123456'],
    ['milliseconds as DECIMAL', '1709632800123.4567::DECIMAL(20, 4)', '2024-03-05 10:00:00.123456'],
    ['a DOUBLE before 1970', '-1709632800.1234567::DOUBLE', '1915-10-29 13:59:59.876543'],
    ['nanoseconds as BIGINT', '1709632800123456789', '2024-03-05 10:00:00.123456'],
    ['nanoseconds before 1970', '-1709632800123456789', '1915-10-29 13:59:59.876543'],
    ['TIMESTAMP_NS', "TIMESTAMP_NS '2024-03-05 10:00:00.123456789'", '2024-03-05 10:00:00.123456'],
    [
      'TIMESTAMP_NS before 1970',
      "TIMESTAMP_NS '1915-10-29 13:59:59.876543211'",
      '1915-10-29 13:59:59.876543',
    ],
  ])('Parquet: %s, cut', async (_, value, time) => {
    const timeFormat = value.startsWith('TIMESTAMP')
      ? {}
      : { timeFormat: value.includes('.4567') ? 'ms' : value.includes('.') ? 's' : 'ns' }
    const path = await scratch.parquet(
      `SELECT 'u' AS user_id, ${value} AS "timestamp", 'e' AS event`,
    )
    for (const timeZone of ['UTC', 'Africa/Abidjan']) {
      const { events } = await open([path], { timeZone, ...timeFormat })
      expect(events.map((event) => event.time)).toEqual([time])
    }
  })

  test('in one column: each value by itself, and what has a year in no unit takes that of most', async () => {
    const values = [
      '1709632800000',
      '2024-03-05T10:01:00Z',
      '1709632920',
      '1709632980000000',
      '1709633040000000000',
      '1709633100000',
      'Tue, 05 Mar 2024 10:06:00 GMT',
      '20240305T100700Z',
      '1500000000.5e3',
      '150000000000',
      '-1',
      'soon',
    ]
    expect(await times(values)).toEqual([
      '2024-03-05 10:00:00',
      '2024-03-05 10:01:00',
      '2024-03-05 10:02:00',
      '2024-03-05 10:03:00',
      '2024-03-05 10:04:00',
      '2024-03-05 10:05:00',
      '2024-03-05 10:06:00',
      '2024-03-05 10:07:00',
      '2017-07-14 02:40:00.5',
      '1974-10-03 02:40:00',
      '1969-12-31 23:59:59.999',
      undefined,
    ])
  })

  test('a format that is given is the only one', async () => {
    const { ledger } = await open([csv(['1709632800', '2024-03-05T10:02:00Z'])], {
      timeFormat: 's',
    })
    expect(ledger).toMatchObject({ kept: 1, rejected: { bad_time: 1 } })
  })

  test('numbers that no time can be', async () => {
    const values = ['1709632800', '99999999999999999999', '1e300', '-1e300', 'NaN', 'inf', '1e', '']
    const { ledger } = await open([csv(values)], { timeFormat: 's' })
    expect(ledger).toMatchObject({ read: 8, kept: 1 })
    expect(ledger.rejected.no_time).toBe(1)
  })

  test('files may spell times differently, Parquet may type them', async () => {
    const files = [
      csv(['2024-03-05T10:00:00Z']),
      scratch.write('s.ndjson', '{"user_id":"n","timestamp":1709632860,"event":"e"}\n'),
      scratch.write('ms.csv', 'event,timestamp,user_id\ne,1709632920000,c\n'),
      await scratch.parquet(
        `SELECT 'p' AS user_id, TIMESTAMP '2024-03-05 10:03:00' AS "timestamp", 'e' AS event`,
      ),
      await scratch.parquet(`SELECT 'q' AS user_id, 1709633040 AS "timestamp", 'e' AS event`),
    ]
    const { events, ledger } = await open(files)
    expect(events.map(({ time }) => time.slice(14, 16)).sort()).toEqual([
      '00',
      '01',
      '02',
      '03',
      '04',
    ])
    expect(ledger.kept).toBe(5)
  })
})

describe('zones', () => {
  const timeZone = 'Europe/Berlin'

  test('times without a zone are meant in --timezone, others are not touched', async () => {
    const values = ['2024-07-01 12:00:00', '2024-07-01T12:00:00Z', '2024-01-01 12:00:00']
    expect(await times(values, { timeZone })).toEqual([
      '2024-07-01 10:00:00',
      '2024-07-01 12:00:00',
      '2024-01-01 11:00:00',
    ])
  })

  test('an hour that is skipped moves forward, one that comes twice is the later', async () => {
    expect(await times(['2024-03-31 02:30:00', '2024-10-27 02:30:00'], { timeZone })).toEqual([
      '2024-03-31 01:30:00',
      '2024-10-27 01:30:00',
    ])
  })

  describe('that a value names are its own, whatever stands before it', () => {
    const spelt: readonly [value: string, time: string | undefined][] = [
      ['2024-07-01 00:00:00', '2024-06-30 22:00:00'],
      ['2024-07-01 00:00:00 America/New_York', '2024-07-01 04:00:00'],
      ['2024-07-01T00:00:00', '2024-06-30 22:00:00'],
      ['2024-07-01 00:00:00 UTC', '2024-07-01 00:00:00'],
      ['2024-07-01 00:00:00 ', '2024-06-30 22:00:00'],
      ['2024-07-01 00:00:00 GMT', '2024-07-01 00:00:00'],
      ['2024-07-01', '2024-06-30 22:00:00'],
      ['2024-07-01 00:00:00 EST5EDT', '2024-07-01 04:00:00'],
      ['2024-06-30 23:59:60', '2024-06-30 22:00:00'],
      ['2024-06-30 23:59:60 Asia/Tokyo', '2024-06-30 15:00:00'],
      ['2024-06-30 23:59:60', '2024-06-30 22:00:00'],
      ['2024-07-01 00:00:00 Mars/Base', undefined],
      ['2024-07-01 00:00:00.5', '2024-06-30 22:00:00.5'],
      ['2024-07-01T00:00:00Z', '2024-07-01 00:00:00'],
      ['2024-07-01T00:00', '2024-06-30 22:00:00'],
      ['2024-07-01T00:00:00+02:00', '2024-06-30 22:00:00'],
    ]
    const rows = spelt.map(([time], i) => ({ user_id: `u${i}`, t: time, event: 'e' }))
    const json = (row: object): string => JSON.stringify(row)
    const nested = rows.map(({ t, ...row }) => ({ ...row, properties: { t } }))
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
    const received = { t: '2024-07-01T00:00:00Z', event_type: 'e' }
    const amplitude = rows.map(({ user_id, t }) =>
      json({
        ...received,
        amplitude_id: user_id,
        session_id: 1,
        event_time: t,
        client_event_time: t,
      }),
    )

    const inFormat: Record<string, () => Promise<string> | string> = {
      csv: () =>
        scratch.write(
          'zones.csv',
          `user_id,t,event\n${rows.map(({ user_id, t }) => `${user_id},${t},e\n`).join('')}`,
        ),
      ndjson: () => scratch.write('zones.ndjson', rows.map((row) => `${json(row)}\n`).join('')),
      json: () => scratch.write('zones.json', `[${rows.map(json).join(',\n')}]`),
      'nested ndjson': () =>
        scratch.write('nested.ndjson', nested.map((row) => `${json(row)}\n`).join('')),
      'JSON in csv': () =>
        scratch.write(
          'nested.csv',
          `user_id,event,properties\n${nested.map((row) => `${row.user_id},e,${quoted(json(row.properties))}\n`).join('')}`,
        ),
      parquet: () =>
        scratch.parquet(
          `SELECT * FROM (VALUES ${rows.map(({ user_id, t }) => `('${user_id}', '${t}', 'e')`).join(', ')}) AS v(user_id, t, event)`,
        ),
      // Far more rows than values, so that the column has a dictionary.
      'parquet with a dictionary': () =>
        scratch.parquet(
          `SELECT user_id, t, event FROM (VALUES ${rows.map(({ user_id, t }) => `('${user_id}', '${t}', 'e')`).join(', ')}) AS v(user_id, t, event), range(200) ORDER BY range, length(t)`,
        ),
    }
    const found = async (
      path: string,
      options: Parameters<typeof open>[1],
    ): Promise<(string | undefined)[]> => {
      const { events } = await open([path], { timeZone, ...options })
      return spelt.map((_, i) => {
        const times = new Set(events.filter(({ user }) => user === `u${i}`).map(({ time }) => time))
        expect(times.size, spelt[i]?.[0]).toBeLessThan(2)
        return [...times][0]
      })
    }
    const expected = spelt.map(([, time]) => time)

    test.each(Object.entries(inFormat))('%s', async (format, write) => {
      const time = /nested|JSON/.test(format) ? 'properties.t' : 't'
      expect(await found(await write(), { time })).toEqual(expected)
      expect(await found(await write(), { time, timeFormat: 'iso' })).toEqual(expected)
    })

    test('a clock that is chosen', async () => {
      const path = scratch.write('clock.ndjson', amplitude.map((row) => `${row}\n`).join(''))
      expect(await found(path, { clock: 'client' })).toEqual(expected)
    })

    test('with a pattern', async () => {
      const named = spelt.filter(([time]) => / [A-Z]\w/.test(time) && !time.includes('60'))
      const { events } = await open([csv(named.map(([time]) => time))], {
        timeZone,
        timeFormat: '%Y-%m-%d %H:%M:%S %Z',
      })
      expect(events.map(({ time }) => time)).toEqual(named.flatMap(([, time]) => time ?? []))
    })
  })

  test('a time that no calendar reaches takes no other row with it', async () => {
    const values = ['2024-07-01 12:00:00', '290309-12-22 (BC) 00:00:00']
    const { events, ledger } = await open([csv(values)], { timeZone, timeFormat: 'iso' })
    expect(events.map(({ time }) => time)).toEqual(['2024-07-01 10:00:00'])
    expect(ledger.rejected.bad_time).toBe(1)
    const path = await scratch.parquet(
      `SELECT 'u' || i AS user_id, CASE i WHEN 0 THEN DATE '2024-07-01' WHEN 1 THEN DATE '5877641-06-23' ELSE DATE '290309-12-22 (BC)' END AS "timestamp", 'e' AS event FROM range(3) AS r(i)`,
    )
    const typed = await open([path], { timeZone })
    expect(typed.events.map(({ time }) => time)).toEqual(['2024-06-30 22:00:00'])
    expect(typed.ledger.kept).toBe(1)
  })

  test('a zone that is none', async () => {
    await expect(open([csv(['1709632800'])], { timeZone: 'Mars/Olympus' })).rejects.toMatchObject({
      code: 'usage',
      message: 'timezone Mars/Olympus is not a time zone.',
    })
  })
})

describe('--clock', () => {
  const row = (
    user: number,
    [client, uploaded, received]: readonly [string, string, string],
  ): Record<string, unknown> => ({
    amplitude_id: user,
    event_type: 'a',
    session_id: 1,
    uuid: `x${user}`,
    event_time: `2024-03-05 10:00:0${user}`,
    client_event_time: `2024-03-05 ${client}`,
    client_upload_time: `2024-03-05 ${uploaded}`,
    server_received_time: `2024-03-05 ${received}`,
    server_upload_time: `2024-03-05 ${received}`,
  })
  const amplitude = (): string =>
    scratch.write(
      'clocks.ndjson',
      [
        // Ten minutes behind.
        row(1, ['09:00:00', '09:50:00', '10:00:00']),
        // 59 s behind: within what the network may take.
        row(2, ['09:00:00', '09:59:01', '10:00:00']),
        // Exactly a minute is corrected.
        row(3, ['09:00:00', '09:59:00', '10:00:00']),
        // An hour ahead.
        row(4, ['12:00:00', '12:30:00', '11:30:00']),
      ]
        .map((value) => `${JSON.stringify(value)}\n`)
        .join(''),
    )

  test.each([
    ['event', ['10:00:01', '10:00:02', '10:00:03', '10:00:04']],
    ['client', ['09:00:00', '09:00:00', '09:00:00', '12:00:00']],
    ['server', ['10:00:00', '10:00:00', '10:00:00', '11:30:00']],
    ['corrected', ['09:10:00', '09:00:00', '09:01:00', '11:00:00']],
  ] as const)('%s, of Amplitude', async (clock, expected) => {
    const { events, opened } = await open([amplitude()], { clock })
    expect(events.map(({ time }) => time.slice(11))).toEqual(expected)
    expect(opened.clockSkew).toEqual({
      client: 'client_upload_time',
      server: 'server_received_time',
      events: 4,
      // 600, 59, 60 and -3600 s.
      medianSeconds: 59.5,
      p95Seconds: expect.closeTo(3150, 6),
      overMinuteShare: 0.5,
    })
  })

  test('is not measured unless it is chosen', async () => {
    expect((await open([amplitude()])).opened.clockSkew).toBeNull()
  })

  test('corrected, of Segment: without tolerance, each column as it is spelt', async () => {
    const path = scratch.write(
      'segment.ndjson',
      `${JSON.stringify({ anonymousId: 'a', messageId: 'm', event: 'x', timestamp: '2024-03-05T10:00:00Z', originalTimestamp: '2024-03-05T09:00:00Z', sentAt: 1709629230, receivedAt: '2024-03-05T09:00:35Z' })}\n`,
    )
    const { events } = await open([path], { clock: 'corrected' })
    expect(events[0]?.time).toBe('2024-03-05 09:00:05')
  })

  test('a clock that the files do not have, or that no preset knows', async () => {
    const path = scratch.write(
      'a.ndjson',
      '{"amplitude_id":1,"event_type":"a","event_time":"2024-03-05 10:00:00"}\n',
    )
    await expect(open([path], { clock: 'server' })).rejects.toMatchObject({
      code: 'usage',
      message:
        'clock server needs server_received_time or server_upload_time, which these files do not have.',
    })
    await expect(open([csv(['1709632800'])], { clock: 'client' })).rejects.toMatchObject({
      code: 'usage',
    })
    await expect(
      open([amplitude()], { clock: 'client', time: 'event_time' }),
    ).rejects.toMatchObject({ code: 'usage' })
  })
})
