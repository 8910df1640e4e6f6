import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** In the order in which they are looked for. */
export const CONFIG_NAMES = [
  'sessionize.config.yaml',
  'sessionize.config.yml',
  'sessionize.config.json',
] as const

/** The config file of a folder; undefined when there is none. */
export function findConfig(folder: string): string | undefined {
  const name = CONFIG_NAMES.find((candidate) => existsSync(join(folder, candidate)))
  return name === undefined ? undefined : join(folder, name)
}
