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
  /** What `events` is, where no relation has that name. */
  readonly source?: Stage
  /** Comes first, over `events`, where that relation holds more than the definition is about. */
  readonly heard?: Stage
  /** Blocks that earlier runs made, in place of `events`. */
  readonly stored?: Sql
  readonly edges: DataEdges
  /** Session columns named like the property: its first value that is not null. */
  readonly dimensions: readonly Property[]
  /** `entry_` and `exit_` columns: first and last value that is not null. */
  readonly properties: readonly Property[]
  /** Numbers added up over the events of a session. */
  readonly measures: readonly NamedMeasure[]
  /** Columns of `events` with the properties that the definition's rules name. */
  readonly ruleColumns: Readonly<Record<string, string>>
  /** In which forms sets are carried; lists if not given. */
  readonly sets?: SetForms
  /** The engine that has the events, and makes the sessions. */
  readonly remote?: RemoteSessions
  /** Come first where `events` is a stage. */
  readonly leading?: readonly Stage[]
  /** The relation of sessions that a remote engine made, in place of the stages. */
  readonly made?: Sql
  /** No event has a recorded session id. */
  readonly unrecorded?: boolean
  /** Columns of `events` whose dictionaries the engine can work on, see `Events`. */
  readonly asRead?: ReadonlySet<string>
  /** By column of `events`. */
  readonly known?: ReadonlyMap<string, KnownCodes>
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
