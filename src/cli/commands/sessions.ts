import { defineCommand } from '../command.js'
import { tell } from '../messages.js'

export const sessionsCommand = defineCommand({
  name: 'sessions',
  about: 'write the session table, one row per session',
  examples: `Examples:
  sessionize sessions export.zip -o sessions.parquet
  sessionize sessions events.csv --by platform --property country > sessions.csv
  sessionize sessions events.parquet --columns user,start,length_seconds --format ndjson
`,
  formats: ['csv', 'ndjson', 'parquet', 'arrow'],
  async run({ inputs, options: { createTable, ...options }, format, output, context }) {
    const { createSessionTable, putSessions } = await import('../../library/sessions.js')
    if (createTable === undefined) {
      return output.write((path) => putSessions(inputs, path, format, options))
    }
    await createSessionTable(inputs, createTable, options)
    tell(context.terminal, `The sessions are in ${createTable}.`)
  },
})
