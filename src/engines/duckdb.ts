/**
 * The embedded engine. The only module that imports the DuckDB bindings.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type {
  DuckDBConnection,
  DuckDBResult,
  DuckDBValue,
  DuckDBInstance as Instance,
  JS,
} from '@duckdb/node-api'
import { SessionizeError } from '../errors/errors.js'
import { identifier, raw, type Sql, sql, text } from '../sql/sql.js'
import { type Symptom, symptomOf } from './symptom.js'

// They are CommonJS: an import would read all of their files once more, for the names they export,
// which takes as long as loading them.
const {
  DuckDBInstance,
  DuckDBListValue,
  DuckDBTimestampTZValue,
}: typeof import('@duckdb/node-api') = createRequire(import.meta.url)('@duckdb/node-api')

export interface EngineOptions {
  readonly threads?: number
  /** As DuckDB writes sizes: `2GB`, `512MB`. */
  readonly memory?: string
  /** Where larger-than-memory work spills. */
  readonly tempDirectory: string
}

export type Row = Record<string, JS | null>

/** A few thousand rows, whose values are made when they are asked for. */
export interface Chunk {
  readonly rows: number
  readonly column: (at: number) => readonly unknown[]
}

const INTERRUPT_MILLIS = 50

/** Optimizers of the engine that are never used. */
const WITHOUT = 'cte_filter_pusher'

/** A setting of the engine for some statements. */
export interface Setting {
  readonly name: 'TimeZone' | 'disabled_optimizers' | 'preserve_insertion_order'
  readonly value: string
  /** Before and after them. */
  readonly usual: string
}

/**
 * The engine makes a join of an IN list of six or more. It asks every row, whatever stands around the
 * list, ends no earlier for a LIMIT, and puts branches of a union in another order.
 */
export const LISTS_IN_PLACE: Setting = {
  name: 'disabled_optimizers',
  value: `${WITHOUT},in_clause`,
  usual: WITHOUT,
}

export const IN_ANY_ORDER: Setting = {
  name: 'preserve_insertion_order',
  value: 'false',
  usual: 'true',
}

export const inTimeZone = (zone: string): Setting => ({
  name: 'TimeZone',
  value: zone,
  usual: 'UTC',
})

export class Engine {
  private interrupting: NodeJS.Timeout | undefined
  private streams = 0

  private constructor(
    private readonly instance: Instance,
    private readonly connection: DuckDBConnection,
    private readonly tempDirectory: string,
  ) {}

  static async open(options: EngineOptions): Promise<Engine> {
    const settings: Record<string, string> = { temp_directory: options.tempDirectory }
    if (options.threads !== undefined) settings['threads'] = String(options.threads)
    if (options.memory !== undefined) settings['memory_limit'] = options.memory
    try {
      const instance = await DuckDBInstance.create(':memory:', settings)
      const connection = await instance.connect()
      const engine = new Engine(instance, connection, options.tempDirectory)
      // Results must not depend on where the program runs: naive times are UTC unless said.
      await engine.run(sql`SET TimeZone = 'UTC'`)
      // Extensions are never fetched behind the user's back.
      await engine.run(sql`SET autoinstall_known_extensions = false`)
      // It evaluates the filters of all readers of a stage once more over the whole stage, which the
      // stages that split it in two pay for without any gain.
      await engine.run(sql`SET disabled_optimizers = ${text(WITHOUT)}`)
      // Progress is drawn by this program, never by the engine.
      await engine.run(sql`SET enable_progress_bar = true`)
      await engine.run(sql`SET enable_progress_bar_print = false`)
      return engine
    } catch (error) {
      throw translate(error)
    }
  }

  /** Runs a statement for its effect. */
  async run(statement: Sql): Promise<void> {
    this.assertRunning()
    try {
      await this.connection.run(statement.text)
    } catch (error) {
      throw translate(error)
    }
  }

  /** All rows, as objects by column name. For answers, never for events. */
  async rows<T extends object = Row>(statement: Sql): Promise<T[]> {
    this.assertRunning()
    try {
      const reader = await this.connection.runAndReadAll(statement.text)
      return reader.getRowObjectsJS() as T[]
    } catch (error) {
      throw translate(error)
    }
  }

  /** The single row of an aggregate. */
  async row<T extends object = Row>(statement: Sql): Promise<T> {
    const [first] = await this.rows<T>(statement)
    if (first === undefined) throw new SessionizeError('engine', 'the engine returned no row')
    return first
  }

  /**
   * A query's result in chunks of a few thousand rows, each a list of columns, without holding the
   * whole. 64-bit integers and microsecond instants are bigint, lists are arrays.
   */
  async stream(statement: Sql): Promise<{
    columns: string[]
    types: string[]
    chunks: AsyncIterable<(readonly unknown[])[]>
  }> {
    // To the bindings, a query that fails on its way looks like one that has come to its end. So it
    // is brought to its end first, where a failure shows, and its rows are counted as they come.
    const table = identifier(`streamed_${this.streams++}`)
    await this.run(sql`CREATE TEMP TABLE ${table} AS ${statement}`)
    const { n } = await this.row<{ n: bigint }>(sql`SELECT count(*) AS n FROM ${table}`)
    this.assertRunning()
    try {
      const result = await this.connection.stream(sql`FROM ${table}`.text)
      return {
        columns: result.deduplicatedColumnNames(),
        types: result.columnTypes().map(String),
        chunks: this.columnChunks(result, table, Number(n)),
      }
    } catch (error) {
      throw translate(error)
    }
  }

  /** A result that is small enough to be held, in the engine's memory, until it is taken. */
  async chunks(statement: Sql): Promise<Chunk[]> {
    this.assertRunning()
    try {
      const result = await this.connection.run(statement.text)
      return (await result.fetchAllChunks()).map((chunk) => ({
        rows: chunk.rowCount,
        column: (at) => chunk.getColumnValues(at),
      }))
    } catch (error) {
      throw translate(error)
    }
  }

  private async *columnChunks(
    result: DuckDBResult,
    table: Sql,
    rows: number,
  ): AsyncGenerator<(readonly unknown[])[]> {
    let seen = 0
    for await (const chunk of result) {
      seen += chunk.rowCount
      yield chunk.getColumns().map((column) => column.map(plain))
    }
    this.assertRunning()
    if (seen !== rows) {
      throw new SessionizeError('engine', `Only ${seen} of ${rows} rows of a result came.`, {
        hint: 'Run it again with more --memory.',
      })
    }
    await this.run(sql`DROP TABLE ${table}`)
  }

  /** Names and types of a query's columns, without running it. */
  async describe(query: Sql): Promise<{ name: string; type: string }[]> {
    return (
      await this.rows<{ column_name: string; column_type: string }>(sql`DESCRIBE ${query}`)
    ).map((row) => ({ name: row.column_name, type: row.column_type }))
  }

  /** Runs statements with settings that are usual again after them. */
  async withSettings<T>(settings: readonly Setting[], use: () => Promise<T>): Promise<T> {
    const set = async (value: (setting: Setting) => string): Promise<void> => {
      for (const setting of settings) {
        await this.run(sql`SET ${raw(setting.name)} = ${text(value(setting))}`)
      }
    }
    await set(({ value }) => value)
    try {
      return await use()
    } finally {
      await set(({ usual }) => usual)
    }
  }

  async setTimeZone(zone: string): Promise<void> {
    await this.run(sql`SET TimeZone = ${text(zone)}`)
  }

  /** What it may hold before it writes to disk. */
  async memoryBytes(): Promise<number> {
    const { limit } = await this.row<{ limit: string }>(
      sql`SELECT current_setting('memory_limit') AS "limit"`,
    )
    return bytesOf(limit) ?? Number.POSITIVE_INFINITY
  }

  /** A path that nothing else uses, for a file that goes with all that is temporary. */
  scratch(): string {
    mkdirSync(this.tempDirectory, { recursive: true, mode: 0o700 })
    return join(this.tempDirectory, `${randomUUID()}.txt`)
  }

  /** The same for a file that is removed after its use. */
  async withScratch<T>(use: (path: string) => Promise<T>): Promise<T> {
    const path = this.scratch()
    try {
      return await use(path)
    } finally {
      rmSync(path, { force: true })
    }
  }

  private assertRunning(): void {
    if (this.interrupting !== undefined) throw new SessionizeError('interrupted', 'Interrupted.')
  }

  /** 0 to 100, or undefined while unknown. */
  get progressPercent(): number | undefined {
    const { percentage } = this.connection.progress
    return percentage >= 0 ? percentage : undefined
  }

  /** For good: the running statement stops, and no other begins. */
  interrupt(): void {
    if (this.interrupting !== undefined) return
    this.connection.interrupt()
    // A statement that was just about to run does not see the first.
    this.interrupting = setInterval(() => this.connection.interrupt(), INTERRUPT_MILLIS)
    this.interrupting.unref()
  }

  close(): void {
    clearInterval(this.interrupting)
    this.connection.closeSync()
    this.instance.closeSync()
  }
}

const plain = (value: DuckDBValue): unknown =>
  value instanceof DuckDBTimestampTZValue
    ? value.micros
    : value instanceof DuckDBListValue
      ? [...value.items]
      : value

const MORE_MEMORY = 'Give it more with --memory'

/** With so much every command works on millions of events, as docs/resources.md says. */
const ENOUGH_BYTES = 200e6
const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  bytes: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
}

/** Of a size as the engine writes it. */
function bytesOf(size: string): number | undefined {
  const [amount, unit = ''] = size.split(' ')
  const bytes = Number(amount) * (BYTES_PER_UNIT[unit] ?? Number.NaN)
  return Number.isNaN(bytes) ? undefined : bytes
}

/** What to give instead of what the engine says it had: enough in general, else twice as much. */
function roomier(message: string): string | undefined {
  const [, limit = ''] = /\/([^/]+) used\)/.exec(message) ?? []
  const given = bytesOf(limit)
  if (given === undefined) return undefined
  if (given < 0.99 * ENOUGH_BYTES) {
    return `Give it --memory ${ENOUGH_BYTES / 1e6}MB, which does for millions of events.`
  }
  return `${MORE_MEMORY} ${Math.ceil((2 * given) / 1e8) * 100}MB, or fewer threads with --threads 1.`
}

const SYMPTOMS: readonly Symptom[] = [
  { pattern: /INTERRUPT/i, code: 'interrupted', hint: 'Run it again to start over.' },
  {
    pattern: /failed to offload data block|max_temp_directory_size/i,
    code: 'disk_full',
    message: 'There is not enough temporary disk space for work that is larger than memory.',
    hint: 'Free some space, name a larger disk with --temp-dir, or give more --memory.',
  },
  {
    pattern: /No space left on device/i,
    code: 'disk_full',
    hint: 'Free some space, or name a larger disk with --temp-dir.',
  },
  {
    pattern: /Could not write (file|all bytes)|Cannot open file ".*\.partial"/i,
    code: 'output_unwritable',
    hint: 'Check its size limit (`ulimit -f`) and the disk, or choose another path with --output.',
  },
  {
    pattern: /Out of Memory|failed to (allocate|pin|reserve)/i,
    code: 'out_of_memory',
    hint: `${MORE_MEMORY} 4GB, or fewer threads with --threads 1.`,
  },
  {
    pattern:
      /gzip|zstd|ZSTD|decompress|No magic bytes found|too small to be a Parquet|Malformed|Invalid unicode|Failed to read file "|Invalid string encoding found in Parquet|TProtocolException|don't know what type|corrupted/i,
    code: 'input_corrupt',
    hint: 'Export or copy the file again.',
  },
  {
    pattern: /IO Error|No files found|Cannot open file/i,
    code: 'input_unreadable',
    hint: 'Check that the path exists and can be read.',
  },
]

/** An engine's own exception as a typed error: one line, with what to do next. */
export function translate(error: unknown): SessionizeError {
  if (error instanceof SessionizeError) return error
  const message = error instanceof Error ? error.message : String(error)
  const extension = missingExtension(message)
  if (extension !== undefined) return extension
  const symptom = symptomOf(SYMPTOMS, message)
  const firstLine = message.split('\n\n')[0]?.replaceAll(/\s+/g, ' ').trim() ?? message
  return new SessionizeError(symptom?.code ?? 'engine', symptom?.message ?? firstLine, {
    cause: error,
    ...(symptom === undefined
      ? {}
      : {
          hint: (symptom.code === 'out_of_memory' ? roomier(message) : undefined) ?? symptom.hint,
        }),
  })
}

/** Extensions that are not linked in are the user's to install: nothing is downloaded unasked. */
function missingExtension(message: string): SessionizeError | undefined {
  if (!/Extension "[^"]*" ((is|was) )?not found|Missing Extension/i.test(message)) return undefined
  const name = /(?:required extension '|\/)(\w+)(?:'|\.duckdb_extension)/.exec(message)?.[1]
  return new SessionizeError(
    'extension_missing',
    name === undefined
      ? 'An extension of DuckDB is needed that is not installed.'
      : `DuckDB's extension ${name} is needed for this and is not installed.`,
    {
      hint: `Install it once with the duckdb shell of version 1.5, as in: duckdb -c "INSTALL ${name ?? 'httpfs'}". Or download the file first.`,
    },
  )
}
