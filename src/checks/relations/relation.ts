import type { Sql } from '../../sql/sql.js'
import type { Scene } from '../scene.js'

/** A relation that several rules share. */
export interface Relation {
  /** What one row is. */
  readonly comment: string
  readonly body: (scene: Scene) => Sql | Promise<Sql>
  /** A view is enough when it is cheap to read twice. */
  readonly view?: true
}

export type RelationName = 'placed' | 'rejected' | 'recorded_sessions' | 'daily' | 'file_columns'
