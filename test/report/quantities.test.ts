import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCompactCount,
  formatCount,
  formatDecimal,
  formatInstant,
  formatNumberOf,
  formatSeconds,
  formatShare,
} from '../../src/report/quantities.js'

describe('seconds', () => {
  it.each([
    [null, '–'],
    [0, '0s'],
    [0.000_001, '<1ms'],
    [0.000_5, '1ms'],
    [0.85, '850ms'],
    [0.999_4, '999ms'],
    [0.999_6, '1s'],
    [1, '1s'],
    [4.24, '4.2s'],
    [9.94, '9.9s'],
    [9.96, '10s'],
    [59.4, '59s'],
    [59.7, '1m 00s'],
    [252, '4m 12s'],
    [3_599.4, '59m 59s'],
    [3_599.6, '1h 00m'],
    [3_780, '1h 03m'],
    [86_369, '23h 59m'],
    [86_370, '1d 00h'],
    [273_600, '3d 04h'],
    [8_638_199, '99d 23h'],
    [8_638_200, '100d'],
    [86_400 * 12_345, '12,345d'],
    [-252, '-4m 12s'],
  ])('%s is %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text)
  })

  it('fit seven characters up to 9,999 days, and never carry a full smaller unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 86_400 * 9_999, noNaN: true }), (seconds) => {
        const text = formatSeconds(seconds)
        expect(text.length).toBeLessThanOrEqual(7)
        expect(text).not.toMatch(/^60s|60[sm]$|24h$|1000ms/)
      }),
    )
  })
})

describe('counts', () => {
  it.each([
    [null, '–', '–'],
    [0, '0', '0'],
    [999, '999', '999'],
    [9_999, '9,999', '9,999'],
    [10_000, '10,000', '10.0k'],
    [12_345, '12,345', '12.3k'],
    [99_949, '99,949', '99.9k'],
    [99_950, '99,950', '100k'],
    [999_499, '999,499', '999k'],
    [999_500, '999,500', '1.0M'],
    [1_234_567, '1,234,567', '1.2M'],
    [12_345_678_901, '12,345,678,901', '12.3B'],
    [-12_345, '-12,345', '-12.3k'],
  ])('%s is %s, or %s', (count, full, compact) => {
    expect(formatCount(count)).toBe(full)
    expect(formatCompactCount(count)).toBe(compact)
  })

  it.each([
    [0, '0 files'],
    [1, '1 file'],
    [1_200, '1,200 files'],
  ])('%s is %s', (count, text) => {
    expect(formatNumberOf(count, 'file')).toBe(text)
  })
})

describe('shares', () => {
  it.each([
    [null, '–'],
    [0, '0%'],
    [0.000_01, '<0.1%'],
    [0.001, '0.1%'],
    [0.342, '34.2%'],
    [0.05, '5.0%'],
    [0.999, '99.9%'],
    [0.999_9, '>99.9%'],
    [1, '100%'],
  ])('%s is %s', (share, text) => {
    expect(formatShare(share)).toBe(text)
  })
})

describe('other quantities', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [1_234_567_890, '1.2 GB'],
    [830_000_000, '830 MB'],
  ])('%s bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it('print no value as they are told to', () => {
    expect(
      [formatCount, formatCompactCount, formatDecimal, formatSeconds, formatShare].map((format) =>
        format(null, '-'),
      ),
    ).toEqual(['-', '-', '-', '-', '-'])
    expect(formatDecimal(1_234.56)).toBe('1,234.6')
  })

  it.each([
    ['2024-01-01T00:00:03.120000Z', '2024-01-01 00:00:03'],
    ['2024-01-01T00:00:03Z', '2024-01-01 00:00:03'],
    ['something else', 'something else'],
  ])('%s is %s', (iso, text) => {
    expect(formatInstant(iso)).toBe(text)
  })
})
