/** Where what has arrived is put for the engine. */
import { writeFileSync } from 'node:fs'
import { Engine } from '../engines/duckdb.js'
import { option } from '../errors/option.js'
import { unwritable } from '../files/unwritable.js'
import { Workspace } from '../sources/workspace.js'
import { sql } from '../sql/sql.js'

/** An engine, and the one file that it reads: each batch takes the place of the one before. */
export class Inbox {
  private constructor(
    readonly engine: Engine,
    private readonly workspace: Workspace,
    readonly path: string,
  ) {}

  /** @param parent where its folder is made */
  static async open(parent: string | undefined): Promise<Inbox> {
    const workspace = Workspace.create(parent)
    try {
      const engine = await Engine.open({ threads: 1, tempDirectory: workspace.path('-spill') })
      // One path holds many contents.
      await engine.run(sql`SET enable_external_file_cache = false`)
      return new Inbox(engine, workspace, workspace.path())
    } catch (error) {
      workspace.close()
      throw error
    }
  }

  put(bytes: Buffer): void {
    try {
      writeFileSync(this.path, bytes, { mode: 0o600 })
    } catch (error) {
      throw unwritable(
        {
          what: 'a temporary file',
          otherwise: `choose another folder with ${option('tempDir')}`,
        },
        error,
      )
    }
  }

  close(): void {
    this.engine.close()
    this.workspace.close()
  }
}
