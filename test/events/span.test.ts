/** What is far from the rest, and what is not: the rule alone, on runs of events. */
import { describe, expect, test } from 'vitest'
import { bulkOf, type Run } from '../../src/events/span.js'
import { bulkOf as oracleBulkOf } from '../oracle/sessionize.js'

const DAY = 86_400_000_000n

/** Days from the first to the last of a run, and how many events it holds. */
type Days = readonly [from: number, to: number, events: number]

const runsOf = (days: readonly Days[]): Run[] =>
  days.map(([from, to, events]) => ({ first: BigInt(from) * DAY, last: BigInt(to) * DAY, events }))

/** The days between which the span lies, and how many events are outside. */
function span(...days: readonly Days[]): readonly number[] {
  const { firstMicros, lastMicros, far } = bulkOf(runsOf(days))
  const day = (micros: bigint | null): number => Number((micros ?? -1n) / DAY)
  return [far?.before ?? 0, day(firstMicros), day(lastMicros), far?.after ?? 0]
}

const MONTH: Days = [20_000, 20_030, 10_000]

describe('far', () => {
  test.each<[string, readonly Days[], readonly number[]]>([
    ['nothing without a pause', [MONTH], [0, 20_000, 20_030, 0]],
    ['1970', [[0, 0, 1], MONTH], [1, 20_000, 20_030, 0]],
    ['2099', [MONTH, [47_100, 47_100, 3]], [0, 20_000, 20_030, 3]],
    [
      'both sides at several times',
      [[0, 0, 3], [11_000, 11_010, 4], MONTH, [24_800, 24_800, 2], [47_100, 47_100, 1]],
      [7, 20_000, 20_030, 3],
    ],
    ['one in a thousand beyond a month', [[19_968, 19_968, 10], MONTH], [10, 20_000, 20_030, 0]],
    ['no more of them', [[19_968, 19_968, 11], MONTH], [0, 19_968, 20_030, 0]],
    ['not within a month', [[19_969, 19_969, 1], MONTH], [0, 19_969, 20_030, 0]],
    ['one in a hundred beyond two years', [[19_268, 19_268, 101], MONTH], [101, 20_000, 20_030, 0]],
    ['no more than that', [[19_268, 19_268, 102], MONTH], [0, 19_268, 20_030, 0]],
    ['not within two years', [[19_269, 19_269, 101], MONTH], [0, 19_269, 20_030, 0]],
    [
      'not where the middle has a pause like it',
      [
        [100, 100, 1],
        [200, 300, 5_000],
        [360, 400, 5_000],
      ],
      [0, 100, 400, 0],
    ],
    [
      'but a pause twice as long',
      [
        [79, 79, 1],
        [200, 300, 5_000],
        [360, 400, 5_000],
      ],
      [1, 200, 400, 0],
    ],
    [
      'the innermost pause that is long enough',
      [[0, 0, 1], [19_900, 19_900, 1], [19_980, 19_980, 1], MONTH],
      [2, 19_980, 20_030, 0],
    ],
    ['a part of the data as of another time is none', [[0, 30, 500], MONTH], [0, 0, 20_030, 0]],
  ])('%s', (_, days, wanted) => {
    expect(span(...days)).toEqual(wanted)
    const times = days.flatMap(([from, to, events]) =>
      Array.from({ length: events }, (_, i) =>
        i === 0
          ? BigInt(from) * DAY
          : BigInt(to) * DAY - (BigInt(to - from) * DAY * BigInt(i - 1)) / BigInt(events),
      ),
    )
    const oracle = oracleBulkOf(times.sort((a, b) => (a < b ? -1 : 1)))
    expect([oracle.first / DAY, oracle.last / DAY].map(Number)).toEqual(wanted.slice(1, 3))
  })

  test('of no run there is no span', () => {
    expect(bulkOf([])).toEqual({ firstMicros: null, lastMicros: null, far: null })
  })
})
