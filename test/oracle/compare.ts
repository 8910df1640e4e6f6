import { parse } from 'csv-parse/sync'
import { expect } from 'vitest'
import { eventsCsv } from './datasets.js'
import type { OracleEvent } from './sessionize.js'

/** One failing data set of a pack says more than a thousand lines of difference. */
export function expectSame(
  actual: string,
  wanted: string,
  events: readonly OracleEvent[],
  about = '',
): void {
  if (actual === wanted) return
  const [mine, theirs] = [recordsByDataset(actual), recordsByDataset(wanted)]
  for (const key of new Set([...theirs.keys(), ...mine.keys()])) {
    const input = eventsCsv(events.filter((e) => e.user.startsWith(key)))
    expect(mine.get(key), `data set ${key} ${about}\n${input}`).toEqual(theirs.get(key))
  }
  expect(actual).toBe(wanted)
}

function recordsByDataset(text: string): Map<string, Record<string, string>[]> {
  const byDataset = new Map<string, Record<string, string>[]>()
  for (const record of records(text)) {
    const key = (record['user'] ?? '').slice(0, 4)
    byDataset.set(key, [...(byDataset.get(key) ?? []), record])
  }
  return byDataset
}

export function records(text: string): Record<string, string>[] {
  return parse(text, { columns: true })
}
