/** Query results as async iterables of plain objects, read as they are asked for. */
import type { Engine } from '../engines/duckdb.js'
import { isoTime } from '../events/open.js'
import type { Sql } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'

/** Instants are ISO 8601 in UTC with microseconds; integers beyond 2^53 are bigint. */
export type Value = string | number | bigint | boolean | null | readonly Value[]

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, Value>>

export async function* rowsOf(
  engine: Engine,
  query: Sql,
  names?: readonly string[],
): AsyncGenerator<Row, void, undefined> {
  const { columns: named, types, chunks } = await engine.stream(query)
  const columns = names ?? named
  for await (const chunk of chunks) {
    const [first = []] = chunk
    for (let i = 0; i < first.length; i++) {
      yield Object.fromEntries(
        columns.map((name, at) => [name, toValue(chunk[at]?.[i], types[at] ?? '')]),
      )
    }
  }
}

function toValue(value: unknown, type: string): Value {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') {
    if (type === 'TIMESTAMP WITH TIME ZONE') return isoTime(value + YEAR_ONE_MICROS)
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  if (Array.isArray(value)) return value.map((item) => toValue(item, type.replace(/\[\]$/, '')))
  return String(value)
}

/**
 * Rows that exist only while a callback runs, as an async iterable. The callback waits until each
 * row is taken; when the reader stops early, it is ended too, so that nothing is left open.
 */
export async function* iterateWithin<T>(
  run: (each: (rows: AsyncIterable<T>) => Promise<void>) => Promise<void>,
): AsyncGenerator<T, void, undefined> {
  const channel = new Channel<T>()
  const finished = run((rows) => channel.feed(rows)).then(
    () => channel.close(),
    (error: unknown) => channel.fail(error),
  )
  try {
    yield* channel.read()
  } finally {
    channel.abandon()
    await finished
  }
}

type Message<T> =
  | { readonly kind: 'row'; readonly row: T }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: unknown }

/** One message at a time, from a writer that waits to a reader that asks. */
class Channel<T> {
  private message: Message<T> | undefined
  private abandoned = false
  private wake: () => void = () => undefined

  async feed(rows: AsyncIterable<T>): Promise<void> {
    for await (const row of rows) {
      await this.put({ kind: 'row', row })
      if (this.abandoned) return
    }
  }

  close(): Promise<void> {
    return this.put({ kind: 'end' })
  }

  fail(error: unknown): Promise<void> {
    return this.put({ kind: 'error', error })
  }

  abandon(): void {
    this.abandoned = true
    this.wake()
  }

  async *read(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const { message } = this
      if (message === undefined) {
        await this.changed()
        continue
      }
      this.message = undefined
      this.wake()
      if (message.kind === 'end') return
      if (message.kind === 'error') throw message.error
      yield message.row
    }
  }

  private async put(message: Message<T>): Promise<void> {
    while (this.message !== undefined && !this.abandoned) await this.changed()
    this.message = message
    this.wake()
  }

  private changed(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.wake
      this.wake = () => {
        before()
        resolve()
      }
    })
  }
}
