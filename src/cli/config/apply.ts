/** Flags > environment > config file: what the command line and the environment left open. */
import { resolve } from 'node:path'
import process from 'node:process'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { SessionizeError } from '../../errors/errors.js'
import type { Terminal } from '../terminal.js'
import type { Config, KnownRule } from './config.js'
import type { FlagValue } from './configured.js'
import { findConfig } from './find.js'

const GROUP = 'Configuration:'

export function configOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--config <file>',
        'defaults, thresholds and rules (default: sessionize.config.yaml or .json in this folder)',
      )
        .env('SESSIONIZE_CONFIG')
        .helpGroup(GROUP),
    )
    .addOption(new Option('--no-config', 'read no config file').helpGroup(GROUP))
}

/** Which data-quality rules the config file says are run, and how. */
export const configuredChecks = ({ configured }: CheckFlags): Partial<Config['checks']> =>
  configured?.checks ?? {}

export interface CheckFlags {
  readonly configured?: Config
}

/** Before a command runs. @throws SessionizeError `usage` with the place in the file. */
export async function applyConfig(
  command: Command,
  terminal: Terminal,
  knownRules: () => Promise<readonly KnownRule[]>,
  note: (line: string) => void,
): Promise<void> {
  if (!command.options.some(({ long }) => long === '--config')) return
  const named: unknown = command.getOptionValue('config')
  if (named === false) return
  const folder = terminal.cwd ?? process.cwd()
  const path = typeof named === 'string' ? resolve(folder, named) : findConfig(folder)
  if (path === undefined) return
  const { readConfig } = await import('./config.js')
  const config = readConfig(path, await knownRules())
  note(`config file ${path}`)
  for (const [flag, value] of config.flags) setDefault(command, config, flag, value)
  command.setOptionValueWithSource('presets', config.presets, 'config')
  command.setOptionValueWithSource('configured', config, 'config')
}

function setDefault(command: Command, config: Config, flag: string, value: FlagValue): void {
  const option = command.options.find(({ long }) => long === `--${flag}` || long === `--no-${flag}`)
  if (option === undefined) return
  const name = option.attributeName()
  const source = command.getOptionValueSource(name)
  if (source === 'cli' || source === 'env') return
  command.setOptionValueWithSource(name, read(option, value, config, flag), 'config')
}

/** As the flag itself would have read it. */
function read(option: Option, value: FlagValue, config: Config, flag: string): unknown {
  if (typeof value === 'boolean' || typeof value === 'object') return value
  const text = String(value)
  if (option.argChoices !== undefined && !option.argChoices.includes(text)) {
    throw misfit(config, flag, `must be one of ${option.argChoices.join(', ')}.`)
  }
  if (option.parseArg === undefined) return text
  try {
    return option.parseArg(text, undefined)
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw misfit(config, flag, error.message, error)
    throw error
  }
}

const misfit = (config: Config, flag: string, message: string, cause?: unknown): SessionizeError =>
  new SessionizeError('usage', `${config.place(flag)}: \`${flag}\`: ${message}`, { cause })
