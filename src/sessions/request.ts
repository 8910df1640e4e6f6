/** What sessions are asked for: a definition, columns, and where the events come from. */
import type { Engine } from '../engines/duckdb.js'
import type { Sql, Stage } from '../sql/sql.js'
import type { SessionDefinition } from './definition.js'
import type { BlockPlan, DataEdges, KnownCodes, Measure, SetForms } from './plan.js'

/** What is wanted, in the user's names. */
export interface BuildOptions {
  readonly definition: SessionDefinition
  /** Names among `events.dimensions`. */
  readonly dimensions: readonly string[]
  /** The same, for `entry_` and `exit_` columns. */
  readonly properties?: readonly string[]
  /** Numeric properties to add up. */
  readonly sums?: readonly string[]
  /** Event names, as patterns with `*`, to count. */
  readonly counts?: readonly string[]
  /** Event names, as patterns, that make a session a conversion. */
  readonly conversions?: readonly string[]
  /** Forces a plan; measured by default. The results are the same. */
  readonly plan?: BlockPlan
}

/** A property of events that sessions carry, under the user's name for it. */
export interface Property {
  readonly name: string
  /** Column of `events`. */
  readonly column: string
}

export interface SessionRequest {
  readonly definition: SessionDefinition
  readonly plan: BlockPlan
  readonly from: From
  readonly edges: DataEdges
  /** Session columns named like the property: its first value that is not null. */
  readonly dimensions: readonly Property[]
  /** `entry_` and `exit_` columns: first and last value that is not null. */
  readonly properties: readonly Property[]
  /** Numbers added up over the events of a session. */
  readonly measures: readonly NamedMeasure[]
  /** Columns of `events` with the properties that the definition's rules name. */
  readonly ruleColumns: Readonly<Record<string, string>>
  /** No event has a recorded session id. */
  readonly unrecorded: boolean
}

/** Where the events are, or what is left of them. */
export type From = Files | Table | Stored | Remote | Made

/** The relation `events`, made of files. */
export interface Files {
  readonly kind: 'files'
  /** Columns of it whose dictionaries the engine can work on, see `FileEvents`. */
  readonly dictionaryColumns: ReadonlySet<string>
  /** In which forms sets are carried; lists if not given. */
  readonly sets?: SetForms
  /** By column of `events`. */
  readonly known?: ReadonlyMap<string, KnownCodes>
}

/** A relation of any name, or a stage after others. */
export interface Table {
  readonly kind: 'table'
  readonly events: string
  readonly stages: readonly Stage[]
}

/** Blocks that were made before, after stages that lead to them. */
export interface Stored {
  readonly kind: 'stored'
  readonly blocks: Sql
  readonly stages: readonly Stage[]
}

/** The engine that has the events, and makes the sessions. */
export interface Remote {
  readonly kind: 'remote'
  readonly engine: RemoteSessions
}

/** The relation here of sessions that a remote engine made, in place of the stages. */
export interface Made {
  readonly kind: 'made'
  readonly sessions: Sql
}

export interface NamedMeasure {
  /** The same of an event that a query has in another way. */
  readonly of?: Measure['of']
  /** As the session column is called. */
  readonly name: string
  /** Over `events AS e`, of an exact type. */
  readonly value: Sql
  /** How the session column shows the sum. */
  readonly as: 'double' | 'integer' | 'boolean'
}

/** An engine that keeps its events and makes sessions of them. */
export interface RemoteSessions {
  /** As messages call it. */
  readonly engine: string
  /** @returns the relation here that has the stage `sessions`, with what these columns need */
  bring(engine: Engine, request: SessionRequest, columns: readonly string[]): Promise<Sql>
  /** @returns the relation here of passive events that found no session: `file`, `n` */
  ignored(request: SessionRequest): Promise<Sql>
  /** Makes the session table there. */
  createTable(name: string, request: SessionRequest, columns: readonly string[]): Promise<void>
}
