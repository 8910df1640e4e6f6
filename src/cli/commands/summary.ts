import { defineCommand } from '../command.js'

export const SUMMARY_EXAMPLES = `Examples:
  sessionize export.zip                           an Amplitude export, no flags needed
  sessionize events.parquet --gap 10m --by platform,country
  sessionize logs/*.ndjson.gz --user properties.distinct_id --format json
  cat events.csv | sessionize - --where "platform = 'iOS'" --from 2024-01-01
`

export const summaryCommand = defineCommand({
  name: 'summary',
  about: 'sessions, users, bounce share and lengths (the default command)',
  examples: SUMMARY_EXAMPLES,
  formats: ['terminal', 'json', 'csv', 'markdown'],
  async run({ inputs, options, format, output }) {
    const { summary } = await import('../../library/summary.js')
    const { summaryFormats } = await import('../../report/summary/formats.js')
    const found = await summary(inputs, options)
    await output.print((appearance) => summaryFormats[format](found, appearance))
  },
})
