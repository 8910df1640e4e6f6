import { defineCommand } from '../command.js'

export const inspectCommand = defineCommand({
  name: 'inspect',
  about: 'what was detected: formats, preset, columns, and the mapping with its reasons',
  examples: `Examples:
  sessionize inspect export.zip
  sessionize inspect events.csv --user user_id --format json
`,
  formats: ['terminal', 'json'],
  async run({ inputs, options, format, output }) {
    const { inspect } = await import('../../library/inspect.js')
    const { inspectionFormats } = await import('../../report/inspection.js')
    const found = await inspect(inputs, options)
    await output.print((appearance) => inspectionFormats[format](found, appearance))
  },
})
