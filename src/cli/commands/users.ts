import { defineCommand } from '../command.js'
import { tell } from '../messages.js'

export const usersCommand = defineCommand({
  name: 'users',
  about: 'the users whose sessions meet a condition, as a list',
  examples: `Examples:
  sessionize users export.zip --where "sessions >= 3 and p90_length > '5m'"
  sessionize users events.csv --where "bounce_share = 1" -o bouncers.csv
  sessionize users events.csv --events-where "platform = 'iOS'" --where "last_end < '2024-03-01'"
`,
  formats: ['list', 'csv', 'json', 'ndjson', 'parquet'],
  async run({ inputs, options, format, output, context }) {
    const { writeUsers } = await import('../../library/users.js')
    const { formatCount, formatNumberOf } = await import('../../report/quantities.js')
    const { users, ofUsers } = await output.write((path) =>
      writeUsers(inputs, path, format, options),
    )
    tell(context.terminal, `${formatCount(users)} of ${formatNumberOf(ofUsers, 'user')}`)
  },
})
