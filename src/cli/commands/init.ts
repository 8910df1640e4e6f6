import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Command } from 'commander'
import type { FlagValue } from '../../config/config.js'
import { CONFIG_NAMES } from '../../config/find.js'
import type { Seen } from '../../config/template.js'
import { SessionizeError } from '../../errors/errors.js'
import type { Context } from '../context.js'
import { readDataset, readDefinition, type SharedFlags } from '../flags.js'
import { definitionOptions, mappingOptions, resourceOptions } from '../options.js'
import { printText, withTarget } from '../output.js'
import { holdApart } from '../written.js'

interface Flags extends SharedFlags {
  readonly output?: string
  readonly force?: boolean
}

const EXAMPLES = `Examples:
  sessionize init export.zip                      sessionize.config.yaml, with what was detected
  sessionize init events.csv --user user_id -o -  the same on standard output
`

export function initCommand(context: Context): Command {
  const command = new Command('init')
    .description('write a commented config file for what is seen in the data')
    .argument('[files...]', 'files, folders, globs or archives to look at')
    .addHelpText('before', EXAMPLES)
  definitionOptions(mappingOptions(command))
    .optionsGroup('Output:')
    .option(
      '-o, --output <file>',
      `where to write it (default: ${CONFIG_NAMES[0]}; - for standard output)`,
    )
    .option('--force', 'replace a file that is there')
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { configTemplate } = await import('../../config/template.js')
    const { SESSION_KEYS } = await import('../../config/schema.js')
    const { terminal } = context
    const path = flags.output ?? join(terminal.cwd ?? process.cwd(), CONFIG_NAMES[0])
    const file = path === '-' ? undefined : path
    if (file !== undefined && flags.force !== true && existsSync(file)) {
      throw new SessionizeError('usage', `${file} is there already.`, {
        hint: 'Replace it with --force, or name another with --output.',
      })
    }
    if (file !== undefined && flags.output === undefined) {
      await holdApart(command, terminal, [file])
    }
    await withTarget(file, async (target) => {
      const seen = inputs.length === 0 ? undefined : await look(inputs, flags, context)
      const { gapMicros } = readDefinition(flags)
      await printText(
        configTemplate(gapMicros, rulesIn(command, SESSION_KEYS), seen),
        target,
        terminal,
      )
    })
    if (file !== undefined) terminal.stderr.write(`Wrote ${file}\n`)
  })
}

/** What flags said about sessions, by the keys of the config file. */
const rulesIn = (command: Command, keys: object): Record<string, FlagValue> =>
  Object.fromEntries(
    command.options.flatMap((option) => {
      const key = option.long?.slice(2) ?? ''
      const value: FlagValue | undefined = command.getOptionValue(option.attributeName())
      return key in keys && value !== undefined ? [[key, value]] : []
    }),
  )

async function look(
  inputs: readonly string[],
  flags: Flags,
  { terminal, signal }: Context,
): Promise<Seen> {
  const { withSources } = await import('../../events/dataset.js')
  const { inspect } = await import('../../events/inspect.js')
  const { check } = await import('../../checks/check.js')
  const { survey } = await import('../../checks/scene-of.js')
  const { nowMicros } = await import('../../checks/scene.js')
  const { Watch } = await import('../watch.js')
  const watch = await Watch.on(terminal)
  const dataset = { ...readDataset(flags, terminal, signal, []), onProgress: watch.sources }
  return withSources(inputs, dataset, async (opened) => {
    const { preset, choices } = await inspect(opened.engine, opened.sources, dataset)
    const { extras } = await survey(opened.engine, opened.sources, dataset)
    const { report } = await check(opened, dataset, {
      definition: readDefinition(flags),
      by: [],
      nowMicros: nowMicros(new Date()),
      checks: {},
    })
    return { preset, choices, extras, checks: report.checks }
  }).finally(() => watch.finish())
}
