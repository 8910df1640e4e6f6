import { basename } from 'node:path'
import { Command } from 'commander'
import { SessionizeError } from '../../errors/errors.js'
import type { ReportContents } from '../../report/html/contents.js'
import { commandLine } from '../command-line.js'
import type { ConfiguredFlags } from '../config.js'
import type { Context } from '../context.js'
import { requireInputs } from '../inputs.js'
import {
  definitionOptions,
  inputOptions,
  names,
  type OutputFlags,
  outputOptions,
  readDataset,
  readSegments,
  resourceOptions,
  type SharedFlags,
  segmentOptions,
} from '../options.js'
import { printText, withTarget } from '../output.js'
import { Watch } from '../watch.js'

const FORMATS = ['html', 'markdown', 'json'] as const

interface Flags extends SharedFlags, OutputFlags, ConfiguredFlags {
  readonly format?: (typeof FORMATS)[number]
  readonly title?: string
  readonly select?: string[]
  readonly exclude?: string[]
}

const EXAMPLES = `Examples:
  sessionize report export.zip -o report.html
  sessionize report events.parquet --by platform,country -o report.html
  sessionize report export.zip --format markdown > report.md
`

export function reportCommand(context: Context): Command {
  const command = new Command('report')
    .description('one self-contained HTML file with everything: lengths, trends, timeout, checks')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  inputOptions(command)
  segmentOptions(definitionOptions(command))
    .optionsGroup('Report:')
    .option('--title <text>', 'heading of the report (default: the name of the input)')
    .option('--select <ids>', 'only these rules of `check`', names)
    .option('--exclude <ids>', 'all but these rules of `check`', names)
  outputOptions(command, FORMATS)
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { terminal } = context
    const named = requireInputs(inputs, terminal)
    const format = flags.format ?? formatOf(flags.output ?? '') ?? 'html'
    if (format === 'html' && flags.output === undefined && terminal.stdout.isTTY === true) {
      throw new SessionizeError('usage', 'A page of HTML is nothing to read on a terminal.', {
        hint: 'Name a file with -o report.html, or use --format markdown.',
      })
    }
    await withTarget(flags.output, async (target) => {
      const contents = await contentsOf(named, flags, context)
      await printText(await rendered(contents, format), target, terminal)
    })
  })
}

const formatOf = (path: string): Flags['format'] | undefined =>
  /\.html?$/i.test(path)
    ? 'html'
    : /\.(md|markdown)$/i.test(path)
      ? 'markdown'
      : /\.json$/i.test(path)
        ? 'json'
        : undefined

async function rendered(
  contents: ReportContents,
  format: NonNullable<Flags['format']>,
): Promise<string> {
  switch (format) {
    case 'html':
      return (await import('../../report/html/page.js')).reportAsHtml(contents)
    case 'markdown':
      return (await import('../../report/html/markdown.js')).reportAsMarkdown(contents)
    case 'json':
      return (await import('../../report/json.js')).answerAsJson(contents)
  }
}

async function contentsOf(
  inputs: readonly string[],
  flags: Flags,
  { terminal, signal, argv = [] }: Context,
): Promise<ReportContents> {
  const { withSources } = await import('../../events/dataset.js')
  const { check } = await import('../../checks/check.js')
  const { nowMicros } = await import('../../checks/scene.js')
  const { segmentProperties } = await import('../../analysis/segment-key.js')
  const { AUDIT_DIMENSIONS, gather } = await import('../../report/html/gather.js')
  const segments = readSegments(flags)
  const properties = segmentProperties(segments.by)
  const watch = new Watch(terminal)
  const dataset = {
    ...readDataset(flags, terminal, signal, properties),
    optionalDimensions: AUDIT_DIMENSIONS,
    onProgress: watch.sources,
  }
  const config = flags.configured?.checks
  const select = flags.select ?? config?.select
  const exclude = flags.exclude ?? config?.exclude
  return withSources(inputs, dataset, async (opened) => {
    let gathered: Omit<ReportContents, 'checks'> | undefined
    const { report } = await check(opened, dataset, {
      definition: segments.definition,
      by: properties,
      nowMicros: nowMicros(new Date()),
      checks: {
        settings: config?.settings ?? {},
        own: config?.own ?? [],
        ...(config?.failOn === undefined ? {} : { failOn: config.failOn }),
        ...(select === undefined ? {} : { select }),
        ...(exclude === undefined ? {} : { exclude }),
      },
      onRead: (rows) => watch.engine(opened.engine, rows),
      meanwhile: async ({ engine, events }) => {
        gathered = await gather(engine, events, {
          ...segments,
          title: flags.title ?? titleOf(inputs),
          command: commandLine(argv),
        })
      },
    })
    if (gathered === undefined) throw new TypeError('the analyses were not asked')
    return { ...gathered, checks: report }
  }).finally(() => watch.finish())
}

const titleOf = (inputs: readonly string[]): string => {
  const [first = ''] = inputs
  const name = first === '-' ? 'standard input' : basename(first)
  const more = inputs.length - 1
  return `Session lengths: ${name}${more > 0 ? ` and ${more} more` : ''}`
}
