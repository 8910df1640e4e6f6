/**
 * Relations that several rules share, each made when the first rule needs it. Beside them are
 * `rows`, `events` and `sessions`.
 */
import { SessionizeError } from '../../errors/errors.js'
import { raw, sql } from '../../sql/sql.js'
import type { Scene } from '../scene.js'
import { daily } from './daily.js'
import { fileColumns } from './file-columns.js'
import { placed } from './placed.js'
import { recordedSessions } from './recorded-sessions.js'
import { rejected } from './rejected.js'
import type { Relation, RelationName } from './relation.js'

const RELATIONS: Readonly<Record<RelationName, Relation>> = {
  placed,
  rejected,
  recorded_sessions: recordedSessions,
  daily,
  file_columns: fileColumns,
}

export class Relations {
  private readonly made = new Set<RelationName>()

  constructor(private readonly scene: Scene) {}

  async prepare(names: readonly RelationName[]): Promise<void> {
    for (const name of names) {
      if (this.made.has(name)) continue
      this.made.add(name)
      await this.make(name)
    }
  }

  private async make(name: RelationName): Promise<void> {
    const relation = RELATIONS[name]
    const kind = relation.view === true ? raw('VIEW') : raw('TABLE')
    try {
      const body = await relation.body(this.scene)
      await this.scene.engine.run(sql`CREATE OR REPLACE TEMP ${kind} ${raw(name)} AS ${body}`)
    } catch (error) {
      if (!(error instanceof SessionizeError)) throw error
      throw new SessionizeError(
        error.code,
        `While preparing ${relation.comment}: ${error.message}`,
        {
          ...(error.hint === undefined ? {} : { hint: error.hint }),
          cause: error,
        },
      )
    }
  }
}
