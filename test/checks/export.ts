/** A small export in Amplitude's form in which nothing is wrong, and files of what is made of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ExportedEvent {
  amplitude_id: number | string | null
  device_id: string
  uuid: string
  event_type: string
  event_time: string | null
  client_upload_time: string
  server_received_time: string
  session_id: number | null
  platform: string
  version_name: string | null
  country: string | null
  [other: string]: unknown
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const FIRST_DAY = Date.UTC(2024, 2, 4)
export const DAYS = 12
const USERS = 60

/** Mulberry32: the same events in every run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** As Amplitude writes times. */
export const written = (millis: number): string =>
  `${new Date(millis).toISOString().slice(0, -1).replace('T', ' ')}000`

export const millisOf = (event: ExportedEvent): number =>
  Date.parse(`${(event.event_time ?? '').replace(' ', 'T').slice(0, 23)}Z`)

const NAMES = ['page viewed', 'search made', 'item added', 'note saved']

/** 60 users on two platforms, two visits a day for 12 days, and a third of every third user. */
export function cleanEvents(): ExportedEvent[] {
  const draw = random(7)
  const events: ExportedEvent[] = []
  for (let day = 0; day < DAYS; day++) {
    for (let user = 0; user < USERS; user++) {
      for (const hour of user % 3 === 0 ? [9, 13, 18] : [9, 18]) {
        const start = Math.floor(FIRST_DAY + day * DAY + hour * HOUR + draw() * 30 * MINUTE)
        const inner = 1 + Math.floor(draw() * 3)
        const names = [
          'session_start',
          ...Array.from({ length: inner }, () => NAMES[Math.floor(draw() * NAMES.length)] ?? ''),
          'session_end',
        ]
        let at = start
        for (const name of names) {
          events.push(eventOf(user, name, at, start, events.length))
          at += Math.floor(2_000 + draw() * 120_000)
        }
      }
    }
  }
  return events
}

export function eventOf(
  user: number,
  name: string,
  at: number,
  session: number,
  serial: number,
): ExportedEvent {
  return {
    amplitude_id: 1_000 + user,
    device_id: `device-${user}`,
    uuid: `uuid-${serial}`,
    event_type: name,
    event_time: written(at),
    client_upload_time: written(at + 1_000),
    server_received_time: written(at + 2_000),
    session_id: session,
    platform: user % 2 === 0 ? 'iOS' : 'Web',
    version_name: user % 4 < 2 ? '1.0' : '1.1',
    country: user % 3 === 0 ? 'Sweden' : 'Japan',
  }
}

export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'sessionize-checks-'))
  private count = 0

  /** Two files of a half each, so that files can differ. */
  write(events: readonly ExportedEvent[]): string[] {
    const half = FIRST_DAY + (DAYS / 2) * DAY
    const folder = `export-${this.count++}`
    const early = events.filter((event) => !(millisOf(event) >= half))
    const late = events.filter((event) => millisOf(event) >= half)
    return [early, late].map((part, i) =>
      this.file(
        `${folder}-${i}.ndjson`,
        part.map((event) => `${JSON.stringify(event)}\n`).join(''),
      ),
    )
  }

  file(name: string, content: string): string {
    const path = join(this.path, name)
    writeFileSync(path, content)
    return path
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
