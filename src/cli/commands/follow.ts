import { Command, Option } from 'commander'
import type { Config } from '../../config/config.js'
import { SessionizeError } from '../../errors/errors.js'
import type { FollowOptions } from '../../follow/follow.js'
import { parseDuration } from '../../sessions/duration.js'
import type { ConfiguredFlags } from '../config.js'
import type { Context } from '../context.js'
import { readColumns, readDefinition, type SharedFlags } from '../flags.js'
import { columnOptions, definitionOptions, positive } from '../options.js'
import { isStdout } from '../output.js'
import type { Terminal } from '../terminal.js'

interface Flags extends SharedFlags, ConfiguredFlags {
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
  definitionOptions(columnOptions(command))
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
        .argParser(positive)
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
    const { output, configured } = flags
    const say = (message: string): void => {
      terminal.stderr.write(`follow: ${message}\n`)
    }
    const input = file === undefined || file === '-' ? pipeInput(piped(terminal)) : fileInput(file)
    for (const line of unheeded(configured)) say(line)
    await follow(readFollow(flags), {
      input,
      openOutput: (position) =>
        output === undefined || isStdout(output)
          ? new StreamOutput(terminal.stdout)
          : new FileOutput(output, position),
      say,
      clock: () => performance.now(),
      signal,
    })
  })
}

function piped({ stdin }: Terminal): Terminal['stdin'] {
  if (stdin.isTTY !== true) return stdin
  throw new SessionizeError('usage', 'Nothing is piped into standard input.', {
    hint: 'Try: tail -F events.ndjson | sessionize follow',
  })
}

/** What a config file says of the rows of an export, and a stream cannot do. */
const OF_EXPORTS = ['where', 'from', 'to', 'dedupe', 'clock', 'stitch', 'merged-ids'] as const

function unheeded(config: Config | undefined): string[] {
  const set = OF_EXPORTS.filter((flag) => (config?.flags.get(flag) ?? false) !== false)
  return set.length === 0
    ? []
    : [`${set.join(', ')} of ${config?.file} ${set.length === 1 ? 'does' : 'do'} not apply here`]
}

function readFollow(flags: Flags): FollowOptions {
  const { checkpoint, statsEvery, revisions } = flags
  return {
    columns: readColumns(flags),
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
