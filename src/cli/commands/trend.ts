import { defineCommand } from '../command.js'

export const trendCommand = defineCommand({
  name: 'trend',
  about: 'sessions and their length over hours, days, weeks, months, hours of the week',
  examples: `Examples:
  sessionize trend export.zip
  sessionize trend events.parquet --per week --by platform
  sessionize trend events.csv --per hour-of-week --report-timezone Europe/Berlin
`,
  formats: ['terminal', 'json', 'csv', 'markdown'],
  async run({ inputs, options, format, output }) {
    const { trend } = await import('../../library/trend.js')
    const { trendFormats } = await import('../../report/trend.js')
    const found = await trend(inputs, options)
    await output.print((appearance) => trendFormats[format](found, appearance))
  },
})
