import { dialectNamed } from '../dialects/index.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { parseDuration } from '../units/duration.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { dbtFiles } from '../warehouse/dbt.js'
import { type PrintOptions, sessionSql, type TableSource } from '../warehouse/print.js'
import { SURROUNDINGS } from './ask.js'
import { readDefinition } from './definition.js'
import type { Options } from './option-table.js'
import { type ReadOptions, readOptions } from './options.js'
import { tableOf } from './segments.js'

/** Options of `sql`. */
export type SqlOptions = Omit<Options<'sql'>, 'dbt' | 'force' | 'lookback'>

/** The compiled SQL over a table or a relation `events`, without running it: `sessionize sql`. */
export const sql = (options: SqlOptions = {}): string =>
  sessionSql(printOf(readOptions('sql', options, SURROUNDINGS)))

const DEFAULT_LOOKBACK = '3d'

/** Incremental dbt models with tests and docs: `sessionize sql --dbt`. */
export function dbtModels(
  options: Omit<Options<'sql'>, 'dbt' | 'force'>,
): readonly { readonly name: string; readonly text: string }[] {
  const read = readOptions('sql', options, SURROUNDINGS)
  const { source, ...print } = printOf(read)
  if (source === undefined) throw goesWith('dbt', 'fromTable')
  if (read.stage !== undefined) {
    throw new SessionizeError(
      'usage',
      `${option('dbt')} writes blocks and sessions, whatever ${option('stage')} says.`,
      { hint: `Leave ${option('stage')} out.` },
    )
  }
  const lookbackMicros = read.lookback ?? parseDuration(DEFAULT_LOOKBACK)
  return dbtFiles({ ...print, source, lookbackMicros })
}

function printOf(read: ReadOptions<'sql'>): PrintOptions {
  return {
    dialect: dialectNamed(read.dialect ?? 'duckdb'),
    ...tableOf({ options: read, definition: readDefinition(read) }),
    ...omitUndefined({ columns: read.columns, stage: read.stage, source: sourceOf(read) }),
  }
}

/** Nothing of a table is looked at, so its columns have to be named. */
function sourceOf(read: ReadOptions<'sql'>): TableSource | undefined {
  const { fromTable: table, user, time } = read
  if (table === undefined) {
    const keys = ['user', 'time', 'timeUnit', 'event', 'session'] as const
    const stray = keys.find((key) => read[key] !== undefined)
    if (stray !== undefined) throw goesWith(stray, 'fromTable')
    return undefined
  }
  if (user === undefined || user.length === 0 || time === undefined) {
    throw new SessionizeError('usage', `Which columns of ${table} hold the user and the time?`, {
      hint: `Name them with ${option('user', 'COLUMN')} and ${option('time', 'COLUMN')}.`,
    })
  }
  return {
    table,
    user,
    time,
    ...omitUndefined({ unit: read.timeUnit, event: read.event, session: read.session }),
  }
}

/** An option that would do nothing without another. */
export const goesWith = (stray: string, other: string): SessionizeError =>
  new SessionizeError('usage', `${option(stray)} goes with ${option(other)}.`, {
    hint: `Add ${option(other)}, or leave ${option(stray)} out.`,
  })
