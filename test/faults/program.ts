/** The built program as a process of its own, which faults can be done to. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

export const PROGRAM = join(import.meta.dirname, '../../bin/sessionize.js')

export interface Ended {
  readonly exit: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly millis: number
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

export interface StartOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** `open`: a pipe that nobody fills. */
  readonly stdin?: 'open'
  /** Leaves standard output unread. */
  readonly unread?: boolean
  /** Run in front of node, as `['unshare', '-n']`. */
  readonly prefix?: readonly string[]
}

export function start(args: readonly string[], options: StartOptions = {}): Started {
  const [command = process.execPath, ...rest] = [
    ...(options.prefix ?? []),
    process.execPath,
    PROGRAM,
    ...args,
  ]
  const begun = performance.now()
  const child = spawn(command, rest, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
    stdio: [options.stdin === 'open' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  if (options.unread !== true) {
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      said.stdout += text
    })
  }
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    said.stderr += text
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on(options.unread === true ? 'exit' : 'close', (exit, signal) => {
      resolve({ exit, signal, ...said, millis: performance.now() - begun })
    })
  })
  return { child, ended }
}

export const ran = (args: readonly string[], options?: StartOptions): Promise<Ended> =>
  start(args, options).ended

/** A shell line in which `sessionize` is the built program, and its own exit code counts. */
export function inShell(line: string, options: StartOptions = {}): Promise<Ended> {
  const begun = performance.now()
  const child = spawn(
    'bash',
    ['-c', `sessionize() { "$NODE" "$PROGRAM" "$@"; }; set -o pipefail; ${line}`],
    {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        NODE: process.execPath,
        PROGRAM,
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said.stderr += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit, signal) => {
      resolve({ exit, signal, ...said, millis: performance.now() - begun })
    })
  })
}

/** A line of a stack trace, or the words for an error that nothing had a name for. */
export const BUG = /^\s+at .*:\d+:\d+|This is a bug in sessionize|\[object Object\]/m
