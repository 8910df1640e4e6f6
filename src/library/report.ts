import { basename } from 'node:path'
import { segmentProperties } from '../analysis/segment-key.js'
import { check } from '../checks/check.js'
import { nowMicros } from '../checks/scene.js'
import type { ReportContents } from '../report/contents.js'
import { type Asked, askFiles, type Inputs, inputList, read } from './ask.js'
import { type CheckRules, chosenOf } from './check.js'
import { AUDIT_DIMENSIONS, gather } from './gather.js'
import { segmentsOf } from './segments.js'

/** Options of `report`; `command` is told as the way to make it again. */
export type ReportOptions = Asked<'report'> & CheckRules & { readonly command?: string }

/** Everything of one input, for a report: summary, segments, trends, timeout, audit and checks. */
export async function report(inputs: Inputs, options: ReportOptions = {}): Promise<ReportContents> {
  const asked = read('report', options, ['settings', 'own', 'now', 'command'])
  const segments = segmentsOf(asked)
  const properties = segmentProperties(segments.by)
  const { title = titleOf(inputList(inputs)) } = asked.options
  const question = { properties, dataset: { optionalDimensions: AUDIT_DIMENSIONS } }
  return askFiles(inputs, asked, question, async (opened, reading, onRead) => {
    let gathered: Omit<ReportContents, 'checks'> | undefined
    const { report: checks } = await check(opened, reading, {
      definition: asked.definition,
      by: properties,
      nowMicros: nowMicros(options.now ?? new Date()),
      checks: chosenOf(asked.options, options),
      onRead,
      meanwhile: async ({ engine, events }) => {
        gathered = await gather(engine, events, {
          ...segments,
          title,
          command: options.command ?? '',
        })
      },
    })
    if (gathered === undefined) throw new TypeError('the analyses were not asked')
    return { ...gathered, checks }
  })
}

const titleOf = (inputs: readonly string[]): string => {
  const [first = ''] = inputs
  const name = first === '-' ? 'standard input' : basename(first)
  const more = inputs.length - 1
  return `Session lengths: ${name}${more > 0 ? ` and ${more} more` : ''}`
}
