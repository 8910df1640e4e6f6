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
      ['2024-03-05 10:00:00.25', '2024-03-05 10:00:00.000001', '2024-03-05 10:00:00.123457'],
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

  test('in one column: most decide, ISO 8601 is read as well, others are rejected and it is said', async () => {
    const most = [
      '1709632800000',
      '1709632860000',
      '1709632920000',
      '1709632980000',
      '1709633040000',
    ]
    const { events, ledger, mapping } = await open([
      csv([...most, '2024-03-05T10:05:00Z', '1709632800', '1709632800000000', 'soon']),
    ])
    expect(events.map(({ time }) => time.slice(14, 16))).toEqual([
      '00',
      '01',
      '02',
      '03',
      '04',
      '05',
    ])
    // Seconds among milliseconds would be in 1970, microseconds in the year 56000.
    expect(ledger.rejected).toMatchObject({ bad_time: 2, time_out_of_range: 1 })
    expect(mapping.doubts.join()).toContain('`timestamp` spells times in more than one way')
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

  test('a zone that is none', async () => {
    await expect(open([csv(['1709632800'])], { timeZone: 'Mars/Olympus' })).rejects.toMatchObject({
      code: 'usage',
      message: '--timezone Mars/Olympus is not a time zone.',
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
        '--clock server needs server_received_time or server_upload_time, which these files do not have.',
    })
    await expect(open([csv(['1709632800'])], { clock: 'client' })).rejects.toMatchObject({
      code: 'usage',
    })
    await expect(
      open([amplitude()], { clock: 'client', time: 'event_time' }),
    ).rejects.toMatchObject({ code: 'usage' })
  })
})
