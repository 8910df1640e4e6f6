/** Answers of any number of rows as JSON, row by row: they are never held as a whole. */
import { appendFileSync, writeFileSync } from 'node:fs'
import type { Engine } from '../engines/duckdb.js'
import type { Sql } from '../sql/sql.js'
import { jsonText } from './untrusted.js'

/**
 * Writes `{...head, "rows": [...]}`, a row a line.
 *
 * @param query one column of JSON texts
 * @param shown what becomes of a row
 */
export async function writeJsonRows(
  engine: Engine,
  path: string,
  head: object,
  query: Sql,
  shown: (row: unknown) => unknown = (row) => row,
): Promise<void> {
  writeFileSync(path, `${jsonText(head).replace(/\n\}$/, '')},\n  "rows": [`)
  const { chunks } = await engine.stream(query)
  let first = true
  for await (const [rows = []] of chunks) {
    const lines = rows.map((row) => {
      const parsed: unknown = JSON.parse(String(row))
      return jsonText(shown(parsed)).replaceAll(/\n\s*/g, ' ')
    })
    appendFileSync(
      path,
      lines.map((line, i) => `${first && i === 0 ? '' : ','}\n    ${line}`).join(''),
    )
    first = first && lines.length === 0
  }
  appendFileSync(path, first ? ']\n}\n' : '\n  ]\n}\n')
}
