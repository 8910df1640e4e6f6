import { describe, expect, it } from 'vitest'
import { type TrendOptions, trend } from '../../src/index.js'
import { csvFile, type TestEvent } from './files.js'

const labelled = async (events: readonly TestEvent[], options: TrendOptions) => {
  const { series } = await trend(csvFile(events, ['platform']), options)
  return series.map(({ values, periods }) => ({
    values,
    periods: periods.map(({ label, sessions, partial }) => [label, sessions, partial] as const),
  }))
}

const visit = (at: string, user = 'a', platform = 'web'): TestEvent => ({ user, at, platform })

describe('periods', () => {
  it('without a session are there, and what the data do not cover is partial', async () => {
    const events = [
      visit('2024-03-04T12:00:00Z'),
      visit('2024-03-06T00:00:00Z'),
      visit('2024-03-06T23:50:00Z'),
    ]
    expect(await labelled(events, { per: 'day' })).toEqual([
      {
        values: [],
        periods: [
          ['2024-03-04', 1, true],
          ['2024-03-05', 0, false],
          ['2024-03-06', 2, false],
        ],
      },
    ])
  })

  it('of weeks are ISO weeks, across the new year', async () => {
    const events = [visit('2024-12-29T10:00:00Z'), visit('2025-01-05T23:59:00Z')]
    const [only] = await labelled(events, { per: 'week' })
    expect(only?.periods).toEqual([
      ['2024-W52', 1, true],
      ['2025-W01', 1, false],
    ])
  })

  it('of months follow the zone', async () => {
    const events = [visit('2024-02-01T01:00:00Z'), visit('2024-03-31T23:00:00Z')]
    const utc = await labelled(events, { per: 'month' })
    expect(utc[0]?.periods.map(([label]) => label)).toEqual(['2024-02', '2024-03'])
    const local = await labelled(events, { per: 'month', reportTimezone: 'America/New_York' })
    expect(local[0]?.periods.map(([label, sessions]) => [label, sessions])).toEqual([
      ['2024-01', 1],
      ['2024-02', 0],
      ['2024-03', 1],
    ])
  })

  it('an hour that the clock repeats is two, and one that it skips is none', async () => {
    const autumn = ['2024-10-27T00:10:00Z', '2024-10-27T01:10:00Z', '2024-10-27T02:10:00Z']
    const [repeated] = await labelled(
      autumn.map((at, i) => visit(at, `u${i}`)),
      { per: 'hour', reportTimezone: 'Europe/Berlin' },
    )
    expect(repeated?.periods.map(([label, sessions]) => [label, sessions])).toEqual([
      ['2024-10-27 02:00', 1],
      ['2024-10-27 02:00', 1],
      ['2024-10-27 03:00', 1],
    ])
    const [skipped] = await labelled(
      [visit('2024-03-31T00:10:00Z'), visit('2024-03-31T01:10:00Z', 'b')],
      { per: 'hour', reportTimezone: 'Europe/Berlin' },
    )
    expect(skipped?.periods.map(([label]) => label)).toEqual([
      '2024-03-31 01:00',
      '2024-03-31 03:00',
    ])
  })

  it('of hours begin at the zone’s own hours', async () => {
    const [series] = await labelled([visit('2024-01-01T00:40:00Z')], {
      per: 'hour',
      reportTimezone: 'Asia/Kolkata',
    })
    expect(series?.periods.map(([label]) => label)).toEqual(['2024-01-01 06:00'])
  })
})

describe('sessions', () => {
  const events = [visit('2024-01-01T23:50:00Z'), visit('2024-01-02T00:10:00Z')]

  it('count where they start, or end', async () => {
    const starts = await labelled(events, { per: 'day' })
    expect(starts[0]?.periods.map(([, sessions]) => sessions)).toEqual([1, 0])
    const ends = await labelled(events, { per: 'day', attribute: 'end' })
    expect(ends[0]?.periods.map(([, sessions]) => sessions)).toEqual([0, 1])
  })

  it('are compared with the period before, unless one of the two is partial', async () => {
    const visits = [1, 2, 2, 3, 3, 3].map((day, i) => visit(`2024-01-0${day}T00:00:00Z`, `u${i}`))
    const ended = [...visits, visit('2024-01-03T23:59:00Z', 'z')]
    const { series } = await trend(csvFile(ended), { per: 'day' })
    expect(series[0]?.periods.map(({ sessionsChange }) => sessionsChange)).toEqual([null, 1, 1])
  })

  it('are told per segment, each with every period', async () => {
    const both = [...events, visit('2024-01-02T12:00:00Z', 'b', 'ios')]
    expect(await labelled(both, { per: 'day', by: ['platform'] })).toMatchObject([
      {
        values: ['ios'],
        periods: [
          ['2024-01-01', 0, true],
          ['2024-01-02', 1, true],
        ],
      },
      {
        values: ['web'],
        periods: [
          ['2024-01-01', 1, true],
          ['2024-01-02', 0, true],
        ],
      },
    ])
  })

  it('add up to all of them in every unit', async () => {
    const many = Array.from({ length: 60 }, (_, i) =>
      visit(new Date(Date.UTC(2024, 1, 20) + i * 7_777_000).toISOString(), `u${i % 7}`),
    )
    const file = csvFile(many)
    for (const per of ['hour', 'day', 'week', 'month', 'hour-of-week'] as const) {
      for (const reportTimezone of ['UTC', 'Australia/Lord_Howe', 'America/St_Johns']) {
        const { series } = await trend(file, { per, reportTimezone })
        const cells = [...(series[0]?.periods ?? []), ...(series[0]?.hoursOfWeek ?? [])]
        expect(cells.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(60)
      }
    }
  })
})

describe('hours of the week', () => {
  it('are 168 from Monday, with how often each occurs', async () => {
    const events = [visit('2024-01-01T00:30:00Z'), visit('2024-01-08T00:30:00Z', 'b')]
    const { series } = await trend(csvFile(events), { per: 'hour-of-week' })
    const hours = series[0]?.hoursOfWeek ?? []
    expect(hours).toHaveLength(168)
    expect(hours[0]).toMatchObject({ weekday: 1, hour: 0, occurrences: 2, sessions: 2 })
    expect(hours[1]).toMatchObject({ weekday: 1, hour: 1, occurrences: 1, sessions: 0 })
  })
})

it('refuses more periods than memory should hold', async () => {
  const events = [visit('0001-01-01T00:00:00Z'), visit('9000-01-01T00:00:00Z')]
  await expect(trend(csvFile(events), { per: 'hour' })).rejects.toThrow('too many periods')
})

it('refuses more segments over time than anyone reads', async () => {
  const users = Array.from({ length: 3_000 }, (_, i) => ({
    user: `u${i}`,
    at: Math.floor((i * 400.5 * 86_400) / 3_000),
    page: `p${i}`,
  }))
  const file = csvFile(users, ['page'])
  await expect(trend(file, { by: ['page'] })).rejects.toThrow(
    '3000 segments in 401 periods per day are more than anyone reads',
  )
  expect((await trend(file, { by: ['page'], per: 'month' })).series).toHaveLength(3_000)
})

describe('one wrong clock', () => {
  const week = [visit('2024-03-04T00:30:00Z'), visit('2024-03-10T23:30:00Z')]
  it.each(['0001-01-01', '1970-01-01', '2001-01-01', '2038-01-19', '2099-12-31', '9999-12-31'])(
    'of %s leaves the 168 hours of the week, each as often as it occurs',
    async (day) => {
      const events = [...week, visit(`${day}T12:00:00Z`, 'b')]
      const { series } = await trend(csvFile(events), { per: 'hour-of-week' })
      const hours = series[0]?.hoursOfWeek ?? []
      expect(hours.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(3)
      const at = events.map((event) => Math.floor(Date.parse(String(event.at)) / 3_600_000))
      expect(hours.reduce((sum, { occurrences }) => sum + occurrences, 0)).toBe(
        Math.max(...at) - Math.min(...at) + 1,
      )
    },
  )
})
