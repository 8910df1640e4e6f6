/** The program as a process: its streams, its signals, its end. */
import type nodeProcess from 'node:process'
import { Interruption } from './interruption.js'
import { main, report, reportUncaught } from './main.js'
import { standardInput, watchStreams } from './streams.js'

/** After the reader of standard output has left, files that were asked for as well may be finished. */
const AFTER_READER_MILLIS = 1_000

export async function run(process: typeof nodeProcess): Promise<void> {
  const { stdout, stderr, env } = process
  const terminal = { stdin: standardInput(process), stdout, stderr, env }
  // The first says what happened; others are what comes of it.
  process.once('uncaughtException', (error) => {
    process.on('uncaughtException', () => undefined)
    void reportUncaught(error, terminal).then((code) => process.exit(code))
  })
  const interruption = new Interruption(process)
  const stdoutFailed = watchStreams(terminal, () => {
    setTimeout(() => process.exit(0), AFTER_READER_MILLIS).unref()
  })
  const code = await main(process.argv.slice(2), terminal, interruption.signal)
  if (code === 130) await interruption.finish()
  // What has just been written may still fail.
  await new Promise((resolve) => stdout.write('', resolve))
  const failure = stdoutFailed()
  process.exitCode = code === 0 && failure !== undefined ? await report(failure, terminal) : code
}
