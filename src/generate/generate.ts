import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { Together } from '../files/together.js'
import { Target } from '../report/target.js'
import { Workspace } from '../sources/workspace.js'
import { sql } from '../sql/sql.js'
import { assertRecords, destinationOf } from './destination.js'
import { deliveries, eventColumns } from './events.js'
import { type FormatName, formatNamed } from './formats/index.js'
import { writeHourlyZip } from './hourly-zip.js'
import { GENERATE_DEFAULTS, type GenerateOptions } from './options.js'
import { plan } from './plan.js'
import { encodingOf, formatted, type TableFile, writeTable } from './table.js'
import { plantedSessions } from './truth.js'
import { peopleTable, rhythmTable, visitsTable, visitsView } from './visits.js'

export interface GenerateOutput {
  /** Unless the options say otherwise, its ending says the format and the compression. */
  readonly path: string
  /** Where to write the planted sessions: `.parquet`, or CSV under any other name. */
  readonly truthPath?: string
  readonly threads?: number
  readonly memory?: string
  readonly tempDirectory?: string
  readonly signal?: AbortSignal
}

export interface GenerateResult {
  readonly path: string
  readonly format: FormatName
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
  const { path, truthPath, signal } = output
  const destination = destinationOf(path, options.format)
  const planned = plan({ ...GENERATE_DEFAULTS, ...options, format: destination.format })
  assertRecords(destination.format, planned.options.outOfSessionShare)
  const format = formatNamed(destination.format)
  if (truthPath !== undefined && resolve(truthPath) === resolve(path)) {
    throw new SessionizeError('usage', 'The events and the truth cannot go to the same file.', {
      hint: `Give ${option('truth')} a path of its own.`,
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
  const stop = (): void => engine?.interrupt()
  signal?.addEventListener('abort', stop)
  try {
    const data = open(path)
    const truth = truthPath === undefined ? undefined : open(truthPath)
    workspace = Workspace.create(output.tempDirectory)
    engine = await Engine.open({
      tempDirectory: workspace.path('-spill'),
      ...(output.threads === undefined ? {} : { threads: output.threads }),
      ...(output.memory === undefined ? {} : { memory: output.memory }),
    })
    signal?.throwIfAborted()
    await engine.run(rhythmTable(planned))
    await engine.run(peopleTable(planned))
    await engine.run(visitsTable(planned))
    await engine.run(visitsView(planned))
    if (format.packaging === 'hourly_zip') {
      await writeHourlyZip(engine, workspace, planned, format, data.path, signal)
    } else {
      const events = eventColumns(planned, sql`(${deliveries(planned)})`)
      await writeTable(engine, formatted(format, events), {
        path: data.path,
        compression: destination.compression,
        ...encodingOf(format),
      })
    }
    if (truth !== undefined) {
      await writeTable(engine, plantedSessions(planned, format), truthFile(truth))
    }
    const counts = await engine.row<Counts>(COUNTS)
    signal?.throwIfAborted()
    const together = new Together()
    for (const target of targets) await target.commit(together)
    await together.place()
    return { path, format: destination.format, bytes: statSync(path).size, ...counts }
  } catch (error) {
    for (const target of targets) target.abort()
    throw targets.reduce<unknown>((told, target) => target.failure(told), error)
  } finally {
    signal?.removeEventListener('abort', stop)
    engine?.close()
    workspace?.close()
  }
}

const truthFile = ({ path, finalPath }: Target): TableFile =>
  finalPath.toLowerCase().endsWith('.parquet')
    ? { path, encoding: 'parquet' }
    : { path, encoding: 'csv', timeFormat: '%Y-%m-%dT%H:%M:%S.%gZ' }

type Counts = Omit<GenerateResult, 'path' | 'format' | 'bytes'>

const COUNTS = sql`SELECT
  coalesce(sum(events + beat_count + duplicates + strays), 0)::DOUBLE AS "rows",
  coalesce(sum(events + beat_count), 0)::DOUBLE AS events,
  coalesce(sum(beat_count), 0)::DOUBLE AS heartbeats,
  coalesce(sum(duplicates), 0)::DOUBLE AS duplicates,
  coalesce(sum(strays), 0)::DOUBLE AS "outOfSession",
  count(*)::DOUBLE AS sessions,
  count(DISTINCT user_number)::DOUBLE AS users
FROM visits`
