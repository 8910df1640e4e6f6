import { defineCommand } from '../command.js'

export const auditCommand = defineCommand({
  name: 'audit',
  about: 'recorded session ids against rebuilt sessions, and events that keep sessions alive',
  examples: `Examples:
  sessionize audit export.zip                     recorded session ids against a 30-minute gap
  sessionize audit export.zip --definition amplitude-mobile --format json
  sessionize audit app.ndjson --reported-length session_completed:session_length_seconds
  sessionize audit events.parquet --background    without recorded ids: only what keeps sessions alive
`,
  formats: ['terminal', 'json', 'csv', 'markdown'],
  async run({ inputs, options, format, output }) {
    const { audit } = await import('../../library/audit.js')
    const { auditFormats } = await import('../../report/audit/blocks.js')
    const found = await audit(inputs, options)
    await output.print((appearance) => auditFormats[format](found, appearance))
  },
})
