/**
 * The command line: finds the command, runs it, and turns whatever happens into an exit code.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { inspectCommand } from './commands/inspect.js'
import { sessionsCommand } from './commands/sessions.js'
import { sqlCommand } from './commands/sql.js'
import { SUMMARY_EXAMPLES, summaryCommand } from './commands/summary.js'
import type { Context } from './context.js'
import { appearance, type Terminal } from './terminal.js'

/** @returns the exit code: 0 fine, 1 a check failed, 2 usage, 3 input, 4 engine or resources, 130 interrupted. */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  signal: AbortSignal = new AbortController().signal,
): Promise<number> {
  try {
    await program({ terminal, signal }).parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    return report(error, argv, terminal, signal)
  }
}

function program(context: Context): Command {
  const { terminal } = context
  const root = new Command('sessionize')
    .description(
      'Turns exported product-analytics events into sessions and tells how long people stay.',
    )
    .version(version(), '-V, --version')
    .addHelpText('before', SUMMARY_EXAMPLES)
    .option('--debug', 'show the stack trace of an error')
  root.addCommand(summaryCommand(context), { isDefault: true })
  root.addCommand(sessionsCommand(context))
  root.addCommand(inspectCommand(context))
  root.addCommand(sqlCommand(context))
  for (const command of [root, ...root.commands]) {
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => terminal.stdout.write(text),
        writeErr: () => undefined,
        getOutHelpWidth: () => appearance(terminal.stdout, terminal.env).columns,
        getErrHelpWidth: () => appearance(terminal.stderr, terminal.env).columns,
      })
      .showSuggestionAfterError(true)
  }
  return root
}

/** The package's own version: the one place that says it is package.json. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const parsed: unknown = JSON.parse(text)
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown'
}

async function report(
  error: unknown,
  argv: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  const problem = signal.aborted
    ? new SessionizeError('interrupted', 'Interrupted.')
    : asProblem(error, argv)
  const { renderProblem } = await import('../report/problem.js')
  terminal.stderr.write(`${renderProblem(problem, appearance(terminal.stderr, terminal.env))}\n`)
  if (argv.includes('--debug') && error instanceof Error) terminal.stderr.write(`${error.stack}\n`)
  return problem.exitCode
}

function asProblem(error: unknown, argv: readonly string[]): SessionizeError {
  if (error instanceof CommanderError) {
    return new SessionizeError('usage', error.message.replace(/^error: /, ''), {
      hint: 'See: sessionize --help',
    })
  }
  if (error instanceof SessionizeError) return withCommandHint(error, argv)
  const message = error instanceof Error ? error.message : String(error)
  return new SessionizeError('engine', `This is a bug in sessionize: ${message}`, {
    hint: 'Run it again with --debug and report what it prints.',
    cause: error,
  })
}

const COMMANDS = ['summary', 'sessions', 'inspect', 'sql', 'generate']

/** `sessionize sesions x.csv` names a file that does not exist: perhaps a command was meant. */
function withCommandHint(error: SessionizeError, argv: readonly string[]): SessionizeError {
  const [first = ''] = argv
  if (error.code !== 'input_missing' || !/^[a-z]+$/.test(first) || COMMANDS.includes(first))
    return error
  const near = didYouMean(first, COMMANDS)
  return near === ''
    ? error
    : new SessionizeError(error.code, error.message, { hint: `Or a command?${near}` })
}
