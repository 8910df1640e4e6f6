/** Every command that writes files, once per format, as the command line itself lists them. */
import { PassThrough } from 'node:stream'
import { COMMANDS } from '../../src/cli/commands/index.js'

export interface Writing {
  readonly name: string
  /** In a folder with `events.csv`; `out` and what begins with it are written. */
  readonly args: readonly string[]
  readonly outputs: readonly string[]
}

const terminal = {
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  env: {},
}

/** What a command needs besides a file of events. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  query: ['SELECT * FROM sessions ORDER BY ALL', 'events.csv'],
  compare: ['events.csv', '--by', 'platform'],
}

/** Not replaced but added to (`follow`), not a file (`pull`, `state`), or for people (`init`). */
const OTHERWISE: ReadonlySet<string> = new Set(['follow', 'pull', 'state', 'init', 'generate'])

const GENERATED: readonly Writing[] = ['parquet', 'csv.gz', 'ndjson', 'zip'].map((ending) => ({
  name: `generate ${ending}`,
  args: ['generate', '--events', '20k', '-o', `out.${ending}`, '--truth', 'out-truth.csv'],
  outputs: [`out.${ending}`, 'out-truth.csv'],
}))

const commands = COMMANDS.map((command) =>
  command({ terminal, signal: new AbortController().signal }),
)

export const COMMAND_NAMES: readonly string[] = commands.map((command) => command.name())

export const WRITINGS: readonly Writing[] = [
  ...commands
    .filter((command) => !OTHERWISE.has(command.name()))
    .filter((command) => command.options.some(({ long }) => long === '--output'))
    .flatMap((command) => {
      const name = command.name()
      const formats = command.options.find(({ long }) => long === '--format')?.argChoices ?? []
      // The session table in every format, other tables as text and as Parquet, and one of the
      // reports, which all write one small text.
      const chosen =
        name === 'sessions'
          ? formats
          : formats.includes('parquet')
            ? formats.filter((format, i) => i === 0 || format === 'parquet')
            : formats.filter((format) => format === 'json' || format === 'html')
      return (chosen.length > 0 ? chosen : [undefined]).map((format) => ({
        name: format === undefined ? name : `${name} ${format}`,
        args: [
          name,
          ...(ARGUMENTS[name] ?? ['events.csv']),
          ...(format === undefined ? [] : ['--format', format]),
          ...['-o', 'out'],
        ],
        outputs: ['out'],
      }))
    }),
  ...GENERATED,
]

/** What is written besides answers. */
export const OTHER_WRITINGS: readonly Writing[] = [
  { name: 'rejects', args: ['events.csv', '--rejects', 'out'], outputs: ['out'] },
  {
    name: 'rejects and answer',
    args: ['sessions', 'events.csv', '--rejects', 'out', '-o', 'out2'],
    outputs: ['out', 'out2'],
  },
  {
    name: 'safe CSV',
    args: ['events', 'events.csv', '--safe-csv', '--format', 'csv', '-o', 'out'],
    outputs: ['out'],
  },
  {
    name: 'check --save-baseline',
    args: ['check', 'events.csv', '--save-baseline', 'base'],
    outputs: ['base'],
  },
  {
    name: 'baseline, reports and answer',
    args: [
      ...['check', 'events.csv', '--save-baseline', 'base', '--report', 'junit=a'],
      ...['--report', 'sarif=b', '-o', 'out'],
    ],
    outputs: ['base', 'a', 'b', 'out'],
  },
  { name: 'init', args: ['init', 'events.csv', '--force', '-o', 'out'], outputs: ['out'] },
  {
    name: 'dbt',
    args: ['sql', '--from-table', 'a.b', '--user', 'u', '--time', 't', '--dbt', '.', '--force'],
    outputs: ['session_blocks.sql', 'sessions.sql', 'schema.yml'],
  },
]
