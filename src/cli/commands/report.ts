import { basename } from 'node:path'
import { Command } from 'commander'
import type { CheckRequest } from '../../checks/check.js'
import { SessionizeError } from '../../errors/errors.js'
import type { DatasetOptions } from '../../events/dataset.js'
import { formatByEnding } from '../../report/file-name.js'
import type { ReportContents } from '../../report/html/contents.js'
import type { GatherOptions } from '../../report/html/gather.js'
import { type AskedOfFiles, answerFromFiles } from '../answer.js'
import { type CheckFlags, chosenChecks } from '../chosen-checks.js'
import { commandLine } from '../command-line.js'
import type { Context } from '../context.js'
import { noEngineOptions } from '../engine.js'
import { type OutputFlags, readSegments, type SharedFlags } from '../flags.js'
import { requireInputs } from '../inputs.js'
import {
  definitionOptions,
  inputOptions,
  names,
  outputOptions,
  resourceOptions,
  segmentOptions,
} from '../options.js'

const FORMATS = ['html', 'markdown', 'json'] as const

interface Flags extends SharedFlags, OutputFlags, CheckFlags {
  readonly format?: (typeof FORMATS)[number]
  readonly title?: string
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
  noEngineOptions(inputOptions(command))
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
    const question = await readQuestion(flags, named, context)
    await answerFromFiles(context, named, flags, question, async (asked) => {
      const contents = await contentsOf(asked, question)
      await asked.print(() => rendered(contents, format))
    })
  })
}

const formatOf = formatByEnding<(typeof FORMATS)[number]>({
  html: 'html',
  htm: 'html',
  md: 'markdown',
  markdown: 'markdown',
  json: 'json',
})

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

interface ReportQuestion {
  readonly columns: readonly string[]
  readonly dataset: DatasetOptions
  readonly gather: GatherOptions
  readonly check: CheckRequest
}

async function readQuestion(
  flags: Flags,
  inputs: readonly string[],
  { argv = [] }: Context,
): Promise<ReportQuestion> {
  const { nowMicros } = await import('../../checks/scene.js')
  const { segmentProperties } = await import('../../analysis/segment-key.js')
  const { AUDIT_DIMENSIONS } = await import('../../report/html/gather.js')
  const segments = readSegments(flags)
  const columns = segmentProperties(segments.by)
  return {
    columns,
    dataset: { optionalDimensions: AUDIT_DIMENSIONS },
    gather: { ...segments, title: flags.title ?? titleOf(inputs), command: commandLine(argv) },
    check: {
      definition: segments.definition,
      by: columns,
      nowMicros: nowMicros(new Date()),
      checks: chosenChecks(flags),
    },
  }
}

async function contentsOf(asked: AskedOfFiles, question: ReportQuestion): Promise<ReportContents> {
  const { check } = await import('../../checks/check.js')
  const { gather } = await import('../../report/html/gather.js')
  let gathered: Omit<ReportContents, 'checks'> | undefined
  const { report } = await check(asked, asked.options, {
    ...question.check,
    onRead: asked.onRead,
    meanwhile: async ({ engine, events }) => {
      gathered = await gather(engine, events, question.gather)
    },
  })
  if (gathered === undefined) throw new TypeError('the analyses were not asked')
  return { ...gathered, checks: report }
}

const titleOf = (inputs: readonly string[]): string => {
  const [first = ''] = inputs
  const name = first === '-' ? 'standard input' : basename(first)
  const more = inputs.length - 1
  return `Session lengths: ${name}${more > 0 ? ` and ${more} more` : ''}`
}
