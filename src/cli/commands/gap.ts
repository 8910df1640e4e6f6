import { defineCommand } from '../command.js'

export const gapCommand = defineCommand({
  name: 'gap',
  about: 'how much depends on the timeout, and which one the data suggest',
  examples: `Examples:
  sessionize gap export.zip
  sessionize gap events.parquet --by platform
  sessionize gap events.csv --gaps 5m,30m,2h --format csv
`,
  formats: ['terminal', 'json', 'csv', 'markdown'],
  async run({ inputs, options, format, output }) {
    const { gap } = await import('../../library/gap.js')
    const { gapFormats } = await import('../../report/gap.js')
    const found = await gap(inputs, options)
    await output.print((appearance) => gapFormats[format](found, appearance))
  },
})
