/** `--rejects`: where the rejected rows go. */

import { SessionizeError } from '../errors/errors.js'
import type { Dataset } from '../events/dataset.js'
import type { Target } from '../report/target.js'
import { withFile } from './output.js'

/**
 * The file is there when the answer is, and also when rejected rows are the reason why there is
 * none. After any other failure what was read may be wrong, and nothing is left.
 */
export const withRejects = <T>(
  path: string | undefined,
  use: (write: (read: Dataset) => Promise<void>) => Promise<T>,
): Promise<T> =>
  withFile('--rejects', path, async (target) => {
    let whole = false
    const write = async (read: Dataset): Promise<void> => {
      if (target === undefined) return
      await writeRejects(read, target)
      whole = true
    }
    try {
      return await use(write)
    } catch (error) {
      if (whole && isAboutRejected(error)) await target?.commit()
      throw error
    }
  })

const isAboutRejected = (error: unknown): boolean =>
  error instanceof SessionizeError && ['rejected_rows', 'no_events'].includes(error.code)

/** As a table: file, row, reason, value, record. */
async function writeRejects({ engine, events }: Dataset, target: Target): Promise<void> {
  const { tableFormatOf, writeTable } = await import('../sessions/write.js')
  const { sql } = await import('../sql/sql.js')
  const none = sql`SELECT '' AS file, 0 AS row, '' AS reason, '' AS value, '' AS record WHERE false`
  const format = tableFormatOf(target.finalPath) ?? 'csv'
  await writeTable(engine, events.rejectsQuery() ?? none, format, target.path)
}
