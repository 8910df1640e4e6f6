import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { SessionizeError } from '../../errors/errors.js'
import { option } from '../../errors/option.js'
import { firstObeyed } from '../../report/untrusted.js'
import { defineCommand } from '../command.js'
import { tell } from '../messages.js'
import { printText, withTarget } from '../output.js'

export const sqlCommand = defineCommand({
  name: 'sql',
  about: 'print the compiled SQL, for any warehouse, without running it',
  examples: `Examples:
  sessionize sql                                  the stages that make sessions of events
  sessionize sql --gap 10m --by platform --columns user,start,length_seconds
  sessionize sql --dialect postgres --from-table web.events --user user_id --time created_at
  sessionize sql --dialect bigquery --from-table raw.hits --user uid --time ts --time-unit us --stage summary --by device
  sessionize sql --dialect snowflake --from-table raw.events --user user_id --time event_time --dbt models/sessions
`,
  inputs: false,
  async run({ options: asked, flags, holdApart, context: { terminal } }) {
    const { dbt, force, lookback, ...options } = asked
    const { dbtModels, goesWith, sql } = await import('../../library/sql.js')
    if (dbt !== undefined) {
      const files = dbtModels({ ...options, ...(lookback === undefined ? {} : { lookback }) })
      for (const { text } of files) refuseObeyed(text)
      const paths = files.map(({ name }) => join(dbt, name))
      refuseThere(paths, force)
      await holdApart(paths)
      makeFolder(dbt)
      for (const [i, { text }] of files.entries()) {
        await withTarget(paths[i], flags.outputs?.together, (target) =>
          printText(text, target, terminal),
        )
      }
      tell(terminal, `Wrote ${paths.join(', ')}`)
      return
    }
    if (lookback !== undefined) throw goesWith('lookback', 'dbt')
    if (force !== undefined) throw goesWith('force', 'dbt')
    const query = sql(options)
    refuseObeyed(query)
    await printText(query, undefined, terminal)
  },
})

/** SQL is read on terminals and pasted into others, and has no one spelling for these characters. */
function refuseObeyed(text: string): void {
  const found = firstObeyed(text)
  if (found === undefined) return
  throw new SessionizeError('usage', `The SQL would hold ${found}, which a terminal obeys.`, {
    hint: 'A name or a value on the command line has it: rename it, in a view if need be.',
  })
}

/** All are written or none, and none where one is there already. */
function refuseThere(paths: readonly string[], force = false): void {
  const there = paths.filter((path) => existsSync(path))
  if (there.length === 0 || force) return
  throw new SessionizeError('usage', `${there.join(', ')} is there already.`, {
    hint: `Replace it with ${option('force')}, or name another folder.`,
  })
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw new SessionizeError('output_unwritable', `Cannot make the folder ${folder}.`, { cause })
  }
}
