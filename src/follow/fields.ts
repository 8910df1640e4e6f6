/** Values of a record as the text that the batch would make of them. */
import { asObject, type JsonObject, parseObject } from './json-object.js'
import { textAt } from './json-text.js'

/** A column, and for nested values the keys below it. */
export interface FieldPath {
  readonly column: string
  readonly keys: readonly string[]
}

/** The value as text; null where there is none. `line` is what `record` was parsed from. */
export type JsonField = (record: JsonObject, line: string) => string | null
export type CsvField = (record: readonly string[]) => string | null

export function jsonField({ column, keys }: FieldPath): JsonField {
  const path = [column, ...keys]
  // What stands before the value in nearly every line, so that its text is found without a scan.
  const marker = `${JSON.stringify(path.at(-1))}:`
  const own: JsonField =
    keys.length === 0
      ? (record, line) => {
          const value = record[column]
          return typeof value === 'string' ? value : textOf(value, line, path, marker)
        }
      : (record, line) => {
          const value = valueAt(record, path)
          return typeof value === 'string' ? value : textOf(value, line, path, marker)
        }
  return (record, line) => own(record, line) ?? otherwiseSpelt(record, line, column, keys)
}

/** Where a record lacks the column, a key that differs in case only stands for it, as in the batch. */
function otherwiseSpelt(
  record: JsonObject,
  line: string,
  column: string,
  keys: readonly string[],
): string | null {
  for (const name of Object.keys(record)) {
    if (name.length !== column.length || name === column) continue
    if (name.toLowerCase() !== column.toLowerCase()) continue
    const path = [name, ...keys]
    const text = textOf(valueAt(record, path), line, path, `${JSON.stringify(path.at(-1))}:`)
    if (text !== null) return text
  }
  return null
}

/** Empty text is no value; a path reaches into JSON text. */
export function csvField(header: readonly string[], { column, keys }: FieldPath): CsvField {
  const position = header.indexOf(column)
  if (keys.length === 0) return (record) => record[position] || null
  return (record) => {
    const text = record[position]
    const outer = text ? parseObject(text) : undefined
    if (text === undefined || outer === undefined) return null
    return textOf(valueAt(outer, keys), text, keys, `${JSON.stringify(keys.at(-1))}:`)
  }
}

function valueAt(record: JsonObject, path: readonly string[]): unknown {
  let value: unknown = record
  for (const key of path) {
    value = Array.isArray(value) ? elementAt(value, key) : asObject(value)?.[key]
    if (value === undefined) return undefined
  }
  return value
}

/** By position, or in a list of `{key, value}` pairs by key, as GA4 writes parameters. */
function elementAt(list: readonly unknown[], key: string): unknown {
  if (/^\d+$/.test(key)) return list[Number(key)]
  const pair = list.map(asObject).find((element) => element?.['key'] === key)
  const value = pair?.['value']
  const typed = asObject(value)
  if (typed === undefined) return value
  return VALUE_MEMBERS.map((member) => typed[member]).find(
    (one) => one !== undefined && one !== null,
  )
}

const VALUE_MEMBERS = ['string_value', 'int_value', 'float_value', 'double_value']

function textOf(
  value: unknown,
  line: string,
  path: readonly string[],
  marker: string,
): string | null {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return numberText(value, line, path, marker)
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? null : JSON.stringify(value)
    default:
      return null
  }
}

/** Whole numbers keep all their digits; others read as a double does: `1e3` is `1000.0`. */
function numberText(value: number, line: string, path: readonly string[], marker: string): string {
  const plain = String(value)
  if (Number.isSafeInteger(value) && standsAfter(marker, plain, line)) return plain
  const text = textAt(line, path) ?? plain
  if (/^-?\d+$/.test(text)) return text === '-0' ? '0' : text
  return doubleText(value)
}

function standsAfter(marker: string, plain: string, line: string): boolean {
  let at = line.indexOf(marker)
  if (at < 0) return false
  at += marker.length
  if (line.charCodeAt(at) === SPACE) at++
  if (!line.startsWith(plain, at)) return false
  const next = line.charCodeAt(at + plain.length)
  return next === COMMA || next === BRACE || next === SPACE
}

/** As the engine spells a double. */
function doubleText(value: number): string {
  const magnitude = Math.abs(value)
  if (value !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

const [SPACE, COMMA, BRACE] = [32, 44, 125]
