/** Answers of any number of rows as JSON, row by row: they are never held as a whole. */
import { appendFileSync, writeFileSync } from 'node:fs'
import type { Engine } from '../engines/duckdb.js'
import { harmlessJson } from '../files/json-escapes.js'
import type { Sql } from '../sql/sql.js'

/**
 * Writes `{...head, "rows": [...]}`, a row a line.
 *
 * @param query one column of JSON texts, each of one line
 * @param format what becomes of a row's text
 */
export async function writeJsonRows(
  engine: Engine,
  path: string,
  head: object,
  query: Sql,
  format: (row: string) => string = spaced,
): Promise<void> {
  writeFileSync(
    path,
    `${harmlessJson(JSON.stringify(head, null, 2)).replace(/\n\}$/, '')},\n  "rows": [`,
  )
  const { chunks } = await engine.stream(query)
  let first = true
  for await (const [rows = []] of chunks) {
    const lines = rows.map((row) => harmlessJson(format(String(row))))
    appendFileSync(
      path,
      lines.map((line, i) => `${first && i === 0 ? '' : ','}\n    ${line}`).join(''),
    )
    first = first && lines.length === 0
  }
  appendFileSync(path, first ? ']\n}\n' : '\n  ]\n}\n')
}

/** Texts, what the engine writes for doubles and JSON does not have, and marks between values. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:nan|inf(?:inity)?)\b|[,:]/gi

/**
 * As text, for a number that is read as a double would lose its digits beyond 2^53. `NaN` and
 * infinities become null.
 */
const spaced = (row: string): string =>
  row.replaceAll(TOKENS, (token) =>
    token.startsWith('"') ? token : token === ',' || token === ':' ? `${token} ` : 'null',
  )
