import { identifier, type Sql, type Stage, sql } from '../sql/sql.js'
import type { SessionDefinition } from './definition.js'

/** How events become sessions. The results are the same; the cost depends on the data. */
export type BlockPlan = 'blocks' | 'events'

/** A property carried into the session row: its first or its last value that is not null. */
export interface Attribute {
  /** Column of `events`. */
  readonly column: string
  readonly pick: 'first' | 'last'
  /** Column of `sessions`. */
  readonly as: string
}

/** How a query has the values of an event: column by column of `events`. */
export type EventRow = (column: string) => Sql

/** As most queries have them, in `events AS e`. */
export const ofEvents: EventRow = (column) => sql`e.${identifier(column)}`

/** A number added up over a session's events. */
export interface Measure {
  /** The same of an event that a query has in another way. */
  readonly of?: (event: EventRow) => Sql
  /** Per event, over `events AS e`; an exact numeric type, so that the order of adding is no matter. */
  readonly value: Sql
  readonly as: string
}

/** Values of a column that are few and known beforehand, so that no table of them has to be made. */
export interface KnownCodes {
  /** A relation of `value` and `code`. */
  readonly relation: Sql
  /** Whether the relation has `shown` too: the value as an enumeration, NULL for the empty one. */
  readonly enumerated: boolean
  /** Whether some event has no value, which as a name has code 0. */
  readonly gaps: boolean
  /** The code of a value of the column; NULL for no value. */
  readonly of: (value: Sql) => Sql
}

/** Between which the data lie, in microseconds since year 1. */
export interface DataEdges {
  readonly first: Sql
  readonly last: Sql
  /** Whether some events lie outside, far from all others. */
  readonly beyond?: boolean
}

/** How sets are carried where they are not lists; a set that is not named is a list. */
export interface SetForms {
  readonly names: 'rows' | NameBits
  readonly recorded: 'rows'
}

export interface NameBits {
  /** How many codes there are, one of them for no name. */
  readonly codes: number
  /** Whether there are events without a name; no name has the lowest code. */
  readonly unnamed: boolean
}

export interface SessionPlan {
  /** The relation of events. */
  readonly events: Sql
  /** A relation of blocks with decoded values (see `stored-blocks.ts`), in place of events. */
  readonly stored?: Sql
  readonly definition: SessionDefinition
  readonly blocks: BlockPlan
  readonly attributes: readonly Attribute[]
  readonly measures: readonly Measure[]
  /** Columns of `events` that hold the properties named by the definition's rules. */
  readonly ruleColumns: Readonly<Record<string, string>>
  /** Which of the costlier columns are wanted. */
  readonly names: boolean
  readonly distinctNames: boolean
  readonly recordedIds: boolean
  /** In which forms their sets are carried; lists if not given. */
  readonly sets?: SetForms
  /** By column of `events`. */
  readonly known?: ReadonlyMap<string, KnownCodes>
  /** Whether events carry their `id`, to be found again. */
  readonly eventIds?: boolean
}

/** The stages up to `joined`, and what the path's columns mean. */
export interface SessionPath {
  /** Columns of `events` that need a code table. */
  readonly coded: readonly string[]
  readonly stages: readonly Stage[]
  /** Over `joined AS s`. */
  readonly bounce: Sql
  readonly startCensored: Sql
  readonly endCensored: Sql
  readonly endReason: (endCensored: Sql) => Sql
  /** Position among sessions of the user that start in the same microsecond, from 0. */
  readonly tieRank: Sql
}
