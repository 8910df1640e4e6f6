/** The file of rejected rows. */
import { SessionizeError } from '../errors/errors.js'
import type { FileDataset } from '../events/dataset.js'
import type { Together } from '../files/together.js'
import { Target } from '../report/target.js'
import { tableFormatOf, writeTable } from '../sessions/write.js'
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
  const target = Target.create(path)
  let whole = false
  try {
    const result = await use(async (read) => {
      await writeRejects(read, target)
      whole = true
    })
    await target.commit(together)
    return result
  } catch (error) {
    if (whole && isAboutRejected(error)) await target.commit()
    else target.abort()
    throw target.failure(error)
  }
}

const isAboutRejected = (error: unknown): boolean =>
  error instanceof SessionizeError && ['rejected_rows', 'no_events'].includes(error.code)

/** As a table: file, row, reason, value, record. */
async function writeRejects({ engine, events }: FileDataset, target: Target): Promise<void> {
  const none = sql`SELECT '' AS file, 0 AS row, '' AS reason, '' AS value, '' AS record WHERE false`
  const format = tableFormatOf(target.finalPath) ?? 'csv'
  await writeTable(engine, events.rejectsQuery() ?? none, format, target.path)
}
