/** Times one by one against whole columns: both must say the same of any text. */
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { epochMicros, parseTimeFormat, type TimeFormat } from '../../src/events/clock.js'
import { timeReader } from '../../src/follow/time.js'
import { sql, text } from '../../src/sql/sql.js'

let batch: (
  values: readonly string[],
  format: TimeFormat,
  zone: string,
) => Promise<(number | null)[]>

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  batch = async (values, format, zone) => {
    await connection.run(`SET TimeZone = '${zone}'`)
    const list = values.map((value) => `(${text(value).text})`).join(', ')
    const reader = await connection.runAndReadAll(
      `SELECT ${epochMicros(sql`v`, format, zone).text} FROM (VALUES ${list}) AS t(v)`,
    )
    return reader.getRowsJS().map(([micros]) => (micros === null ? null : Number(micros)))
  }
})

/** Undefined where the two are allowed to differ: out of the range of a number. */
function followed(
  values: readonly string[],
  format: TimeFormat,
  zone: string,
): (number | null | undefined)[] {
  const read = timeReader(format, zone)
  return values.map((value) => {
    const micros = read(value)
    return Number.isNaN(micros) ? null : Number.isFinite(micros) ? micros : undefined
  })
}

async function agree(values: readonly string[], format: TimeFormat, zone = 'UTC'): Promise<void> {
  const expected = await batch(values, format, zone)
  followed(values, format, zone).forEach((micros, i) => {
    if (micros === undefined) {
      const far = Math.abs(expected[i] ?? Number.POSITIVE_INFINITY)
      expect(far, values[i]).toBeGreaterThan(Number.MAX_SAFE_INTEGER)
    } else expect([values[i], micros]).toEqual([values[i], expected[i]])
  })
}

const SPELLINGS = `2024-03-05T10:00:00 America/New_York
2024-03-05
2024-3-5
2024-03-05T10
2024-03-05T10:00
2024-03-05T10:00Z
2024-03-05T10:00 Z
2024-03-05 1:00+01
2024-03-05T10:00+01:30
2024-03-05T10:00 +01
2024-03-05T10:00-0530
2024-03-05T1:2
2024-03-05 10:
2024-03-05T10:00:00.
2024-03-05T10:00:00.1234567
2024-03-05T10:00:00.9999999
2024-03-05T24:00:00
2024-03-05T24:00:01
2016-12-31T23:59:60Z
2016-12-31 23:59:60.5
2024-03-05T10:00:00z
2024-03-05T10:00:00Z${' '}
2024-03-05T10:00:00 +01
2024-03-05T10:00:00+1
2024-03-05T10:00:00+01:30:15
2024-03-05T10:00:00-0530
2024-03-05T10:00:00+15:59
2024-03-05T10:00:00+99
2024-03-05T10:00:00+013
2024-03-05T10:00:00+01:3
2024-03-05T10:00:00+01:60
2024-03-05T10:00:00UTC
  2024-03-05 10:00:00${'  '}
2024-02-30
2023-02-29
2024-02-29
1900-02-29
2000-02-29T12:00
2024/03/05 10:00:00
2024-03/05
20240305
2024-03-05Z
2024-03-05 Z
1700-01-01
1969-12-31T23:59:59.999999Z
2255-06-05T23:47:34Z
0001-01-01
9999-12-31T23:59:59.999999Z
10000-01-01
300000-01-01
infinity
2024-03-05t10:00:00
2024-03-05T10:60:00
2024-03-05T10:00:60
2024-13-05
2024-00-05
2024-03-05T010:00:00
2024-03-05T10:000:00
2024-03-05T100:00:00
2024-003-05
not a time
-
2024-03-05T10:00:00 UTC
2024-03-05T10:00:00 utc
2024-03-05T10:00:00 Europe/Berlin
2024-03-05 10:00:00 CET
2024-03-05T10:00:00 GMT
2016-12-31 23:59:60 Asia/Tokyo
2016-12-31 23:59:60
2024-03-05T10:00:00 No/Zone
2024-03-05T10:00:00
2024-03-05 10:00:00${' '}
2024-03-05T10:00`.split('\n')

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe']

describe('ISO 8601', () => {
  test.each(ZONES)('its spellings, naive ones in %s', (zone) => agree(SPELLINGS, 'iso', zone))

  test.each(ZONES)('each for itself, whatever stands before it, naive ones in %s', async (zone) => {
    const alone = new Map<string, number | null>()
    for (const value of SPELLINGS) {
      const [micros = null] = await batch([value], 'iso', zone)
      alone.set(value, micros)
    }
    const others = SPELLINGS.map((_, i) => SPELLINGS[(i * 37) % SPELLINGS.length] ?? '')
    for (const order of [SPELLINGS, SPELLINGS.toReversed(), others, others.toReversed()]) {
      const together = await batch(order, 'iso', zone)
      expect(order.map((value, i) => [value, together[i]])).toEqual(
        order.map((value) => [value, alone.get(value)]),
      )
    }
  })

  test('a date that no calendar reaches is none, and the others stay', async () => {
    const values = ['2024-03-05', '290309-12-22 (BC) 00:00:00', '2024-03-06']
    expect(await batch(values, 'iso', 'Europe/Berlin')).toEqual([
      Date.UTC(2024, 2, 4, 23) * 1_000,
      null,
      Date.UTC(2024, 2, 5, 23) * 1_000,
    ])
  })

  test.each(ZONES)('local times around every change of the clocks in %s', async (zone) => {
    const around = [
      '2024-03-10',
      '2024-03-31',
      '2024-04-07',
      '2024-10-06',
      '2024-10-27',
      '2024-11-03',
    ]
    const values = around.flatMap((day) =>
      Array.from({ length: 24 * 4 }, (_, quarter) => {
        const hour = String(Math.floor(quarter / 4)).padStart(2, '0')
        return `${day} ${hour}:${String((quarter % 4) * 15).padStart(2, '0')}:00`
      }),
    )
    await agree(values, 'iso', zone)
  })

  test('any text made of its parts', async () => {
    const part = fc.constantFrom(
      '2024',
      '1999',
      '-',
      '03',
      '5',
      '/',
      ' ',
      'T',
      '10',
      ':',
      '00',
      '59',
      '.',
      '123',
      'Z',
      '+01',
      '60',
    )
    const texts = fc.sample(
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
      { numRuns: 3_000, seed: 1 },
    )
    await agree(texts, 'iso')
  })
})

/** Places of the unit that are one microsecond. */
const UNITS = { s: 6, ms: 3, us: 0, ns: -3 } as const

describe('epochs', () => {
  const values = [
    '0',
    '1',
    '-1',
    '1709632800',
    '1709632800123',
    '1709632800123456',
    '1709632800123456789',
    '1709632800.5',
    '1709632800.1234567',
    '1709632800.123456789',
    '1709632800.1234569999999999999999999999',
    '1709632800.',
    '4294967296.123457',
    '1.7e9',
    '1.709632800123456999E+9',
    '1.709632800123457e18',
    '1.5E+3',
    '1e-7',
    '-1e-7',
    '-0.0000001',
    '-0.0000000000000000000000000000001',
    '-1709632800.123456',
    '-1709632800.1234567',
    '-1709632800.12345600000',
    '-1709632800123456789',
    '-1000',
    '-999.5',
    '-1.7096328001234567e+9',
    '+5',
    ' 5 ',
    ' 5.5 ',
    '.5',
    '-.5',
    '5.',
    '.',
    'e',
    '1e',
    '1e99',
    '1e9999',
    '',
    'x',
    '1,5',
    '1.2.3',
    'inf',
    '-inf',
    'nan',
    '99999999999999999999',
    '99999999999999999999.5',
  ]
  test.each(Object.keys(UNITS))('in %s', (unit) => agree(values, parseTimeFormat(unit)))

  // Counted with whole numbers of any size, and cut downwards as ISO 8601 is.
  const number = fc
    .tuple(
      fc.boolean(),
      fc.oneof(fc.bigInt(0n, 10n ** 4n), fc.bigInt(0n, 3n * 10n ** 9n), fc.bigInt(0n, 10n ** 16n)),
      fc.stringMatching(/^\d{0,12}$/),
    )
    .map(([negative, whole, fraction]) => ({ negative, whole, fraction }))

  test.each(Object.entries(UNITS))('in %s, any number of places', async (unit, places) => {
    const numbers = fc.sample(number, { numRuns: 2_000, seed: 7 })
    const texts = numbers.flatMap(({ negative, whole, fraction }) => {
      const sign = negative ? '-' : ''
      return [
        `${sign}${whole}.${fraction}`,
        `${sign}${whole}${fraction}e-${fraction.length}`,
        `${sign}0.${whole}${fraction}e${String(whole).length}`,
      ]
    })
    const expected = numbers.flatMap(({ negative, whole, fraction }) => {
      const digits = BigInt(`${whole}${fraction}`) * (negative ? -1n : 1n)
      const micros = floorScaled(digits, places - fraction.length)
      const number = micros > 9_223_372_036_854_775_807n ? null : Number(micros)
      return [number, number, number]
    })
    const found = await batch(texts, parseTimeFormat(unit), 'UTC')
    const wrong = texts.flatMap((text, i) => {
      const beyond = Math.abs(expected[i] ?? Number.POSITIVE_INFINITY) > 9.2e18
      return found[i] === expected[i] || beyond ? [] : [[text, found[i], expected[i]]]
    })
    expect(wrong).toEqual([])
    await agree(texts, parseTimeFormat(unit))
  })

  const floorScaled = (digits: bigint, by: number): bigint => {
    if (by >= 0) return digits * 10n ** BigInt(by)
    const divisor = 10n ** BigInt(-by)
    const rest = ((digits % divisor) + divisor) % divisor
    return (digits - rest) / divisor
  }
})

test.each([
  [
    'common_log',
    [
      '01/Apr/2016:01:02:03 +0900',
      '1/apr/2016:01:02:03 -0130',
      '31/Feb/2016:01:02:03 +0000',
      '01/Apr/2016:01:02:60 +0000',
      'x',
    ],
  ],
  [
    'rfc2822',
    [
      'Tue, 05 Mar 2024 10:00:00 +0000',
      'Mon, 5 Mar 2024 10:00:00 +0130',
      'Tue, 05 Mar 2024 10:00:00 GMT',
      'Tue, 05 Mar 2024',
    ],
  ],
  [
    '%d.%m.%Y %H:%M',
    [
      '05.03.2024 10:00',
      '5.3.2024 1:2',
      ' 05.03.2024  10:00 ',
      '31.02.2024 10:00',
      '05.03.24 10:00',
    ],
  ],
  [
    '%Y-%m-%d %I:%M:%S.%f %p',
    ['2024-03-05 01:00:00.5 PM', '2024-03-05 12:00:00.25 am', '2024-03-05 13:00:00.5 PM'],
  ],
  ['%b %d %Y', ['Mar 5 2024', 'march 5 2024', 'Mai 5 2024']],
  ['%Y-%j', ['2024-065', '2024-366']],
  ['%y%m%d', ['240305', '690305', '680305']],
  [
    '%Y-%m-%d %H:%M:%S %Z',
    [
      '2024-03-05 10:00:00 Europe/Berlin',
      '2024-03-05 10:00:00 UTC',
      '2024-03-05 10:00:00 No/Zone',
      '2024-03-05 10:00:00',
      '2024-03-05 10:00:00 America/New_York',
      '2024-03-05 10:00:00 GMT',
    ],
  ],
] as const)('%s', async (format, values) => {
  for (const zone of ['UTC', 'Europe/Berlin']) await agree(values, parseTimeFormat(format), zone)
})

test('a pattern that only the engine knows is refused', () => {
  expect(() => timeReader({ pattern: '%Y %U' }, 'UTC')).toThrow(/%U/)
})

test('a zone that does not exist is refused', () => {
  expect(() => timeReader('iso', 'Mars/Base')).toThrow(/--timezone Mars\/Base/)
})

test('names of zones that are none do not take the place of those that are', () => {
  const iso = timeReader('iso', 'UTC')
  const pattern = timeReader({ pattern: '%Y-%m-%d %H:%M:%S %Z' }, 'UTC')
  for (const read of [iso, pattern]) {
    for (let i = 0; i < 1_200; i++) expect(read(`2024-03-05 10:00:00 No/Zone${i}`)).toBeNaN()
    expect(read('2024-03-05 10:00:00 Europe/Berlin')).toBe(Date.UTC(2024, 2, 5, 9) * 1_000)
    expect(read('2024-03-05 10:00:00 Asia/Tokyo')).toBe(Date.UTC(2024, 2, 5, 1) * 1_000)
  }
})
