/** What a command writes and reads, by its flags: an output that is an input would destroy it. */
import type { Command, Option } from 'commander'
import { type OptionSpec, SPECS } from '../library/option-table.js'
import type { Input, Output, Outputs } from '../sources/outputs.js'
import type { ConfiguredFlags } from './config/configured.js'
import { tell } from './messages.js'
import { isStdout } from './output.js'
import type { Terminal } from './terminal.js'

/** Paths behind flags of the command line's own. */
const OWN_PATHS: Readonly<Record<string, OptionSpec['path']>> = {
  output: 'written',
  report: 'written',
  config: 'read',
}

/** What the path behind a flag is to a run; undefined where it has none. */
export function pathOf(option: Option): OptionSpec['path'] {
  if (option.negate) return undefined
  const name = option.attributeName()
  return OWN_PATHS[name] ?? SPECS.get(name)?.path
}

/** What `preAction` adds to a command's flags. */
export interface WrittenFlags {
  readonly outputs?: Outputs
}

/**
 * Before anything is opened: what a command writes is no file that it reads, and not two of its
 * outputs are one file. What lies in folders and globs is looked at when they are.
 *
 * @param more that it writes, besides what its flags name
 * @throws SessionizeError `usage`
 */
export async function holdApart(
  command: Command,
  terminal: Terminal,
  more: readonly string[] = [],
): Promise<Outputs> {
  const { assertApart, outputAt } = await import('../sources/outputs.js')
  const { Together } = await import('../files/together.js')
  const files = [
    ...paths(command, 'written').filter(({ path }) => !isStdout(path)),
    ...more.map((path) => ({ flag: '--output', path })),
  ].map(({ flag, path }) => outputAt(flag, path))
  const summary = terminal.env['GITHUB_STEP_SUMMARY'] ?? ''
  if (command.name() === 'check' && summary !== '') {
    files.push(outputAt('GITHUB_STEP_SUMMARY', summary))
  }
  const standard = await standardOutput(command, terminal)
  if (standard !== undefined) files.push(standard)
  const folders = paths(command, 'folder')
    .filter(({ flag }) => flag === '--state')
    .map(({ flag, path }) => outputAt(flag, path))

  assertApart(files, folders, await inputs(command, terminal))
  const said = new Set<string>()
  return {
    files,
    folders,
    together: new Together(),
    say(message) {
      if (!said.has(message)) tell(terminal, message)
      said.add(message)
    },
  }
}

/** Where an answer goes that goes to no other file; undefined when it is none. */
async function standardOutput(command: Command, { stdout }: Terminal): Promise<Output | undefined> {
  const { identityOfStream } = await import('../files/identity.js')
  const named: unknown = command.getOptionValue('output')
  if (typeof named === 'string' && !isStdout(named)) return undefined
  const identity = identityOfStream(stdout)
  return identity && { name: 'Standard output', label: '-', path: undefined, identity }
}

async function inputs(command: Command, { stdin }: Terminal): Promise<Input[]> {
  const { identityOf, identityOfStream } = await import('../files/identity.js')
  const at = (path: string, what: string): Input => ({
    label: path,
    what,
    identity: identityOf(path.replace(/^file:(\/\/)?/, '')),
  })
  const events = eventsOf(command)
  const { checks, file } = command.opts<ConfiguredFlags>().configured ?? {}
  return [
    ...(events === undefined ? [] : events).map((path) => at(path, 'events')),
    ...(events?.length === 0 || events?.includes('-') === true
      ? [{ label: 'standard input', what: 'events', identity: identityOfStream(stdin) }]
      : []),
    ...paths(command, 'read').map(({ flag, path, many }) =>
      at(path, many ? 'events' : (READ_AS[flag] ?? 'events')),
    ),
    ...(file === undefined ? [] : [at(file, 'the config file')]),
    ...(checks?.baseline === undefined ? [] : [at(checks.baseline, 'the baseline')]),
  ]
}

/** As they are named; undefined for a command that reads none. */
function eventsOf(command: Command): string[] | undefined {
  const position = command.registeredArguments.findIndex((one) => /^files?$/.test(one.name()))
  if (position === -1) return undefined
  return texts(command.processedArgs[position])
}

const READ_AS: Readonly<Record<string, string>> = {
  '--baseline': 'the baseline',
  '--config': 'the config file',
  '--credentials': 'the credentials',
  '--ca': 'a certificate',
}

/** The paths that a command's flags name. */
const paths = (command: Command, kind: 'written' | 'read' | 'folder') =>
  command.options.flatMap((option) => {
    const flag = option.long ?? ''
    if (pathOf(option) !== kind) return []
    const value: unknown = command.getOptionValue(option.attributeName())
    return texts(value).map((path) => ({ flag, path, many: option.variadic }))
  })

/** A path, a list of paths, or of reports that go to paths. */
function texts(value: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return all.flatMap((one) => {
    if (typeof one === 'string') return [one]
    const isReport = typeof one === 'object' && one !== null && 'path' in one
    return isReport && typeof one.path === 'string' ? [one.path] : []
  })
}
