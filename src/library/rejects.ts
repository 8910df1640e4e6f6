/** The file of rejected rows. */

import { TABLE_FORMATS, writeTable } from '../engines/table-file.js'
import { SessionizeError } from '../errors/errors.js'
import type { FileDataset } from '../events/dataset.js'
import { formatOf } from '../files/endings.js'
import type { Together } from '../files/together.js'
import { type Target, withTarget } from '../report/target.js'
import { sql } from '../sql/sql.js'

/**
 * The file is there when the answer is, and also when rejected rows are the reason why there is
 * none. After any other failure what was read may be wrong, and nothing is left.
 */
export async function withRejects<T>(
  path: string | undefined,
  together: Together | undefined,
  use: (write: ((read: FileDataset) => Promise<void>) | undefined) => Promise<T>,
): Promise<T> {
  if (path === undefined) return use(undefined)
  let whole = false
  return withTarget(
    path,
    together,
    (target) =>
      use(async (read) => {
        await writeRejects(read, target)
        whole = true
      }),
    (error) => whole && isAboutRejected(error),
  )
}

const isAboutRejected = (error: unknown): boolean =>
  error instanceof SessionizeError && ['rejected_rows', 'no_events'].includes(error.code)

/** As a table: file, row, reason, value, record. */
async function writeRejects({ engine, events }: FileDataset, target: Target): Promise<void> {
  const none = sql`SELECT '' AS file, 0 AS row, '' AS reason, '' AS value, '' AS record WHERE false`
  const format = formatOf(target.finalPath, TABLE_FORMATS) ?? 'csv'
  await writeTable(engine, events.rejectsQuery() ?? none, format, target.path)
}
