import { SessionizeError } from '../../errors/errors.js'
import { flagOf } from '../../errors/option.js'
import { SPECS } from '../../library/option-table.js'
import { defineCommand } from '../command.js'
import type { Configured } from '../config/configured.js'
import { tell } from '../messages.js'
import { isStdout } from '../output.js'
import type { Terminal } from '../terminal.js'

export const followCommand = defineCommand({
  name: 'follow',
  about: 'follow a live stream of events: sessions are written when they close',
  examples: `Examples:
  tail -F events.ndjson | sessionize follow                 a line for each session when it closes
  tail -F events.ndjson | sessionize follow --label         each event with its session_id
  sessionize follow events.ndjson --checkpoint state -o sessions.ndjson
  kcat -C -t events | sessionize follow --lateness 10m --stats-every 10s > sessions.ndjson
`,
  inputs: {
    name: '[file]',
    about: 'a file of NDJSON, CSV or an access log, plain or gzip (default: standard input)',
  },
  extend: (command) => {
    command
      .optionsGroup('Output:')
      .option('-o, --output <file>', 'write to a file instead of standard output')
  },
  async run({ named: [file], options, flags: { output, configured }, context }) {
    const { follow } = await import('../../library/follow.js')
    const { Heap } = await import('../../follow/heap.js')
    const { fileInput, pipeInput } = await import('../../follow/input.js')
    const { FileOutput, StreamOutput } = await import('../../follow/output.js')
    const { terminal, signal } = context
    const say = (message: string): void => {
      tell(terminal, `follow: ${message}`)
    }
    const input = file === undefined || file === '-' ? pipeInput(piped(terminal)) : fileInput(file)
    for (const line of ignoredSettings(configured)) say(line)
    await follow(options, {
      input,
      openOutput: (position) =>
        output === undefined || isStdout(output)
          ? new StreamOutput(terminal.stdout)
          : new FileOutput(output, position),
      say,
      now: Date.now,
      clock: () => performance.now(),
      memory: new Heap(),
      signal,
    })
  },
})

function piped({ stdin }: Terminal): Terminal['stdin'] {
  if (stdin.isTTY !== true) return stdin
  throw new SessionizeError('usage', 'Nothing is piped into standard input.', {
    hint: 'Try: tail -F events.ndjson | sessionize follow',
  })
}

/** What a config file says of the rows of an export, and a stream cannot do. */
function ignoredSettings(config: Configured | undefined): string[] {
  const set = [...SPECS].flatMap(([name, { ofExports }]) => {
    const key = flagOf(name).slice(2)
    return ofExports === true && (config?.flags.get(key) ?? false) !== false ? [key] : []
  })
  return set.length === 0
    ? []
    : [`${set.join(', ')} of ${config?.file} ${set.length === 1 ? 'does' : 'do'} not apply here`]
}
