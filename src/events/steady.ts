/**
 * Conditions are asked of the same rows several times, so that they must answer the same each time:
 * chance is refused, and what the clock says is said once per engine.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { raw, sql, text } from '../sql/sql.js'
import { isNode, type Node } from './parse-select.js'

/** A part of a statement that is written otherwise; places and lengths are in bytes. */
export interface Edit {
  readonly at: number
  readonly bytes: number
  readonly text: string
}

export function edited(statement: string, edits: readonly Edit[]): string {
  let out = Buffer.from(statement)
  const seen = new Set<number>()
  for (const { at, bytes, text } of [...edits].sort((a, b) => b.at - a.at)) {
    // `CASE x WHEN` has one place in several nodes.
    if (seen.has(at)) continue
    seen.add(at)
    out = Buffer.concat([out.subarray(0, at), Buffer.from(text), out.subarray(at + bytes)])
  }
  return out.toString('utf8')
}

/** Not by the engine's list, but not the same in each statement either. */
const ALSO_UNSTEADY = ['txid_current', 'current_query', 'reservoir_quantile']

const VOLATILE = sql`
  WITH volatile AS (
    SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE stability = 'VOLATILE'
  )
  SELECT name FROM volatile
  UNION
  SELECT f.function_name FROM duckdb_functions() AS f, volatile AS v
  WHERE f.macro_definition IS NOT NULL AND contains(f.macro_definition, v.name || '(')`

/** @throws SessionizeError `bad_condition` for `random()`, a sample of a table, and the like. */
export async function assertSteady(engine: Engine, tree: unknown, what: string): Promise<void> {
  const names = new Set<string>()
  collect(tree, names, what)
  const rows = await engine.rows<{ name: string }>(VOLATILE)
  const unsteady = new Set([...ALSO_UNSTEADY, ...rows.map(({ name }) => name)])
  const found = [...names].find((name) => unsteady.has(name))
  if (found !== undefined) throw refused(what, `${found}, which does not say the same twice`)
}

function collect(node: unknown, names: Set<string>, what: string): void {
  if (Array.isArray(node)) {
    for (const child of node) collect(child, names, what)
    return
  }
  if (!isNode(node)) return
  if (isNode(node['sample'])) throw refused(what, 'a sample, which is another one each time')
  const called = functionName(node)
  if (called !== undefined) {
    names.add(called)
    const children = childrenOf(node)
    if (called === 'age' && children.length === 1) {
      throw refused(what, 'age of one time: write it as age(current_date, x)')
    }
    // `list_aggregate(x, 'reservoir_quantile')` names one in a text.
    for (const child of children) {
      const value = isNode(child) && isNode(child['value']) ? child['value']['value'] : undefined
      if (typeof value === 'string' && /^list_aggr|^array_aggr|^aggregate$/.test(called)) {
        names.add(value.toLowerCase())
      }
    }
  }
  for (const child of Object.values(node)) collect(child, names, what)
}

const refused = (what: string, found: string): SessionizeError =>
  new SessionizeError('bad_condition', `${what} cannot hold ${found}.`, {
    hint: 'It is asked several times of the same rows, and must answer the same each time.',
  })

export const functionName = (node: Node): string | undefined =>
  node['class'] === 'FUNCTION' ? String(node['function_name']).toLowerCase() : undefined

export const childrenOf = (node: Node): readonly unknown[] =>
  Array.isArray(node['children']) ? node['children'] : []

/** What the clock says, with and without brackets. */
const CLOCKS = [
  'now',
  'today',
  'current_date',
  'current_time',
  'current_timestamp',
  'current_localtime',
  'current_localtimestamp',
  'get_current_time',
  'get_current_timestamp',
  'localtime',
  'localtimestamp',
  'transaction_timestamp',
]

const told = new WeakMap<Engine, Map<string, string>>()

/** What a word for the present is replaced by; undefined for another word. */
export async function clockEdit(
  engine: Engine,
  statement: string,
  node: Node,
): Promise<Edit | undefined> {
  const path = node['column_names']
  const word =
    functionName(node) ?? (Array.isArray(path) && path.length === 1 ? String(path[0]) : '')
  const name = word.toLowerCase()
  if (!CLOCKS.includes(name) || childrenOf(node).length > 0) return undefined
  const at = Number(node['query_location'])
  const written = /^\w+(\s*\(\s*\))?/.exec(
    Buffer.from(statement).subarray(at).toString('utf8'),
  )?.[0]
  if (written === undefined) return undefined
  const known = told.get(engine) ?? new Map<string, string>()
  told.set(engine, known)
  const key = written.replaceAll(/\s+/g, '').toLowerCase()
  if (!known.has(key)) {
    const { type, value } = await engine.row<{ type: string; value: string }>(
      sql`SELECT typeof(x) AS type, CAST(x AS VARCHAR) AS value FROM (SELECT ${raw(key)} AS x)`,
    )
    known.set(key, sql`CAST(${text(value)} AS ${raw(type)})`.text)
  }
  return { at, bytes: Buffer.byteLength(written), text: known.get(key) ?? written }
}
