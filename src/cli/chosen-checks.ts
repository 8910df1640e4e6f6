/** Which data-quality rules are run, and how: flags before the config file. */
import type { CheckOptions } from '../checks/run.js'
import type { ConfiguredFlags } from './config.js'

export interface CheckFlags extends ConfiguredFlags {
  readonly select?: string[]
  readonly exclude?: string[]
  readonly failOn?: 'warn' | 'error'
}

export function chosenChecks(flags: CheckFlags): CheckOptions {
  const config = flags.configured?.checks
  const select = flags.select ?? config?.select
  const exclude = flags.exclude ?? config?.exclude
  const failOn = flags.failOn ?? config?.failOn
  return {
    settings: config?.settings ?? {},
    own: config?.own ?? [],
    ...(select === undefined ? {} : { select }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(failOn === undefined ? {} : { failOn }),
  }
}
