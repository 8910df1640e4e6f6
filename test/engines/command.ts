/** The command line in this process, with an environment of its own. */
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { main } from '../../src/cli/main.js'
import type { Run } from '../oracle/run.js'

export async function runWith(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): Promise<Run> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const told = Promise.all([text(stdout), text(stderr)])
  const exit = await main(argv, { stdin: new PassThrough().end(), stdout, stderr, env })
  stdout.end()
  stderr.end()
  const [out, err] = await told
  return { exit, stdout: out, stderr: err }
}
