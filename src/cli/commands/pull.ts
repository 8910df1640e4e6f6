import { SessionizeError } from '../../errors/errors.js'
import type { Pulled } from '../../pull/pull.js'
import { defineCommand } from '../command.js'
import { tell } from '../messages.js'

/** A large export can take minutes before its first byte. */
const PATIENCE_MILLIS = 10 * 60_000
/** The API gives 4 GB at once. */
const MOST_BYTES = 8 * 1024 ** 3

export const pullCommand = defineCommand({
  name: 'pull',
  about: 'download events through a vendor’s API; run it again to go on where it stopped',
  examples: `Examples:
  export AMPLITUDE_API_KEY=... AMPLITUDE_SECRET_KEY=...
  sessionize pull amplitude --start 20240101T00 --end 20240201T00 -o export/
  sessionize export/                              what was pulled, read as it is
  sessionize pull amplitude --start 20240101 --end 20240108 -o export/ --region eu
  sessionize pull amplitude --start 20240101 --end 20240108 -o export/ --verify
`,
  words: [['vendor', 'amplitude']],
  inputs: false,
  extend: (command) => {
    command
      .optionsGroup('Output:')
      .option('-o, --output <folder>', 'where to put the exports; finished ones are kept')
  },
  async run({ words: [vendor = ''], options, flags, context: { terminal, signal } }) {
    const { Credentials } = await import('../../pull/credentials.js')
    const { Endpoint } = await import('../../pull/endpoint.js')
    const { sleep } = await import('../../pull/backoff.js')
    const { pullAmplitude } = await import('../../pull/pull.js')
    const { Progress } = await import('../../report/progress.js')
    const { folder, range } = await readPull(vendor, { ...options, output: flags.output })
    const progress = new Progress(terminal.stderr, () => performance.now())
    const began = performance.now()
    const pulled = await pullAmplitude({
      range,
      folder,
      endpoint: Endpoint.of(options.region ?? 'us', options.baseUrl),
      credentials: Credentials.read(terminal.env),
      now: Date.now,
      sleep,
      random: Math.random,
      patienceMillis: PATIENCE_MILLIS,
      mostBytes: MOST_BYTES,
      verify: options.verify === true,
      env: terminal.env,
      signal,
      say: (message) => {
        progress.finish()
        tell(terminal, `pull: ${message}`)
      },
      onProgress: ({ hour, bytes, hoursLeft }) =>
        progress.update({
          phase: `pulling from ${hour}, ${hoursLeft} hours left`,
          done: bytes,
          total: null,
          unit: 'bytes',
        }),
    }).finally(() => progress.finish())
    tell(terminal, await describe(pulled, folder, performance.now() - began))
  },
})

async function readPull(
  vendor: string,
  {
    start,
    end,
    output,
  }: { readonly start?: string; readonly end?: string; readonly output: string | undefined },
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
