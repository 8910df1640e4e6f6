/** Where results go: a file written whole or not at all, or standard output. */
import { createReadStream, createWriteStream, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import type { Together } from '../files/together.js'
import type { Appearance } from '../report/appearance.js'
import { SafeCsv, safeCsv } from '../report/safe-csv.js'
import type { Target } from '../report/target.js'
import { visible } from '../report/untrusted.js'
import type { Outputs } from '../sources/outputs.js'
import { isReaderGone, stdoutFailure } from './streams.js'
import { appearance, type Terminal } from './terminal.js'

/** What was written to `path` becomes the target's content, or is copied to standard output. */
export async function toOutput(
  path: string,
  target: Target | undefined,
  scratch: () => string,
  terminal: Terminal,
): Promise<void> {
  if (terminal.safeCsv === true) await defuseFile(path, scratch())
  if (target === undefined) await copyOut(path, terminal)
}

/** In place, piece by piece. */
async function defuseFile(path: string, scratch: string): Promise<void> {
  const stream = new SafeCsv()
  await pipeline(
    createReadStream(path, 'utf8'),
    async function* (pieces: AsyncIterable<string>) {
      for await (const piece of pieces) yield stream.push(piece)
      yield stream.end()
    },
    createWriteStream(scratch),
  )
  await copyFile(scratch, path)
}

/** Tables hold the data as it is, for programs; on a terminal it is shown and not obeyed. */
async function copyOut(path: string, { stdout }: Terminal): Promise<void> {
  if (stdout.isTTY !== true) {
    for await (const chunk of createReadStream(path)) await print(stdout, chunk)
    return
  }
  for await (const text of createReadStream(path, 'utf8')) await print(stdout, shown(String(text)))
}

const shown = (text: string): string => text.split('\n').map(visible).join('\n')

/** Waits for a slow reader instead of filling memory; a reader that has left has seen enough. */
async function print(stream: Terminal['stdout'], chunk: string | Buffer): Promise<void> {
  if (stream.destroyed) return
  const error = await new Promise<Error | null | undefined>((resolve) => {
    stream.write(chunk, resolve)
  })
  if (error != null && !isReaderGone(error)) throw stdoutFailure(error)
}

export async function printText(
  text: string,
  target: Target | undefined,
  terminal: Terminal,
): Promise<void> {
  const lines = text.endsWith('\n') ? text : `${text}\n`
  const whole = terminal.safeCsv === true ? safeCsv(lines) : lines
  const isShown = terminal.csv === true && terminal.stdout.isTTY === true
  if (target === undefined) await print(terminal.stdout, isShown ? shown(whole) : whole)
  else writeFileSync(target.path, whole)
}

/** Other ways to say it. */
const STDOUT: ReadonlySet<string> = new Set(['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'])

export const isStdout = (path: string): boolean => STDOUT.has(path)

/** Loaded only when there is a file to write: `--help` should not wait for it. */
export async function withTarget<T>(
  path: string | undefined,
  together: Together | undefined,
  use: (target: Target | undefined) => Promise<T>,
): Promise<T> {
  if (path === undefined || isStdout(path)) return use(undefined)
  const { withTarget: withFile } = await import('../report/target.js')
  return withFile(path, together, use)
}

/** @throws SessionizeError `usage` for what goes beside the answer, for which there is no place there. */
export function refuseStdout(name: string, path: string): void {
  if (!isStdout(path)) return
  throw new SessionizeError(
    'usage',
    `${option(name)} needs a file: standard output has the answer.`,
    {
      hint: 'Name a file to write it to.',
    },
  )
}

/** Where one answer goes: the file of `--output`, or standard output. */
export interface Output {
  /** Text for readers. */
  print(render: (appearance: Appearance) => string | Promise<string>): Promise<void>
  /** What `write` leaves at the path becomes the file, or is copied to standard output. */
  write<T>(write: (path: string) => Promise<T>): Promise<T>
}

export async function withOutput<T>(
  flags: {
    readonly outputs?: Outputs
    readonly output?: string
    readonly color?: boolean
    readonly tempDir?: string
  },
  terminal: Terminal,
  use: (output: Output) => Promise<T>,
): Promise<T> {
  return withTarget(flags.output, flags.outputs?.together, (target) =>
    use({
      async print(render) {
        await printText(await render(appearanceOf(flags, terminal, target)), target, terminal)
      },
      async write(write) {
        const { Workspace } = await import('../sources/workspace.js')
        const workspace = Workspace.create(flags.tempDir)
        try {
          const path = target?.path ?? workspace.path()
          const result = await write(path)
          await toOutput(path, target, () => workspace.path(), terminal)
          return result
        } finally {
          workspace.close()
        }
      },
    }),
  )
}

/** A file is no terminal: never coloured unless asked. */
export function appearanceOf(
  flags: { readonly color?: boolean },
  terminal: Terminal,
  target: Target | undefined,
): Appearance {
  const plain = flags.color === false || target !== undefined
  return appearance(terminal.stdout, terminal.env, plain ? false : undefined)
}
