/** The first offending rows of a rule, with where they are. */

import { excerptOf } from '../errors/excerpt.js'
import type { Sql } from '../sql/sql.js'
import { sql } from '../sql/sql.js'
import { type CheckExample, EXAMPLES_SHOWN } from './rule.js'
import type { Scene } from './scene.js'

export async function readExamples(scene: Scene, query: Sql): Promise<CheckExample[]> {
  const rows = await scene.engine.rows<Record<string, unknown>>(
    sql`SELECT * FROM (${query}) LIMIT ${EXAMPLES_SHOWN}`,
  )
  const examples: CheckExample[] = []
  for (const { file, row, ordinal, ...values } of rows) {
    const number = typeof file === 'number' ? file : undefined
    examples.push({
      file:
        number === undefined ? textOf(file) : (scene.events.ledger.files[number]?.label ?? null),
      row:
        typeof row === 'bigint' || typeof row === 'number'
          ? Number(row)
          : await recordNumber(scene, number, ordinal),
      values: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, textOf(value)]),
      ),
    })
  }
  return examples
}

/** Only whole files whose rows are records can be counted through; elsewhere a number would lie. */
async function recordNumber(
  scene: Scene,
  file: number | undefined,
  ordinal: unknown,
): Promise<number | null> {
  if (file === undefined || typeof ordinal !== 'bigint') return null
  const { ledger, stitched, merged } = scene.events
  // Joining identities writes the rows anew, in any order.
  const rewritten = stitched !== null || merged !== null
  const counts = ledger.files[file]
  const group = scene.groups.find(({ files }) => files.some(({ number }) => number === file))
  const lost = (counts?.rejected.malformed ?? 0) > 0 && group?.format === 'csv'
  if (counts === undefined || group === undefined || lost || scene.unnested || rewritten) {
    return null
  }
  const { first } = await scene.engine.row<{ first: bigint | null }>(
    sql`SELECT min(ordinal) AS first FROM placed WHERE file = ${file}`,
  )
  return first === null ? null : Number(ordinal - first) + 1
}

/** A name of a megabyte is no better an example than its beginning. */
const LONGEST_VALUE = 1_000

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const text = typeof value === 'object' ? JSON.stringify(value, bigintAsText) : String(value)
  return excerptOf(text, LONGEST_VALUE, '…')
}

const bigintAsText = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value
