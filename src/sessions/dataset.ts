/** Events to make sessions of, wherever they are. */
import type { Opened, ReadingOptions } from '../events/dataset.js'
import type { FileEvents } from '../events/open.js'
import type { Sql } from '../sql/sql.js'
import type { SessionDefinition } from './definition.js'
import type { BuildOptions, RemoteSessions } from './request.js'

/** Of files they are the relation `events`; otherwise there is none. */
export interface Events extends FileEvents {
  /** Set where the events themselves are gone. */
  readonly stored?: StoredEvents
  /** Set where they stay in their engine. */
  readonly remote?: RemoteSessions
}

/** What is left of events that earlier runs read. */
export interface StoredEvents {
  /** A relation of blocks. */
  readonly blocks: Sql
  /** Per name of a measure the column of `blocks AS e` that holds its sums. */
  readonly measures: ReadonlyMap<string, Sql>
}

export interface Dataset extends Opened {
  readonly events: Events
}

/** What is asked of events, wherever they are. */
export interface AskedOfEvents {
  readonly inputs: readonly string[]
  readonly definition: SessionDefinition
  readonly reading: ReadingOptions
  /** What it needs of the session table; undefined where it needs single events. */
  readonly columns: TableColumns | undefined
  /** Where rejected rows are to be written. */
  readonly rejects: string | undefined
}

export type TableColumns = Pick<
  BuildOptions,
  'dimensions' | 'properties' | 'sums' | 'counts' | 'conversions'
>

/** Events that are not in the inputs, or not only there. */
export interface EventSource {
  /** @throws SessionizeError `usage` or `unsupported` for what it cannot be asked */
  assertAnswers(asked: AskedOfEvents): void
  /** The events for as long as `use` runs. */
  withEvents<T>(asked: AskedOfEvents, use: (dataset: Dataset) => Promise<T>): Promise<T>
}

/** What a run added to a state. */
export interface Added {
  readonly files: readonly string[]
  readonly rows: number
  readonly kept: number
  readonly duplicates: number
  /** Files whose bytes the state has seen. */
  readonly known: readonly string[]
  /** Files whose name the state has seen, with other bytes. */
  readonly changed: readonly string[]
  readonly filesInState: number
}
