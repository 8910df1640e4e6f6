/** Questions that can also be asked of what the option `state` keeps. */
import type { Table } from 'apache-arrow'
import type { Summary } from '../analysis/summary.js'
import type { TableFormat } from '../engines/table-file.js'
import { stateSource } from '../state/dataset.js'
import { omitUndefined } from '../units/omit-undefined.js'
import type { Inputs, Surroundings, Within } from './ask.js'
import type { Row } from './rows.js'
import type { SessionsOptions } from './sessions.js'
import * as ofSessions from './sessions.js'
import { summary as ofSummary, type SummaryOptions } from './summary.js'

function withState<Options extends Surroundings & { readonly state?: string }>(
  options: Options,
): Options & Within {
  const { state, onAdded, onUnchecked } = options
  if (state === undefined) return options
  return {
    ...options,
    source: stateSource({ directory: state, ...omitUndefined({ onAdded, onUnchecked }) }),
  }
}

/**
 * Sessions, users, bounces and lengths, over all and per segment: `sessionize FILE`.
 *
 * @throws SessionizeError as all of these functions: a missing or damaged input, a column that is not
 * there, a definition or an option that makes no sense, a lack of memory or disk
 */
export const summary = (inputs: Inputs, options: SummaryOptions = {}): Promise<Summary> =>
  ofSummary(inputs, withState(options))

/**
 * One plain object per session, ordered by user and start: `sessionize sessions`. The keys are the
 * columns of the session table (docs/definitions.md). Rows are made as they are read, and what goes
 * wrong is thrown then; leaving the loop early ends the work.
 */
export const sessions = (inputs: Inputs, options: SessionsOptions = {}): AsyncIterable<Row> =>
  ofSessions.sessions(inputs, withState(options))

/** The whole session table in memory, as an Apache Arrow table. */
export const sessionsArrow = (inputs: Inputs, options: SessionsOptions = {}): Promise<Table> =>
  ofSessions.sessionsArrow(inputs, withState(options))

/**
 * Writes the session table to a file, whole or not at all; its name tells the format unless one is
 * given. A file that would be read as events is not replaced.
 *
 * @throws SessionizeError `usage` when neither tells it, or it is an input; `output_unwritable`,
 * `disk_full`
 */
export const writeSessions = (
  inputs: Inputs,
  path: string,
  options: SessionsOptions & { readonly format?: TableFormat } = {},
): Promise<void> => ofSessions.writeSessions(inputs, path, withState(options))
