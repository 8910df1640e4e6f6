import { Command, Option } from 'commander'
import { SessionizeError } from '../../errors/errors.js'
import type { FollowOptions } from '../../follow/follow.js'
import { parseDuration } from '../../sessions/duration.js'
import type { Context } from '../context.js'
import { definitionOptions, names, readDefinition, type SharedFlags } from '../options.js'
import type { Terminal } from '../terminal.js'

interface Flags extends SharedFlags {
  readonly output?: string
  readonly label?: boolean
  readonly lateness: string
  readonly revisions?: string | true
  readonly maxUsers: number
  readonly flushOnEnd?: boolean
  readonly checkpoint?: string
  readonly checkpointEvery: string
  readonly statsEvery?: string
}

const EXAMPLES = `Examples:
  tail -F events.ndjson | sessionize follow                 a line for each session when it closes
  tail -F events.ndjson | sessionize follow --label         each event with its session_id
  sessionize follow events.ndjson --checkpoint state -o sessions.ndjson
  kcat -C -t events | sessionize follow --lateness 10m --stats-every 10s > sessions.ndjson
`

/** How long a closed session can still be corrected where nothing else is said. */
const DEFAULT_REVISIONS = '24h'

export function followCommand({ terminal, signal }: Context): Command {
  const command = new Command('follow')
    .description('follow a live stream of events: sessions are written when they close')
    .argument('[file]', 'a file of NDJSON or CSV (default: standard input)')
    .addHelpText('before', EXAMPLES)
    .optionsGroup('Input:')
    .option('--preset <name>', "read as this vendor's export (default: detected)")
    .option('--user <columns>', 'column or path of the user; the first that is filled', names)
    .option('--time <column>', 'column or path of the time')
    .option('--time-format <format>', "s, ms, us, ns, iso, or a pattern such as '%d.%m.%Y %H:%M'")
    .option('--timezone <zone>', 'zone of times that name none (default: UTC)')
    .option('--event <column>', 'column or path of the event name')
    .option('--session <column>', "column or path of the vendor's own session id")
  definitionOptions(command)
  command
    .optionsGroup('Stream:')
    .option('--label', 'pass every event on with session_id, session_number and event_number')
    .option('--lateness <time>', 'how far behind the latest event another may come', '2m')
    .option(
      '--revisions [time]',
      `write a session again when a late event changes it, for so long (default: ${DEFAULT_REVISIONS})`,
    )
    .addOption(
      new Option('--max-users <n>', 'users held in memory at most')
        .argParser(wholeNumber)
        .default(1_000_000),
    )
    .option('--flush-on-end', 'write sessions that are still open when the input ends')
    .option('--checkpoint <file>', 'keep the state there, and go on from it when started again')
    .option('--checkpoint-every <time>', 'how often', '10s')
    .option('--stats-every <time>', 'live figures on stderr, so often')
    .optionsGroup('Output:')
    .option('-o, --output <file>', 'write to a file instead of standard output')
  return command.action(async (file: string | undefined, flags: Flags) => {
    const { follow } = await import('../../follow/follow.js')
    const { fileInput, pipeInput } = await import('../../follow/input.js')
    const { FileOutput, StreamOutput } = await import('../../follow/output.js')
    const { output } = flags
    await follow(readFollow(flags), {
      input: fromPipe(file, terminal) ? pipeInput(terminal.stdin) : fileInput(file ?? ''),
      openOutput: (position) =>
        output === undefined ? new StreamOutput(terminal.stdout) : new FileOutput(output, position),
      say: (message) => terminal.stderr.write(`follow: ${message}\n`),
      clock: () => performance.now(),
      signal,
    })
  })
}

function fromPipe(file: string | undefined, { stdin }: Terminal): boolean {
  if (file !== undefined && file !== '-') return false
  if (stdin.isTTY === true) {
    throw new SessionizeError('usage', 'Nothing is piped into standard input.', {
      hint: 'Try: tail -F events.ndjson | sessionize follow',
    })
  }
  return true
}

function readFollow(flags: Flags): FollowOptions {
  const { checkpoint, statsEvery, revisions } = flags
  return {
    columns: {
      ...(flags.preset === undefined ? {} : { preset: flags.preset }),
      ...(flags.user === undefined ? {} : { user: flags.user }),
      ...(flags.time === undefined ? {} : { time: flags.time }),
      ...(flags.timeFormat === undefined ? {} : { timeFormat: flags.timeFormat }),
      ...(flags.timezone === undefined ? {} : { timeZone: flags.timezone }),
      ...(flags.event === undefined ? {} : { event: flags.event }),
      ...(flags.session === undefined ? {} : { session: flags.session }),
    },
    stream: {
      definition: readDefinition(flags),
      latenessMicros: durationOrZero(flags.lateness, '--lateness'),
      reviseMicros:
        revisions === undefined
          ? 0
          : parseDuration(revisions === true ? DEFAULT_REVISIONS : revisions, '--revisions'),
      maxUsers: flags.maxUsers,
    },
    label: flags.label === true,
    flushOnEnd: flags.flushOnEnd === true,
    checkpoint:
      checkpoint === undefined
        ? undefined
        : { path: checkpoint, everyMillis: millis(flags.checkpointEvery, '--checkpoint-every') },
    statsEveryMillis: statsEvery === undefined ? undefined : millis(statsEvery, '--stats-every'),
  }
}

/** No lateness at all is a length of time here. */
const durationOrZero = (text: string, flag: string): number =>
  /^0[a-z]*$/.test(text.trim()) ? 0 : parseDuration(text, flag)

const millis = (text: string, flag: string): number => parseDuration(text, flag) / 1_000

function wholeNumber(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1) return number
  throw new SessionizeError('usage', `--max-users ${text} is not a whole number from 1.`)
}
