/** Where the user's own Spark is. None comes with this package. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SessionizeError } from '../../errors/errors.js'

export type Environment = Readonly<Record<string, string | undefined>>

const INSTALL =
  'Set SPARK_HOME to the folder of a Spark distribution (the one that holds bin/spark-submit), or put spark-submit on PATH; `pip install pyspark` brings one.'

/**
 * `$SPARK_HOME/bin/spark-submit`, or the first `spark-submit` on PATH.
 *
 * @throws SessionizeError `engine` when there is none.
 */
export function findSparkSubmit(env: Environment, platform = process.platform): string {
  if (platform === 'win32') {
    throw new SessionizeError('unsupported', '--engine spark does not run on Windows itself.', {
      hint: 'Run it in WSL, or on a machine of the cluster.',
    })
  }
  const home = env['SPARK_HOME']
  if (home !== undefined && home !== '') {
    const path = join(home, 'bin', 'spark-submit')
    if (isExecutable(path)) return path
    throw new SessionizeError('engine', `SPARK_HOME is ${home}, but there is no ${path}.`, {
      hint: INSTALL,
    })
  }
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue
    const path = join(folder, 'spark-submit')
    if (isExecutable(path)) return path
  }
  throw new SessionizeError('engine', 'Spark was not found.', { hint: INSTALL })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
