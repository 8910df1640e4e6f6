import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { Target } from '../report/target.js'
import { Workspace } from '../sources/workspace.js'
import { sql } from '../sql/sql.js'
import { deliveries, eventColumns } from './events.js'
import { type EventFormat, formatNamed } from './formats/index.js'
import { writeHourlyZip } from './hourly-zip.js'
import { GENERATE_DEFAULTS, type GenerateOptions } from './options.js'
import { type Plan, plan } from './plan.js'
import { type Compression, formatted, writeTable } from './table.js'
import { plantedSessions } from './truth.js'
import { peopleTable, rhythmTable, visitsTable } from './visits.js'

export interface GenerateOutput {
  readonly path: string
  /** Of a csv or ndjson file, or inside a Parquet file. Amplitude's zip has its own. */
  readonly compression?: Compression
  /** Where to write the planted sessions: `.parquet`, or CSV under any other name. */
  readonly truthPath?: string
  readonly threads?: number
  readonly memory?: string
  readonly tempDirectory?: string
}

export interface GenerateResult {
  readonly path: string
  readonly bytes: number
  /** Rows written: `events + duplicates + outOfSession`. */
  readonly rows: number
  /** Distinct events in planted sessions; `heartbeats` are among them. */
  readonly events: number
  readonly heartbeats: number
  readonly duplicates: number
  readonly outOfSession: number
  readonly sessions: number
  readonly users: number
}

/**
 * Writes synthetic events whose sessions, at a timeout of 30 minutes, are known.
 *
 * @throws SessionizeError `usage` when the options make no sense; `output_unwritable`, before any
 * work, when a path cannot be written.
 */
export async function generate(
  options: Partial<GenerateOptions>,
  output: GenerateOutput,
): Promise<GenerateResult> {
  const planned = plan({ ...GENERATE_DEFAULTS, ...options })
  const format = formatNamed(planned.options.format)
  if (output.truthPath !== undefined && resolve(output.truthPath) === resolve(output.path)) {
    throw new SessionizeError('usage', 'The events and the truth cannot go to the same file.', {
      hint: 'Give --truth a path of its own.',
    })
  }

  const targets: Target[] = []
  const open = (path: string): Target => {
    const target = Target.create(path)
    targets.push(target)
    return target
  }
  let workspace: Workspace | undefined
  let engine: Engine | undefined
  try {
    const data = open(output.path)
    const truth = output.truthPath === undefined ? undefined : open(output.truthPath)
    workspace = Workspace.create(output.tempDirectory)
    engine = await Engine.open({
      tempDirectory: workspace.directory,
      ...(output.threads === undefined ? {} : { threads: output.threads }),
      ...(output.memory === undefined ? {} : { memory: output.memory }),
    })
    await engine.run(rhythmTable(planned))
    await engine.run(peopleTable(planned))
    await engine.run(visitsTable(planned))
    await writeEvents(engine, workspace, planned, format, data.path, output.compression)
    if (truth !== undefined) {
      await writeTable(engine, plantedSessions(planned, format.user), truthFile(truth))
    }
    const counts = await engine.row<Counts>(COUNTS)
    for (const target of targets) target.commit()
    return { path: output.path, bytes: statSync(output.path).size, ...counts }
  } catch (error) {
    for (const target of targets) target.abort()
    throw error
  } finally {
    engine?.close()
    workspace?.close()
  }
}

async function writeEvents(
  engine: Engine,
  workspace: Workspace,
  planned: Plan,
  format: EventFormat,
  path: string,
  compression: Compression = 'none',
): Promise<void> {
  if (format.packaging === 'hourly_zip') {
    await writeHourlyZip(engine, workspace, planned, format, path)
    return
  }
  const events = eventColumns(planned, sql`(${deliveries(planned)})`)
  await writeTable(engine, formatted(format, events), {
    path,
    encoding: format.encoding,
    compression,
    ...(format.timeFormat === undefined ? {} : { timeFormat: format.timeFormat }),
  })
}

const truthFile = ({ path, finalPath }: Target): Parameters<typeof writeTable>[2] =>
  finalPath.toLowerCase().endsWith('.parquet')
    ? { path, encoding: 'parquet' }
    : { path, encoding: 'csv', timeFormat: '%Y-%m-%dT%H:%M:%S.%gZ' }

type Counts = Omit<GenerateResult, 'path' | 'bytes'>

const COUNTS = sql`SELECT
  coalesce(sum(events + beat_count + duplicates + strays), 0)::DOUBLE AS "rows",
  coalesce(sum(events + beat_count), 0)::DOUBLE AS events,
  coalesce(sum(beat_count), 0)::DOUBLE AS heartbeats,
  coalesce(sum(duplicates), 0)::DOUBLE AS duplicates,
  coalesce(sum(strays), 0)::DOUBLE AS "outOfSession",
  count(*)::DOUBLE AS sessions,
  count(DISTINCT user_number)::DOUBLE AS users
FROM visits`
