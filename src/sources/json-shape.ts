/**
 * How JSON columns are read: the needed keys of nested ones as a struct of text, which takes two
 * thirds of the time of reading them as JSON; an odd value in a row then only makes that row's
 * keys NULL. Where a struct cannot say what is needed, the column stays JSON.
 */
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { type Field, jsonPairText, jsonPointer } from './field.js'
import { listElement, pairValue } from './nested-type.js'

/** Keys of a struct that are read; a leaf is text. */
interface Keys extends Map<string, Keys> {}

/** The type that each needed column is read with, and how a field is taken out of it. */
export class JsonShape {
  private readonly types: ReadonlyMap<string, { readonly readAs: string; readonly type: string }>

  constructor(fields: readonly Field[]) {
    const byColumn = new Map<string, Field[]>()
    for (const field of fields) {
      const { name } = field.column
      byColumn.set(name, [...(byColumn.get(name) ?? []), field])
    }
    this.types = new Map(
      [...byColumn].map(([name, needed]) => [
        name,
        { readAs: needed[0]?.column.readAs ?? name, type: readType(needed) },
      ]),
    )
  }

  /** A row as a type of the engine. */
  get type(): string {
    return `STRUCT(${[...this.types].map(([name, { type }]) => `${identifier(name).text} ${type}`).join(', ')})`
  }

  /** The same as `from_json` takes it. */
  get structure(): string {
    return JSON.stringify(
      Object.fromEntries([...this.types].map(([name, { type }]) => [name, type])),
    )
  }

  /** Its columns, out of such a row. */
  columnsOf(row: Sql): Sql {
    return join(
      [...this.types].map(
        ([name, { readAs }]) => sql`struct_extract(${row}, ${text(name)}) AS ${raw(readAs)}`,
      ),
    )
  }

  text({ column, path }: Field): Sql {
    const value = raw(column.readAs)
    const type = this.types.get(column.name)?.type
    if (path.length === 0) return type === 'VARCHAR' ? value : sql`CAST(${value} AS VARCHAR)`
    if (type === 'JSON') return belowJson(value, column.type, path)
    if (type === 'VARCHAR') {
      return sql`CASE WHEN json_valid(${value}) THEN json_extract_string(${value}, ${jsonPointer(path)}) END`
    }
    return join([value, ...path.map(identifier)], '.')
  }
}

/** A field of a JSON value that is at hand whole. */
export function belowJson(value: Sql, type: string, path: readonly string[]): Sql {
  const [key = ''] = path
  return isPairs(type)
    ? jsonPairText(value, key)
    : sql`json_extract_string(${value}, ${jsonPointer(path)})`
}

const isPairs = (type: string): boolean => type === 'JSON[]' || pairValue(type) !== undefined

function readType(fields: readonly Field[]): string {
  const paths = fields.map(({ path }) => path).filter((path) => path.length > 0)
  const type = fields[0]?.column.type ?? 'VARCHAR'
  if (paths.length === 0) return 'VARCHAR'
  // Text that holds JSON, seen in every sampled row.
  if (type === 'VARCHAR') return 'VARCHAR'
  const whole = paths.length < fields.length
  if (whole || listElement(type) !== undefined || type.startsWith('JSON')) return 'JSON'
  const keys: Keys = new Map()
  for (const path of paths) if (!add(keys, path)) return 'JSON'
  return structType(keys)
}

/** False where a struct cannot hold it: a leaf with keys below it, keys that differ by case only, a position in a list. */
function add(keys: Keys, path: readonly string[]): boolean {
  const [key, ...rest] = path
  if (key === undefined) return keys.size === 0
  if (/^\d+$/.test(key)) return false
  const known = keys.get(key)
  if (known !== undefined) {
    const isLeaf = known.size === 0
    return isLeaf === (rest.length === 0) && add(known, rest)
  }
  if ([...keys.keys()].some((other) => other.toLowerCase() === key.toLowerCase())) return false
  const below: Keys = new Map()
  keys.set(key, below)
  return add(below, rest)
}

const structType = (keys: Keys): string =>
  keys.size === 0
    ? 'VARCHAR'
    : `STRUCT(${[...keys].map(([key, below]) => `${identifier(key).text} ${structType(below)}`).join(', ')})`

/** NULL where a text is not JSON, so that nothing fails on it. */
export const jsonOrNull = (value: Sql): Sql =>
  sql`CASE WHEN json_valid(${value}) THEN CAST(${value} AS JSON) END`

export const noText: Sql = raw('CAST(NULL AS VARCHAR)')
