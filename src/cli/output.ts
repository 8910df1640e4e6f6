/** Where results go: a file written whole or not at all, or standard output. */
import { createReadStream, writeFileSync } from 'node:fs'
import { SessionizeError } from '../errors/errors.js'
import type { Appearance } from '../report/appearance.js'
import { Target } from '../report/target.js'
import { appearance, type Terminal } from './terminal.js'

/** `write` gets a path; what it leaves there becomes the file, or is copied to standard output. */
export async function toOutput(
  target: Target | undefined,
  scratch: () => string,
  terminal: Terminal,
  write: (path: string) => Promise<void>,
): Promise<void> {
  const path = target?.path ?? scratch()
  await write(path)
  if (target === undefined) await copyOut(path, terminal)
}

async function copyOut(path: string, { stdout }: Terminal): Promise<void> {
  for await (const chunk of createReadStream(path)) await print(stdout, chunk)
}

/** Waits for a slow reader instead of filling memory. */
async function print(stream: Terminal['stdout'], chunk: string | Buffer): Promise<void> {
  if (stream.destroyed || stream.write(chunk)) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
}

export async function printText(
  text: string,
  target: Target | undefined,
  terminal: Terminal,
): Promise<void> {
  const whole = text.endsWith('\n') ? text : `${text}\n`
  if (target === undefined) await print(terminal.stdout, whole)
  else writeFileSync(target.path, whole)
}

/** What failed is the file that the user named, not the one that was being written for it. */
function named(error: unknown, { path, finalPath }: Target): unknown {
  if (!(error instanceof SessionizeError) || !error.message.includes(path)) return error
  return new SessionizeError(error.code, error.message.replaceAll(path, finalPath), {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
}

/** Opens the target first, so that a bad path fails before the work; leaves nothing after a failure. */
export async function withTarget<T>(
  path: string | undefined,
  use: (target: Target | undefined) => Promise<T>,
): Promise<T> {
  const target = path === undefined ? undefined : Target.create(path)
  try {
    const result = await use(target)
    target?.commit()
    return result
  } catch (error) {
    target?.abort()
    throw target === undefined ? error : named(error, target)
  }
}

/** A file is no terminal: never coloured unless asked. */
export function lookOf(
  flags: { readonly color?: boolean },
  terminal: Terminal,
  target: Target | undefined,
): Appearance {
  const plain = flags.color === false || target !== undefined
  return appearance(terminal.stdout, terminal.env, plain ? false : undefined)
}
