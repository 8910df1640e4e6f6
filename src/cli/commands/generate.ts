import { Command, Option } from 'commander'
import { SessionizeError } from '../../errors/errors.js'
import type { GenerateResult } from '../../generate/generate.js'
import type { GenerateOptions, Shape } from '../../generate/options.js'
import { parseCount, parseShare } from '../../generate/quantity.js'
import { given } from '../../given.js'
import type { Context } from '../context.js'
import { readResources, type SharedFlags } from '../flags.js'
import { resourceOptions } from '../options.js'

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
      'parquet, csv, ndjson, amplitude, mixpanel, mixpanel_pipeline, segment, rudderstack, posthog, ga4, snowplow, heap (default: as the file is named; .zip is amplitude)',
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
        ...given({ truthPath: flags.truth }),
        ...readResources(flags),
      },
    )
    terminal.stderr.write(`${await describe(result, flags.truth)}\n`)
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

const readOptions = (flags: Flags): Partial<GenerateOptions> =>
  given({
    events: flags.events,
    users: flags.users,
    seed: flags.seed,
    start: flags.start,
    days: flags.days,
    shape: flags.shape,
    eventsPerVisit: flags.eventsPerVisit,
    duplicateShare: flags.duplicates,
    lateShare: flags.late,
    heartbeatShare: flags.heartbeats,
    outOfSessionShare: flags.outOfSession,
  })

async function describe(result: GenerateResult, truth: string | undefined): Promise<string> {
  const { formatCount, formatNumberOf } = await import('../../report/quantities.js')
  const { events, sessions, users, heartbeats, duplicates, outOfSession, path } = result
  const extra = [
    ...(heartbeats > 0 ? [`${formatNumberOf(heartbeats, 'heartbeat')} among them`] : []),
    ...(duplicates > 0 ? [formatNumberOf(duplicates, 'duplicate')] : []),
    ...(outOfSession > 0 ? [`${formatCount(outOfSession)} out of session`] : []),
  ]
  const and = extra.length === 0 ? '' : ` (${extra.join(', ')})`
  const planted = `${formatNumberOf(sessions, 'session')} of ${formatNumberOf(users, 'user')}`
  const truthToo = truth === undefined ? '' : `; planted sessions in ${truth}`
  return `Wrote ${formatNumberOf(events, 'event')} in ${planted}${and} to ${path}${truthToo}`
}
