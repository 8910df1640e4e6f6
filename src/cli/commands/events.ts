import { defineCommand } from '../command.js'

export const eventsCommand = defineCommand({
  name: 'events',
  about: 'write the events with the session each belongs to',
  examples: `Examples:
  sessionize events export.zip -o labelled.parquet
  sessionize events events.csv --columns user_id,event,time --gap 10m > labelled.csv
  sessionize events events.parquet --order source -o labelled.parquet
`,
  more: `
Each event gets session_id, session_number (of its user), event_number (in its
session), seconds_since_previous_event (of its user), is_first and is_last. A name
that a column of the events already has becomes rebuilt_..., as in rebuilt_session_id.
`,
  formats: ['csv', 'ndjson', 'parquet', 'arrow'],
  async run({ inputs, options, format, output }) {
    const { putEvents } = await import('../../library/events.js')
    await output.write((path) => putEvents(inputs, path, format, options))
  },
})
