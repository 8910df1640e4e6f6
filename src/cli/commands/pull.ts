import { Command, Option } from 'commander'
import { SessionizeError } from '../../errors/errors.js'
import type { Region } from '../../pull/endpoint.js'
import type { Pulled } from '../../pull/pull.js'
import type { Context } from '../context.js'

interface Flags {
  readonly start?: string
  readonly end?: string
  readonly output?: string
  readonly region: Region
  readonly baseUrl?: string
  readonly verify?: boolean
}

const EXAMPLES = `Examples:
  export AMPLITUDE_API_KEY=... AMPLITUDE_SECRET_KEY=...
  sessionize pull amplitude --start 20240101T00 --end 20240201T00 -o export/
  sessionize export/                              what was pulled, read as it is
  sessionize pull amplitude --start 20240101 --end 20240108 -o export/ --region eu
  sessionize pull amplitude --start 20240101 --end 20240108 -o export/ --verify
`

/** A large export can take minutes before its first byte. */
const PATIENCE_MILLIS = 10 * 60_000
/** The API gives 4 GB at once. */
const MOST_BYTES = 8 * 1024 ** 3

export function pullCommand({ terminal, signal }: Context): Command {
  return new Command('pull')
    .description('download events through a vendor’s API; run it again to go on where it stopped')
    .argument('<vendor>', 'amplitude')
    .addHelpText('before', EXAMPLES)
    .option('--start <hour>', 'the first hour of upload, UTC: 20240101T00')
    .option('--end <hour>', 'up to, not including, this hour')
    .option('-o, --output <folder>', 'where to put the exports; finished ones are kept')
    .addOption(
      new Option('--region <region>', 'where the project’s data are')
        .choices(['us', 'eu'])
        .default('us'),
    )
    .option('--base-url <url>', 'a proxy, instead of the region’s own server')
    .option('--verify', 'read the files that are there again, and pull what is damaged')
    .action(async (vendor: string, flags: Flags) => {
      const { Credentials } = await import('../../pull/credentials.js')
      const { Endpoint } = await import('../../pull/endpoint.js')
      const { sleep } = await import('../../pull/backoff.js')
      const { pullAmplitude } = await import('../../pull/pull.js')
      const { Progress } = await import('../../report/progress.js')
      const { folder, range } = await readPull(vendor, flags)
      const progress = new Progress(terminal.stderr, () => performance.now())
      const began = performance.now()
      const pulled = await pullAmplitude({
        range,
        folder,
        endpoint: Endpoint.of(flags.region, flags.baseUrl),
        credentials: Credentials.read(terminal.env),
        now: Date.now,
        sleep,
        random: Math.random,
        patienceMillis: PATIENCE_MILLIS,
        mostBytes: MOST_BYTES,
        verify: flags.verify === true,
        env: terminal.env,
        signal,
        say: (message) => {
          progress.finish()
          terminal.stderr.write(`pull: ${message}\n`)
        },
        onProgress: ({ hour, bytes, hoursLeft }) =>
          progress.update({
            phase: `pulling from ${hour}, ${hoursLeft} hours left`,
            done: bytes,
            total: null,
            unit: 'bytes',
          }),
      }).finally(() => progress.finish())
      terminal.stderr.write(`${await describe(pulled, folder, performance.now() - began)}\n`)
    })
}

async function readPull(
  vendor: string,
  { start, end, output }: Flags,
): Promise<{ folder: string; range: { start: number; end: number } }> {
  const { parseHour } = await import('../../pull/hours.js')
  if (vendor !== 'amplitude') {
    throw new SessionizeError('usage', `pull does not know ${vendor}.`, {
      hint: 'It knows: amplitude.',
    })
  }
  if (start === undefined || end === undefined || output === undefined) {
    throw new SessionizeError('usage', 'pull needs --start, --end and --output.', {
      hint: 'For example: sessionize pull amplitude --start 20240101T00 --end 20240201T00 -o export/',
    })
  }
  const range = { start: parseHour(start, '--start'), end: parseHour(end, '--end') }
  if (range.end > range.start) return { folder: output, range }
  throw new SessionizeError('usage', `--end ${end} is not after --start ${start}.`, {
    hint: 'The hour of --end is the first that is left out.',
  })
}

async function describe(
  { hours, emptyHours, bytes, files, tooEarly }: Pulled,
  folder: string,
  millis: number,
): Promise<string> {
  const { formatBytes, formatNumberOf, formatSeconds } = await import('../../report/quantities.js')
  if (hours === 0) {
    return tooEarly > 0 ? 'Nothing to pull yet.' : `Nothing to pull: ${folder} has it all.`
  }
  const rate = millis > 0 ? ` (${formatBytes((bytes * 1_000) / millis)}/s)` : ''
  const empty = emptyHours > 0 ? `, ${formatNumberOf(emptyHours, 'hour')} without data` : ''
  return `Pulled ${formatNumberOf(hours, 'hour')} in ${formatNumberOf(files, 'file')}${empty}, ${formatBytes(bytes)} in ${formatSeconds(millis / 1_000)}${rate}. Next: sessionize ${folder}`
}
