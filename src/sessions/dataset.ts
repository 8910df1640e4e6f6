/** Events to make sessions of, wherever they are. */
import type { Opened } from '../events/dataset.js'
import type { FileEvents } from '../events/open.js'
import type { Sql } from '../sql/sql.js'
import type { RemoteSessions } from './request.js'

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
