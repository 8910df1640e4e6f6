import { defineCommand } from '../command.js'

export const compareCommand = defineCommand({
  name: 'compare',
  about: 'session length of segments, or of two sets of files, with what is clear about it',
  examples: `Examples:
  sessionize compare export.zip --by platform
  sessionize compare march.csv --baseline february.csv
  sessionize compare events.parquet --by platform,country --reference Web,Germany --no-bounces
`,
  formats: ['terminal', 'json', 'csv', 'markdown'],
  async run({ inputs, options, format, output }) {
    const { compare } = await import('../../library/compare.js')
    const { compareFormats } = await import('../../report/compare.js')
    const compared = await compare(inputs, options)
    await output.print((appearance) => compareFormats[format](compared, appearance))
  },
})
