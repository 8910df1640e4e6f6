/** Which data-quality rules are run, and how: flags before the config file. */
import type { CheckOptions } from '../checks/run.js'
import { given } from '../given.js'
import type { ConfiguredFlags } from './config.js'

export interface CheckFlags extends ConfiguredFlags {
  readonly select?: string[]
  readonly exclude?: string[]
  readonly failOn?: 'warn' | 'error'
}

export function chosenChecks(flags: CheckFlags): CheckOptions {
  const config = flags.configured?.checks
  return {
    settings: config?.settings ?? {},
    own: config?.own ?? [],
    ...given({
      select: flags.select ?? config?.select,
      exclude: flags.exclude ?? config?.exclude,
      failOn: flags.failOn ?? config?.failOn,
    }),
  }
}
