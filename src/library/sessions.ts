import { readFileSync } from 'node:fs'
import { type Table, tableFromIPC } from 'apache-arrow'
import type { Engine } from '../engines/duckdb.js'
import {
  type NamedTable,
  type TableFormat,
  takesEnumerations,
  writeTable,
} from '../engines/table-file.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { neededProperties, planSessions, sessionTable } from '../sessions/build.js'
import { chooseColumns } from '../sessions/compile.js'
import type { BuildOptions } from '../sessions/request.js'
import { type Asked, ask, type Inputs, type Question, read, type Within } from './ask.js'
import { tellLeftOut } from './left-out.js'
import { iterateWithin, type Row, rowsOf } from './rows.js'
import { tableOf } from './segments.js'
import { writeFile } from './write.js'

/** Options of `sessions`, `sessionsArrow` and `writeSessions`. */
export type SessionsOptions = Omit<Asked<'sessions'>, 'createTable'>

export const sessions = (
  inputs: Inputs,
  options: SessionsOptions & Within = {},
): AsyncIterable<Row> =>
  iterateWithin((each) =>
    withSessions(inputs, options, (engine, { query, names }) => each(rowsOf(engine, query, names))),
  )

export async function sessionsArrow(
  inputs: Inputs,
  options: SessionsOptions & Within = {},
): Promise<Table> {
  return withSessions(inputs, options, async (engine, { query, names }, scratch) => {
    await writeTable(engine, query, 'arrow', scratch, names)
    return tableFromIPC(readFileSync(scratch))
  })
}

export const writeSessions = (
  inputs: Inputs,
  path: string,
  { format, ...options }: SessionsOptions & Within & { readonly format?: TableFormat } = {},
): Promise<void> =>
  writeFile('writeSessions', path, format, (partial, chosen, outputs) =>
    putSessions(inputs, partial, chosen, { ...options, outputs }),
  )

/** The same to a path that is the caller's business. */
export const putSessions = (
  inputs: Inputs,
  path: string,
  format: TableFormat,
  options: SessionsOptions & Within,
): Promise<void> =>
  withSessions(
    inputs,
    options,
    (engine, { query, names }) => writeTable(engine, query, format, path, names),
    takesEnumerations(format),
  )

/**
 * Makes the session table where the events are.
 *
 * @throws SessionizeError `usage` for events that are in no remote engine
 */
export async function createSessionTable(
  inputs: Inputs,
  name: string,
  options: SessionsOptions & Within,
): Promise<void> {
  const asked = read('sessions', options)
  const build = tableOf(asked)
  await ask(inputs, asked, questionOf(build), async (dataset) => {
    const { engine, events } = dataset
    const request = await planSessions(engine, events, build)
    const { from } = request
    if (from.kind !== 'remote') {
      throw new SessionizeError('usage', `${option('createTable')} makes a table of an engine.`, {
        hint: `Name the engine with ${option('engine')}, or write a file with ${option('output')}.`,
      })
    }
    const columns = chooseColumns(request, asked.options.columns)
    await tellLeftOut(asked.surroundings, dataset, { request })
    await from.engine.createTable(name, request, columns)
  })
}

async function withSessions<T>(
  inputs: Inputs,
  options: SessionsOptions & Within,
  use: (engine: Engine, table: NamedTable, scratch: string) => Promise<T>,
  enumerated = false,
): Promise<T> {
  const asked = read('sessions', options)
  const build = tableOf(asked)
  return ask(inputs, asked, questionOf(build), async (dataset) => {
    const { engine, events, workspace } = dataset
    const request = await planSessions(engine, events, build)
    await tellLeftOut(asked.surroundings, dataset, { request })
    const { columns } = asked.options
    const query = await sessionTable(engine, request, columns, { enumerated })
    return use(engine, { query, names: chooseColumns(request, columns) }, workspace.path())
  })
}

/** What the session table needs of the inputs. */
const questionOf = (build: BuildOptions): Question => ({
  properties: neededProperties(build),
  columns: build,
})
