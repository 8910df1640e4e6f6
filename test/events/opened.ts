/** Opens files as the library does and reads back what came of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { asTimestamp } from '../../src/events/clock.js'
import { type DatasetOptions, withDataset } from '../../src/events/dataset.js'
import { type Ledger, type LedgerCounts, rejectedTotal } from '../../src/events/ledger.js'
import type { RejectedRow } from '../../src/events/open.js'
import type { Events } from '../../src/sessions/dataset.js'
import { raw, sql } from '../../src/sql/sql.js'
import { writeParquet } from '../parquet.js'

export interface ReadEvent {
  readonly user: string
  /** UTC, without the `Z` and trailing zeros of the fraction. */
  readonly time: string
  readonly name: string | null
  readonly session: string | null
}

export interface Opened {
  readonly events: readonly ReadEvent[]
  readonly ledger: Ledger
  readonly mapping: Events['mapping']
  readonly rejects: readonly RejectedRow[]
  readonly opened: Events
}

export async function open(
  inputs: readonly string[],
  options: DatasetOptions = {},
): Promise<Opened> {
  return withDataset(inputs, { threads: 2, ...options }, async ({ engine, events }) => {
    const rows = await engine.rows<{
      user: string
      time: string
      name: string | null
      session: string | null
    }>(
      sql`SELECT user, strftime(${asTimestamp(raw('t'))}, '%Y-%m-%d %H:%M:%S.%f') AS time, name, session FROM events ORDER BY ALL`,
    )
    expectAddsUp(events.ledger)
    expect(events.ledger.kept).toBe(rows.length)
    return {
      events: rows.map(({ user, time, name, session }) => ({
        user,
        // Whole seconds without a fraction.
        time: time.replace(/(\.\d*?)0+$/, (_, kept: string) => (kept === '.' ? '' : kept)),
        name,
        session,
      })),
      ledger: events.ledger,
      mapping: events.mapping,
      rejects: await events.rejects(10),
      opened: events,
    }
  })
}

/** read = kept + duplicates + rejected + filtered + ignored + out of session, in all and per file. */
export function expectAddsUp(ledger: Ledger): void {
  for (const counts of [ledger, ...ledger.files]) expect(accounted(counts)).toBe(counts.read)
  for (const key of ['read', 'kept', 'duplicates'] as const) {
    expect(ledger.files.reduce((sum, file) => sum + file[key], 0)).toBe(ledger[key])
  }
}

const accounted = (counts: LedgerCounts): number =>
  counts.kept +
  counts.duplicates +
  rejectedTotal(counts) +
  counts.filtered +
  counts.ignored +
  counts.outOfSession

/** A folder that is removed after the tests of a file. */
export class Scratch {
  readonly path = mkdtempSync(join(tmpdir(), 'sessionize-events-'))
  private written = 0

  constructor() {
    afterAll(() => rmSync(this.path, { recursive: true, force: true }))
  }

  /** Writes a file under a new name that ends in `name`. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, `${this.written++}-${name}`)
    writeFileSync(path, content)
    return path
  }

  /** Writes the rows of a query as Parquet. */
  async parquet(query: string): Promise<string> {
    const path = join(this.path, `${this.written++}.parquet`)
    await writeParquet(path, query)
    return path
  }
}
