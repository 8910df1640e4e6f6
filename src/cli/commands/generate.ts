import { SessionizeError } from '../../errors/errors.js'
import type { GenerateResult } from '../../generate/generate.js'
import { defineCommand } from '../command.js'
import { tell } from '../messages.js'

export const generateCommand = defineCommand({
  name: 'generate',
  about: 'write synthetic events whose sessions (at a 30-minute gap) are known',
  examples: `Examples:
  sessionize generate -o demo.zip --events 5k --days 7
  sessionize generate -o events.parquet --events 10M --truth sessions.csv
  sessionize generate -o events.csv.gz --shape sparse --duplicates 1% --late 5%
  sessionize generate -o segment.ndjson --format segment --seed 7
`,
  inputs: false,
  extend: (command) => {
    command
      .optionsGroup('Output:')
      .option('-o, --output <file>', 'the file to write')
      .option(
        '--format <format>',
        'parquet, csv, ndjson, amplitude, mixpanel, mixpanel_pipeline, segment, rudderstack, posthog, ga4, snowplow, heap (default: as the file is named; .zip is amplitude)',
      )
  },
  async run({ options, flags: { output, format }, context: { terminal, signal } }) {
    if (output === undefined) {
      throw new SessionizeError('usage', 'generate needs a file to write.', {
        hint: 'For example: sessionize generate -o events.parquet',
      })
    }
    const { generate } = await import('../../library/generate.js')
    const result = await generate(output, { ...options, signal }, format)
    tell(terminal, await describe(result, options.truth))
  },
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
