/** Lines of JSON that are broken, and what they have done to others. */
import { writeFileSync } from 'node:fs'
import type { Engine } from '../engines/duckdb.js'
import { readJson } from '../engines/files.js'
import { canBeSeen } from '../sources/deep-rows.js'
import type { NumberedFile, SourceGroup } from '../sources/group.js'
import { filesWithoutObjects, jsonRows, readsDocuments } from '../sources/json-reading.js'
import { linesAt } from '../sources/lines-at.js'
import { identifier, type Sql, sql } from '../sql/sql.js'

/**
 * Paths of files of JSON that were not read by rows and must be, by the stage `rows`: a line that is
 * damaged may have taken the next one with it, and a row without a user may be no object at all.
 *
 * @param whole rows were read whole
 */
export async function misread(
  engine: Engine,
  groups: readonly SourceGroup[],
  whole: boolean,
): Promise<string[]> {
  const quick = groups.filter(
    ({ format, byRows }) => (format === 'ndjson' || format === 'json') && byRows !== true,
  )
  if (quick.length === 0) return []
  const fates = await engine.rows<{ file: number; fate: string }>(
    sql`SELECT DISTINCT file, fate FROM rows WHERE fate IN ('malformed', 'no_user')`,
  )
  const found: string[] = []
  for (const group of quick) {
    const files = (wanted: string): NumberedFile[] =>
      group.files.filter(({ number }) =>
        fates.some(({ file, fate }) => file === number && fate === wanted),
      )
    const damaged = group.format === 'ndjson' ? files('malformed') : []
    const doubtful = files('no_user').filter((file) => !damaged.includes(file))
    // A row that was read whole was seen to be an object.
    const others = readsDocuments(group, whole) ? [] : await withOthers(engine, group, doubtful)
    found.push(...[...damaged, ...others].map(({ path }) => path))
  }
  return found
}

/** Those of the files in which some row is no object. */
async function withOthers(
  engine: Engine,
  group: SourceGroup,
  files: readonly NumberedFile[],
): Promise<NumberedFile[]> {
  if (files.length === 0) return []
  const rows = await engine.rows<{ file: number }>(filesWithoutObjects({ ...group, files }))
  return files.filter(({ number }) => rows.some(({ file }) => file === number))
}

/** Lines are given to the engine in pieces of about so many characters. */
const PIECE_CHARACTERS = 4_000_000

/**
 * A relation of `row` and `text`: the lines of a file that are no JSON, as they stand. Undefined where
 * its bytes cannot be seen.
 */
export async function brokenLines(
  engine: Engine,
  group: SourceGroup,
  file: NumberedFile,
): Promise<Sql | undefined> {
  if (!canBeSeen(file)) return undefined
  const broken = await engine.rows<{ row: bigint }>(
    sql`SELECT row FROM (SELECT json, row_number() OVER () AS row FROM ${jsonRows({ ...group, files: [file] })}) WHERE json IS NULL ORDER BY row`,
  )
  const table = identifier(`broken_lines_${file.number}`)
  await engine.run(sql`CREATE OR REPLACE TEMP TABLE ${table} (row BIGINT, text VARCHAR)`)
  let waiting: string[] = []
  let characters = 0
  const pass = (): Promise<void> =>
    engine.withScratch(async (path) => {
      writeFileSync(path, waiting.join('\n'), { flag: 'wx', mode: 0o600 })
      await engine.run(
        sql`INSERT INTO ${table} FROM ${readJson([path], sql`format = 'newline_delimited'`, sql`columns = {row: 'BIGINT', text: 'VARCHAR'}`, sql`maximum_object_size = ${4 * (characters + PIECE_CHARACTERS)}`)}`,
      )
      waiting = []
      characters = 0
    })
  const rows = broken.map(({ row }) => Number(row))
  for await (const line of linesAt(file, rows)) {
    const written = JSON.stringify(line)
    waiting.push(written)
    characters += written.length
    if (characters > PIECE_CHARACTERS) await pass()
  }
  if (waiting.length > 0) await pass()
  return table
}
