import { cohort } from '../analysis/cohort.js'
import { type CohortFormat, writeCohort } from '../analysis/cohort-file.js'
import { answerContext } from '../analysis/context.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { type Asked, ask, type Inputs, type Read, read } from './ask.js'
import { tellLeftOut } from './left-out.js'
import { iterateWithin, type Row, rowsOf } from './rows.js'
import { buildOf } from './segments.js'

/**
 * Options of `users`: `where` is on figures over one user's sessions, as in
 * `sessions >= 3 and p90_length > '5m'`, `eventsWhere` on the columns of one event.
 */
export type UsersOptions = Asked<'users'>

/**
 * The users whose sessions meet a condition, with their figures, ordered by user: `sessionize users`.
 * Columns: `user`, `sessions`, `events`, `bounces`, `total_seconds`, `mean_seconds`,
 * `p50_seconds`, `p90_seconds`, `max_seconds`, `first_start`, `last_end`. What goes wrong is thrown when it is read.
 */
export function users(inputs: Inputs, options: UsersOptions = {}): AsyncIterable<Row> {
  return iterateWithin((each) => {
    const { asked, question } = readUsers(options)
    return ask(inputs, asked, { columns: { dimensions: [] } }, async (dataset) => {
      const { engine, events } = dataset
      const { figures, ledger } = await cohort(engine, events, question)
      await tellLeftOut(asked.surroundings, dataset, { ledger })
      await each(rowsOf(engine, figures))
    })
  })
}

/** Writes them to a path. @returns how many they are, and of how many */
export async function writeUsers(
  inputs: Inputs,
  path: string,
  format: CohortFormat,
  options: UsersOptions,
): Promise<{ readonly users: number; readonly ofUsers: number }> {
  const { asked, question } = readUsers(options)
  return ask(inputs, asked, { columns: { dimensions: [] } }, async (dataset) => {
    const { engine, events } = dataset
    const found = await cohort(engine, events, question)
    await tellLeftOut(asked.surroundings, dataset, { ledger: found.ledger })
    const about = answerContext(events, asked.definition, found.ledger)
    await writeCohort(engine, found, about, question.where ?? null, format, path)
    return found
  })
}

function readUsers(options: UsersOptions) {
  const whole = read('users', options)
  const { where, eventsWhere, ...rest } = whole.options
  const asked: Read<'events'> = {
    ...whole,
    options: { ...rest, ...omitUndefined({ where: eventsWhere }) },
  }
  return { asked, question: { ...buildOf(whole), ...omitUndefined({ where }) } }
}
