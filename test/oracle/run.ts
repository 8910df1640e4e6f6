/** Runs the command line in this process, with its streams caught. */
import { PassThrough, Readable, Writable } from 'node:stream'
import { main } from '../../src/cli/main.js'

export interface Run {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** @param cwd where a config file is looked for */
export async function run(argv: readonly string[], stdin?: Buffer, cwd?: string): Promise<Run> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  const exit = await main(argv, {
    stdin: stdin === undefined ? new PassThrough().end() : Readable.from([stdin]),
    stdout: collect(out),
    stderr: collect(err),
    env: {},
    ...(cwd === undefined ? {} : { cwd }),
  })
  return {
    exit,
    stdout: Buffer.concat(out).toString('utf8'),
    stderr: Buffer.concat(err).toString('utf8'),
  }
}

/** As `run`, for a command that must succeed. */
export async function output(argv: readonly string[]): Promise<string> {
  const { exit, stdout, stderr } = await run(argv)
  if (exit !== 0) throw new Error(`sessionize ${argv.join(' ')}: exit ${exit}\n${stderr}`)
  return stdout
}

const collect = (chunks: Buffer[]): Writable =>
  new Writable({
    write(chunk: Buffer | string, _encoding, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
