/** What a command writes and reads, by its flags: an output that is an input would destroy it. */
import { dirname } from 'node:path'
import type { Command, Option } from 'commander'
import { SessionizeError } from '../errors/errors.js'
import type { Identity } from '../files/identity.js'
import { type OptionSpec, SPECS } from '../library/option-table.js'
import type { Output, Outputs } from '../sources/outputs.js'
import type { ConfiguredFlags } from './config/apply.js'
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
export const pathOf = (option: Option): OptionSpec['path'] =>
  OWN_PATHS[option.attributeName()] ?? SPECS.get(option.attributeName())?.path

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
  const { identityOf, isSame } = await import('../files/identity.js')
  const { outputAt, overwrites } = await import('../sources/outputs.js')
  const files = [
    ...paths(command, 'written').filter(({ path }) => !isStdout(path)),
    ...more.map((path) => ({ flag: '--output', path })),
  ].map(({ flag, path }) => outputAt(flag, path))
  const standard = await standardOutput(command, terminal)
  if (standard !== undefined) files.push(standard)
  const folders = paths(command, 'folder')
    .filter(({ flag }) => flag === '--state')
    .map(({ flag, path }) => outputAt(flag, path))

  for (const [i, file] of files.entries()) {
    for (const other of files.slice(0, i)) {
      if (isSame(file.identity, other.identity) || file.path === other.path) {
        throw new SessionizeError('usage', `Two outputs cannot both go to ${file.label}.`, {
          hint: 'Give each a path of its own.',
        })
      }
    }
    const folder = file.path === undefined ? undefined : identityOf(dirname(file.path))
    const state = folders.find(({ identity }) => isSame(identity, folder))
    if (state !== undefined) {
      throw new SessionizeError('usage', `${file.name} lies in the folder of ${state.name}.`, {
        hint: 'Name a file somewhere else: a state keeps nothing but its own files.',
      })
    }
    for (const { label, what, identity } of await inputs(command, terminal)) {
      if (isSame(file.identity, identity)) throw overwrites(file, label, what)
    }
  }
  const said = new Set<string>()
  return {
    files,
    folders,
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

interface Input {
  readonly label: string
  readonly what: string
  readonly identity: Identity | undefined
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
