/** Small files of events for tests, in a folder that goes away with the tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { csvField } from '../../src/report/untrusted.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-analysis-'))
let written = 0

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Seconds since the start, or a time as text. */
export type At = number | string

export interface TestEvent {
  readonly user: string
  readonly at: At
  readonly [property: string]: string | number | null
}

const START = Date.UTC(2024, 0, 1)

const timeOf = (at: At): string =>
  typeof at === 'string' ? at : new Date(START + Math.round(at * 1000)).toISOString()

export function csvFile(events: readonly TestEvent[], properties: readonly string[] = []): string {
  const path = join(folder, `${written++}.csv`)
  const lines = events.map((event) =>
    [event.user, timeOf(event.at), ...properties.map((name) => event[name] ?? null)]
      .map((value) => csvField(value))
      .join(','),
  )
  writeFileSync(path, `${[['user_id', 'time', ...properties].join(','), ...lines].join('\n')}\n`)
  return path
}

/** Users whose sessions have these lengths, in seconds, a day apart. */
export function sessionsFile(
  users: Readonly<Record<string, readonly number[]>>,
  properties: Readonly<Record<string, string>> = {},
): string {
  const names = Object.keys(properties)
  return csvFile(sessionEvents(users, properties), names)
}

export function sessionEvents(
  users: Readonly<Record<string, readonly number[]>>,
  properties: Readonly<Record<string, string>> = {},
): TestEvent[] {
  return Object.entries(users).flatMap(([user, lengths]) =>
    lengths.flatMap((length, day) => {
      const start = day * 30 * 86_400
      const times = [start, ...steps(start, length)]
      return times.map((at): TestEvent => ({ ...properties, user, at }))
    }),
  )
}

/** Events no further apart than 25 min, the last `length` after the first. */
function steps(start: number, length: number): number[] {
  if (length === 0) return []
  const count = Math.ceil(length / 1_500)
  return Array.from({ length: count }, (_, i) => start + (length * (i + 1)) / count)
}
