/** SQL that a user wrote, as the engine's parser understands it. Nothing is run. */
import type { Engine } from '../engines/duckdb.js'
import { sql, text } from '../sql/sql.js'

/** What the engine's parser makes of a statement. */
export type Parsed =
  | { readonly kind: 'select'; readonly tree: unknown }
  /** Of several statements, or none. */
  | { readonly kind: 'not_one' }
  | { readonly kind: 'not_select' | 'broken'; readonly why: string }

/** `DESCRIBE sessions` is a SELECT to the parser. */
export async function parseSelect(engine: Engine, statement: string): Promise<Parsed> {
  const { tree } = await engine.row<{ tree: string }>(
    sql`SELECT json_serialize_sql(${text(statement)}) AS tree`,
  )
  const parsed: unknown = JSON.parse(tree)
  if (!isNode(parsed) || parsed['error'] === true) {
    const message = isNode(parsed) ? String(parsed['error_message']) : ''
    const kind = /only select/i.test(message) ? 'not_select' : 'broken'
    return { kind, why: message.split('\n')[0] ?? '' }
  }
  const statements = parsed['statements']
  return Array.isArray(statements) && statements.length === 1
    ? { kind: 'select', tree: statements[0] }
    : { kind: 'not_one' }
}

export type Node = Readonly<Record<string, unknown>>

export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null
