import { defineCommand } from '../command.js'

export const queryCommand = defineCommand({
  name: 'query',
  about: 'run a SELECT over events, blocks and sessions; nothing else can be read or written',
  examples: `Examples:
  sessionize query "SELECT count(*), avg(length_seconds) FROM sessions WHERE NOT bounce" export.zip
  sessionize query "SELECT platform, median(length_seconds) FROM sessions GROUP BY ALL" events.csv --by platform
  sessionize query "FROM events WHERE user = '42'" events.parquet --format csv
`,
  words: [['sql', 'one SELECT statement']],
  formats: ['terminal', 'json', 'markdown', 'csv', 'ndjson', 'parquet', 'arrow'],
  async run({ words: [statement = ''], inputs, options, format, output }) {
    const { putQuery, queryRows } = await import('../../library/query.js')
    if (format !== 'terminal' && format !== 'markdown') {
      return output.write((path) => putQuery(statement, inputs, path, format, options))
    }
    const { documentAsMarkdown } = await import('../../report/markdown.js')
    const { documentAsTerminal } = await import('../../report/terminal.js')
    const { queryBlocks } = await import('../../report/query.js')
    const rows = queryBlocks(await queryRows(statement, inputs, options))
    await output.print((appearance) =>
      format === 'terminal'
        ? documentAsTerminal(rows, appearance)
        : documentAsMarkdown('Query', rows),
    )
  },
})
