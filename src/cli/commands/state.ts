import { Command, Option } from 'commander'
import type { Options } from '../../library/option-table.js'
import { omitUndefined } from '../../units/omit-undefined.js'
import { addOptions } from '../command.js'
import type { Context } from '../context.js'
import { tell } from '../messages.js'
import { appearanceOf, printText } from '../output.js'

const EXAMPLES = `Examples:
  sessionize sessions day-1.ndjson.gz --state kept -o sessions.parquet    makes the state
  sessionize sessions day-2.ndjson.gz --state kept -o sessions.parquet    adds a day
  sessionize state list kept
  sessionize state verify kept
  sessionize state compact kept
`

export function stateCommand(context: Context): Command {
  return new Command('state')
    .description('the folders of --state: what they hold, and their upkeep')
    .addHelpText('before', EXAMPLES)
    .addCommand(listCommand(context))
    .addCommand(verifyCommand(context))
    .addCommand(compactCommand(context))
    .addCommand(dropCommand(context))
}

interface ListFlags {
  readonly format: 'terminal' | 'json'
  readonly color?: boolean
}

const listCommand = ({ terminal }: Context): Command =>
  new Command('list')
    .description('what a state is about, and the files that were added')
    .argument('<folder>', 'the folder of --state')
    .addOption(
      new Option('--format <format>', 'how to write it')
        .choices(['terminal', 'json'])
        .default('terminal'),
    )
    .option('--no-color', 'plain text')
    .action(async (folder: string, flags: ListFlags) => {
      const { describeState } = await import('../../state/state.js')
      const { stateFormats } = await import('../../report/state.js')
      const appearance = appearanceOf(flags, terminal, undefined)
      await printText(
        stateFormats[flags.format](describeState(folder), appearance),
        undefined,
        terminal,
      )
    })

const verifyCommand = ({ terminal }: Context): Command =>
  new Command('verify')
    .description('check that every file of it is as it was written, bit by bit')
    .argument('<folder>', 'the folder of --state')
    .action(async (folder: string) => {
      const { verifyState } = await import('../../state/state.js')
      const { formatNumberOf } = await import('../../report/quantities.js')
      const { files, unchecked } = await verifyState(folder)
      const checked = `${formatNumberOf(files, 'file')} and the manifest are`
      const text = unchecked
        ? `${checked} there, and no checksums to compare with. Make them: sessionize state compact ${folder}`
        : `${checked} as they were written.`
      await printText(text, undefined, terminal)
    })

const compactCommand = ({ terminal, signal }: Context): Command =>
  addOptions(
    'state',
    new Command('compact')
      .description('put its segments together, one per added run, into one')
      .argument('<folder>', 'the folder of --state'),
  ).action(async (folder: string, flags: Options<'state'>) => {
    const { State, describeState } = await import('../../state/state.js')
    const { withoutSources } = await import('../../events/dataset.js')
    const before = describeState(folder)
    const state = State.open(folder)
    try {
      await withoutSources(
        {
          signal,
          ...omitUndefined({
            threads: flags.threads,
            memory: flags.memory,
            tempDirectory: flags.tempDir,
          }),
        },
        ({ engine }) => state.compact(engine),
      )
    } finally {
      state.close()
    }
    const { formatBytes, formatNumberOf } = await import('../../report/quantities.js')
    const after = describeState(folder)
    tell(
      terminal,
      `${formatNumberOf(before.segments, 'segment')} of ${formatBytes(before.bytes)} became one of ${formatBytes(after.bytes)}.`,
    )
  })

const dropCommand = ({ terminal }: Context): Command =>
  new Command('drop')
    .description('remove a state; the event files stay')
    .argument('<folder>', 'the folder of --state')
    .option('--force', 'also when the state is damaged')
    .action(async (folder: string, flags: { readonly force?: boolean }) => {
      const { dropState } = await import('../../state/state.js')
      dropState(folder, flags.force === true)
      tell(terminal, `Dropped the state in ${folder}.`)
    })
