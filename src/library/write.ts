/** Tables as files of their own. */

import { TABLE_FORMATS, type TableFormat } from '../engines/table-file.js'
import { SessionizeError } from '../errors/errors.js'
import { formatOf } from '../files/endings.js'
import { withTarget } from '../report/target.js'
import { type Outputs, outputAt } from '../sources/outputs.js'

/**
 * Whole or not at all.
 *
 * @param name of the function that writes, for messages
 */
export async function writeFile(
  name: string,
  path: string,
  given: TableFormat | undefined,
  write: (partial: string, format: TableFormat, outputs: Outputs) => Promise<void>,
): Promise<void> {
  const format = given ?? formatOf(path, TABLE_FORMATS)
  if (format === undefined) {
    throw new SessionizeError('usage', `The name ${path} does not tell a format.`, {
      hint: 'Use .csv, .ndjson, .parquet or .arrow, or give a format.',
    })
  }
  const outputs = { files: [outputAt(name, path)], folders: [], say: () => undefined }
  await withTarget(path, undefined, (target) => write(target.path, format, outputs))
}
