import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { SessionizeError } from '../../errors/errors.js'
import { flagOf, option } from '../../errors/option.js'
import { SPECS } from '../../library/option-table.js'
import { defineCommand } from '../command.js'
import type { FlagValue } from '../config/configured.js'
import { CONFIG_NAMES } from '../config/find.js'
import { tell } from '../messages.js'
import { printText, withTarget } from '../output.js'

export const initCommand = defineCommand({
  name: 'init',
  about: 'write a commented config file for what is seen in the data',
  examples: `Examples:
  sessionize init export.zip                      sessionize.config.yaml, with what was detected
  sessionize init events.csv --user user_id -o -  the same on standard output
`,
  inputs: { name: '[files...]', about: 'files, folders, globs or archives to look at' },
  extend: (command) => {
    command
      .optionsGroup('Output:')
      .option(
        '-o, --output <file>',
        `where to write it (default: ${CONFIG_NAMES[0]}; - for standard output)`,
      )
  },
  async run({ named, options: { force, ...options }, flags, holdApart, context: { terminal } }) {
    const { seenIn } = await import('../../library/init.js')
    const { configTemplate } = await import('../config/template.js')
    const path = flags.output ?? join(terminal.cwd ?? process.cwd(), CONFIG_NAMES[0])
    const file = path === '-' ? undefined : path
    if (file !== undefined && force !== true && existsSync(file)) {
      throw new SessionizeError('usage', `${file} is there already.`, {
        hint: `Replace it with ${option('force')}, or name another with ${option('output')}.`,
      })
    }
    if (file !== undefined && flags.output === undefined) await holdApart([file])
    await withTarget(file, undefined, async (target) => {
      const { gapMicros, seen } = await seenIn(named, options)
      await printText(configTemplate(gapMicros, rulesIn(flags), seen), target, terminal)
    })
    if (file !== undefined) tell(terminal, `Wrote ${file}`)
  },
})

/** What flags said about sessions, by the keys of the config file. */
const rulesIn = (flags: object): Record<string, FlagValue> =>
  Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) =>
      SPECS.get(name)?.config === 'sessions' ? [[flagOf(name).slice(2), value]] : [],
    ),
  )
