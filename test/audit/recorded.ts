/** Event files with recorded ids, and what an audit must find in them, worked out one by one. */
import { writeFileSync } from 'node:fs'
import type { Audit, RecordedAudit } from '../../src/analysis/audit/audit.js'
import { output } from '../oracle/run.js'

export interface RecordedEvent {
  readonly user: string
  /** Seconds after 2024-03-01 00:00 UTC. */
  readonly at: number
  readonly name?: string
  readonly session: string | null
  readonly platform?: string
  readonly reported?: number
}

const ORIGIN = Date.UTC(2024, 2, 1)

export const millis = (at: number): number => ORIGIN + at * 1_000

export function write(path: string, events: readonly RecordedEvent[]): string {
  const lines = events.map((event) =>
    [
      event.user,
      new Date(millis(event.at)).toISOString(),
      `"${event.name ?? 'view'}"`,
      event.session ?? '',
      event.platform ?? '',
      event.reported ?? '',
    ].join(','),
  )
  writeFileSync(path, ['user,time,event,session_id,platform,seconds', ...lines, ''].join('\n'))
  return path
}

export async function auditOf(path: string, flags: readonly string[] = []): Promise<Audit> {
  return JSON.parse(await output(['audit', path, '--format', 'json', ...flags]))
}

export async function recordedOf(
  path: string,
  flags: readonly string[] = [],
): Promise<RecordedAudit> {
  const { recorded } = await auditOf(path, flags)
  if (recorded === null) throw new Error('nothing recorded')
  return recorded
}
