import { Command, Option } from 'commander'
import { SessionizeError } from '../../errors/errors.js'
import type { GenerateResult } from '../../generate/generate.js'
import type { GenerateOptions, Shape } from '../../generate/options.js'
import { parseCount, parseShare } from '../../generate/quantity.js'
import type { Context } from '../context.js'
import { resourceOptions, type SharedFlags } from '../options.js'

interface Flags extends Pick<SharedFlags, 'threads' | 'memory' | 'tempDir'> {
  readonly output?: string
  readonly truth?: string
  readonly format?: string
  readonly events?: number
  readonly users?: number
  readonly seed?: number
  readonly start?: string
  readonly days?: number
  readonly shape?: Shape
  readonly eventsPerVisit?: number
  readonly duplicates?: number
  readonly late?: number
  readonly heartbeats?: number
  readonly outOfSession?: number
}

const EXAMPLES = `Examples:
  sessionize generate -o demo.zip --events 5k --days 7
  sessionize generate -o events.parquet --events 10M --truth sessions.csv
  sessionize generate -o events.csv.gz --shape sparse --duplicates 1% --late 5%
  sessionize generate -o segment.ndjson --format segment --seed 7
`

export function generateCommand({ terminal, signal }: Context): Command {
  const command = new Command('generate')
    .description('write synthetic events whose sessions (at a 30-minute gap) are known')
    .addHelpText('before', EXAMPLES)
    .optionsGroup('Output:')
    .option('-o, --output <file>', 'the file to write')
    .option(
      '--format <format>',
      'parquet, csv, ndjson, amplitude, mixpanel, segment, posthog, ga4, snowplow (default: as the file is named; .zip is amplitude)',
    )
    .option('--truth <file>', 'also write the planted sessions (.csv or .parquet)')
    .optionsGroup('Events:')
    .addOption(count('--events <n>', 'about how many events: 5000, 10k, 1M (default: 1M)'))
    .addOption(count('--users <n>', 'how many users (default: about 8 visits each)'))
    .addOption(count('--seed <n>', 'the same seed makes the same events (default: 1)'))
    .option('--start <date>', 'the first day, yyyy-mm-dd (default: 2024-01-01)')
    .addOption(count('--days <n>', 'how many days (default: 30)'))
    .addOption(
      new Option(
        '--shape <shape>',
        'visits of about 25 events, or nearly one event a visit (default: dense)',
      ).choices(['dense', 'sparse']),
    )
    .addOption(
      new Option(
        '--events-per-visit <n>',
        "mean events of a visit, instead of the shape's",
      ).argParser((text) => decimal(text, '--events-per-visit')),
    )
    .optionsGroup('Faults:')
    .addOption(share('--duplicates <share>', 'share of events that arrive twice: 0.01 or 1%'))
    .addOption(share('--late <share>', 'share of events that arrive hours late'))
    .addOption(
      share(
        '--heartbeats <share>',
        'share of users whose app sends heartbeats, at times for hours',
      ),
    )
    .addOption(
      share('--out-of-session <share>', 'events with session id -1, as a share of the others'),
    )
  resourceOptions(command)
  return command.action(async (flags: Flags) => {
    if (flags.output === undefined) {
      throw new SessionizeError('usage', 'generate needs a file to write.', {
        hint: 'For example: sessionize generate -o events.parquet',
      })
    }
    const { generate } = await import('../../generate/generate.js')
    const { formatOf } = await import('../../generate/destination.js')
    const result = await generate(
      {
        ...readOptions(flags),
        ...(flags.format === undefined ? {} : { format: formatOf(flags.format) }),
      },
      {
        path: flags.output,
        signal,
        ...(flags.truth === undefined ? {} : { truthPath: flags.truth }),
        ...(flags.threads === undefined ? {} : { threads: flags.threads }),
        ...(flags.memory === undefined ? {} : { memory: flags.memory }),
        ...(flags.tempDir === undefined ? {} : { tempDirectory: flags.tempDir }),
      },
    )
    terminal.stderr.write(`${describe(result, flags.truth)}\n`)
  })
}

const count = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text) => parseCount(text, longName(flags)))

const share = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text) => parseShare(text, longName(flags)))

const longName = (flags: string): string => flags.split(' ')[0] ?? flags

function decimal(text: string, flag: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new SessionizeError('usage', `${flag} ${text} is not a number.`, {
    hint: `Write it as ${flag} 9 or ${flag} 1.5.`,
  })
}

/** Only what was said: an absent flag leaves the library's default. */
function readOptions(flags: Flags): Partial<GenerateOptions> {
  return {
    ...(flags.events === undefined ? {} : { events: flags.events }),
    ...(flags.users === undefined ? {} : { users: flags.users }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.start === undefined ? {} : { start: flags.start }),
    ...(flags.days === undefined ? {} : { days: flags.days }),
    ...(flags.shape === undefined ? {} : { shape: flags.shape }),
    ...(flags.eventsPerVisit === undefined ? {} : { eventsPerVisit: flags.eventsPerVisit }),
    ...(flags.duplicates === undefined ? {} : { duplicateShare: flags.duplicates }),
    ...(flags.late === undefined ? {} : { lateShare: flags.late }),
    ...(flags.heartbeats === undefined ? {} : { heartbeatShare: flags.heartbeats }),
    ...(flags.outOfSession === undefined ? {} : { outOfSessionShare: flags.outOfSession }),
  }
}

function describe(result: GenerateResult, truth: string | undefined): string {
  const n = (value: number): string => value.toLocaleString('en-US')
  const extra = [
    ...(result.heartbeats > 0 ? [`${n(result.heartbeats)} of them heartbeats`] : []),
    ...(result.duplicates > 0 ? [`${n(result.duplicates)} duplicates`] : []),
    ...(result.outOfSession > 0 ? [`${n(result.outOfSession)} out of session`] : []),
  ]
  const and = extra.length === 0 ? '' : ` (${extra.join(', ')})`
  const planted = `${n(result.sessions)} sessions of ${n(result.users)} users`
  const truthToo = truth === undefined ? '' : `; planted sessions in ${truth}`
  return `Wrote ${n(result.events)} events in ${planted}${and} to ${result.path}${truthToo}`
}
