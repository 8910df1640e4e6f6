/** A ClickHouse server, through its official client, which is loaded only when it is asked for. */
import { randomUUID } from 'node:crypto'
import { createWriteStream, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { CLICKHOUSE_SETTINGS, clickhouse } from '../../dialects/clickhouse.js'
import { isLoopback } from '../../engines/loopback.js'
import { SessionizeError } from '../../errors/errors.js'
import { identifier, join, raw, render, type Sql, sql, text } from '../../sql/sql.js'
import type { RemoteColumn, RemoteEngine, RemoteProgress, RemoteTable } from '../engine.js'
import type { ClickHouseCredentials } from './credentials.js'
import { explainClickHouse, isForbidden, isPassing } from './errors.js'
import { clickhouseTable, tableName, tableParts } from './table.js'
import { clickhouseValues } from './values.js'

export interface ClickHouseOptions {
  /** `https://host:8443`: no credentials, no parameters. */
  readonly url: string
  readonly credentials: ClickHouseCredentials
  /** PEM file of the authority that signed the server's certificate, besides those of the system. */
  readonly certificateAuthority?: string
  /** Told about the running query about once a second. */
  readonly onProgress?: (progress: RemoteProgress) => void
}

/** What the compiled queries rely on, and what keeps a long one alive. */
const SETTINGS: ClickHouseSettings = {
  ...Object.fromEntries(CLICKHOUSE_SETTINGS),
  // A join with what was read from the shards is sent to them, instead of being refused.
  distributed_product_mode: 'global',
  output_format_parquet_string_as_string: 1,
  output_format_parquet_compression_method: 'zstd',
  // Headers that tell of progress keep proxies from giving a silent connection up.
  send_progress_in_http_headers: 1,
  http_headers_progress_interval_ms: '30000',
}

/** The client's own limit is 30 seconds without a byte; a large query is silent for longer. */
const LONGEST_SILENCE_MILLIS = 7 * 24 * 3_600_000
const HEADER_BYTES = 4 * 1024 * 1024

const ATTEMPTS = 4
const FIRST_WAIT_MILLIS = 250
const PROGRESS_MILLIS = 1_000

export class ClickHouse implements RemoteEngine {
  readonly name = 'clickhouse'
  readonly dialect = clickhouse
  readonly values = clickhouseValues
  /** On the server, once something is kept there: one at a time may use it. */
  private session: string | undefined
  private kept = 0

  private constructor(
    private readonly client: ClickHouseClient,
    private readonly options: ClickHouseOptions,
    private readonly firstWaitMillis: number,
  ) {}

  /**
   * @throws SessionizeError `usage` for a bad URL or certificate, `extension_missing` without the
   * client's package; a server that does not answer is found by the first query.
   */
  static async connect(
    options: ClickHouseOptions,
    firstWaitMillis = FIRST_WAIT_MILLIS,
  ): Promise<ClickHouse> {
    assertUrl(options.url, options.credentials)
    const { createClient, ClickHouseLogLevel } = await loadClient()
    const authority = options.certificateAuthority
    const client = createClient({
      url: options.url,
      ...options.credentials.reveal(),
      application: 'sessionize',
      clickhouse_settings: SETTINGS,
      request_timeout: LONGEST_SILENCE_MILLIS,
      max_response_headers_size: HEADER_BYTES,
      log: { level: ClickHouseLogLevel.OFF },
      ...(authority === undefined ? {} : { tls: { ca_cert: certificate(authority) } }),
    })
    return new ClickHouse(client, options, firstWaitMillis)
  }

  async table(name: string): Promise<RemoteTable> {
    const found = clickhouseTable(name)
    if (tableParts(name)?.length !== 1) return found
    // A stage of the query may have the table's own name, but none has a database.
    const [row] = await this.rows<{ database: string }>(sql`SELECT currentDatabase() AS database`)
    return { ...found, relation: sql`${identifier(row?.database ?? 'default')}.${found.relation}` }
  }

  async describe(query: Sql): Promise<RemoteColumn[]> {
    return this.rows<RemoteColumn>(sql`DESCRIBE (${query})`)
  }

  async rows<T extends object>(query: Sql, signal?: AbortSignal): Promise<T[]> {
    return this.whileRunning(signal, true, async (id, abort) => {
      const result = await this.client.query({
        query: render(query, this.dialect),
        ...this.inSession(id, abort),
        format: 'JSONEachRow',
      })
      return result.json<T>()
    })
  }

  async fetch(query: Sql, folder: string, signal?: AbortSignal): Promise<readonly string[]> {
    const path = joinPath(folder, 'rows.parquet')
    const stream = await this.whileRunning(signal, true, async (id, abort) => {
      const { stream: body } = await this.client.exec({
        query: `${render(query, this.dialect)}\nFORMAT Parquet`,
        ...this.inSession(id, abort),
      })
      return { body, id }
    })
    await this.stoppable(signal, stream.id, () => this.save(stream.body, path, signal))
    return [path]
  }

  async run(statement: Sql, signal?: AbortSignal): Promise<void> {
    await this.whileRunning(signal, false, (id, abort) =>
      this.client.command({
        query: render(statement, this.dialect),
        ...this.inSession(id, abort),
      }),
    )
  }

  /**
   * As a temporary table, which is gone with the session. Who may not make one has the query run
   * each time; the results are the same.
   */
  async keep(query: Sql, signal?: AbortSignal): Promise<Sql> {
    const name = raw(`sessionize_kept_${this.kept++}`)
    this.session ??= `sessionize-${randomUUID()}`
    try {
      await this.run(
        sql`CREATE TEMPORARY TABLE ${name} ENGINE = MergeTree ORDER BY tuple() AS ${this.dialect.statement(query)}`,
        signal,
      )
      return name
    } catch (error) {
      if (!isForbidden(error)) throw error
      return sql`(${query})`
    }
  }

  /** Under a name of its own until it is whole, and then in one step in the place of the other. */
  async createTable(name: string, query: Sql, signal?: AbortSignal): Promise<void> {
    const table = tableName(name)
    const parts = tableParts(name) ?? []
    const own = `${parts.at(-1)}_sessionize_${randomUUID().slice(0, 8)}`
    const made = join([...parts.slice(0, -1), own].map(identifier), '.')
    try {
      await this.run(
        sql`CREATE TABLE ${made} ENGINE = MergeTree ORDER BY tuple() AS ${this.dialect.statement(query)}`,
        signal,
      )
      signal?.throwIfAborted()
      const [{ found } = { found: 0 }] = await this.rows<{ found: number }>(
        sql`SELECT count() AS found FROM system.tables WHERE (database, name) = (${parts.length === 2 ? text(parts[0] ?? '') : raw('currentDatabase()')}, ${text(parts.at(-1) ?? '')})`,
      )
      await this.run(
        Number(found) === 0
          ? sql`RENAME TABLE ${made} TO ${table}`
          : sql`EXCHANGE TABLES ${made} AND ${table}`,
      )
    } finally {
      // What could not take the name's place, or what was there before.
      await this.run(sql`DROP TABLE IF EXISTS ${made} SYNC`).catch(() => undefined)
    }
  }

  async close(): Promise<void> {
    await this.client.close()
  }

  private inSession(id: string, abort: AbortSignal) {
    return {
      query_id: id,
      abort_signal: abort,
      ...(this.session === undefined ? {} : { session_id: this.session }),
    }
  }

  /** A failure after the first byte is told in the body, whose status was said to be fine. */
  private async save(
    body: NodeJS.ReadableStream,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      await pipeline(body, createWriteStream(path), signal === undefined ? {} : { signal })
    } catch (error) {
      throw (await brokenOff(path)) ?? error
    }
    const failure = await brokenOff(path)
    if (failure !== undefined) throw failure
  }

  /**
   * @param repeatable reads are tried again when the server cannot be reached for the moment, which
   * shows before the first byte; statements that change something never
   */
  private async whileRunning<T>(
    signal: AbortSignal | undefined,
    repeatable: boolean,
    use: (id: string, abort: AbortSignal) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const id = randomUUID()
      try {
        return await this.stoppable(signal, id, (abort) => use(id, abort))
      } catch (error) {
        if (!repeatable || attempt === ATTEMPTS || signal?.aborted === true || !isPassing(error)) {
          throw error
        }
        await pause(this.firstWaitMillis * 2 ** (attempt - 1), undefined, { signal }).catch(
          () => undefined,
        )
      }
    }
  }

  /** Whatever ends it early, the query ends on the server too. */
  private async stoppable<T>(
    signal: AbortSignal | undefined,
    id: string,
    use: (abort: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const own = new AbortController()
    const stop = (): void => own.abort()
    if (signal?.aborted === true) stop()
    signal?.addEventListener('abort', stop)
    const watching = this.watch(id, own.signal)
    try {
      own.signal.throwIfAborted()
      return await use(own.signal)
    } catch (error) {
      if (signal?.aborted === true) {
        await this.kill(id)
        throw new SessionizeError('interrupted', 'Interrupted.')
      }
      throw explainClickHouse(error, this.options.url, this.options.credentials.secrets)
    } finally {
      signal?.removeEventListener('abort', stop)
      clearInterval(watching)
    }
  }

  /** Our own id, so nothing in it needs quoting. Who may not kill has still closed the connection. */
  private async kill(id: string): Promise<void> {
    await this.client
      .command({ query: `KILL QUERY WHERE query_id = '${id}'` })
      .catch(() => undefined)
  }

  private watch(id: string, signal: AbortSignal): NodeJS.Timeout | undefined {
    const { onProgress } = this.options
    if (onProgress === undefined) return undefined
    const look = async (): Promise<void> => {
      const result = await this.client.query({
        query: `SELECT read_rows, total_rows_approx FROM system.processes WHERE query_id = '${id}'`,
        format: 'JSONEachRow',
        abort_signal: signal,
      })
      const [row] = await result.json<{ read_rows: string; total_rows_approx: string }>()
      const [done, total] = [Number(row?.read_rows), Number(row?.total_rows_approx)]
      if (done > 0) onProgress({ rows: done, totalRows: total >= done ? total : null })
    }
    // Not every user may look at the list of processes.
    const timer = setInterval(() => look().catch(() => clearInterval(timer)), PROGRESS_MILLIS)
    timer.unref()
    return timer
  }
}

/** Undefined when the file is whole: Parquet ends as it begins. */
async function brokenOff(path: string): Promise<Error | undefined> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const tail = Buffer.alloc(Math.min(size, 4_096))
    await file.read(tail, 0, tail.length, size - tail.length)
    if (tail.subarray(-4).toString('latin1') === 'PAR1') return undefined
    const told = /Code: \d+\. DB::Exception: [^\0]*/.exec(tail.toString('utf8'))?.[0]
    return new Error(told ?? 'The connection ended before the result did.')
  } finally {
    await file.close()
  }
}

/** @throws SessionizeError `usage` */
function assertUrl(text: string, { hasPassword }: ClickHouseCredentials): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const hint = 'Write it as --url https://host:8443'
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new SessionizeError('usage', '--url is not an address of ClickHouse over HTTP.', { hint })
  }
  // Addresses are shown and end up in histories of shells.
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw new SessionizeError('usage', '--url takes no user, password or parameters.', {
      hint: `${hint}, with CLICKHOUSE_USER and CLICKHOUSE_PASSWORD in the environment or --credentials FILE.`,
    })
  }
  if (hasPassword && url.protocol === 'http:' && !isLoopback(url)) {
    throw new SessionizeError('usage', 'The password is not sent unencrypted to another machine.', {
      hint: `Use --url https://${url.hostname}:8443, or a tunnel to this machine.`,
    })
  }
}

function certificate(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new SessionizeError('usage', `Cannot read the certificate in ${path}.`, {
      hint: '--ca takes a PEM file.',
      cause: error,
    })
  }
}

async function loadClient(): Promise<typeof import('@clickhouse/client')> {
  try {
    return await import('@clickhouse/client')
  } catch (error) {
    throw new SessionizeError(
      'extension_missing',
      'ClickHouse needs the package @clickhouse/client, which is not installed.',
      { hint: 'Install it beside sessionize: npm install @clickhouse/client', cause: error },
    )
  }
}
