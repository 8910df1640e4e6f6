/** Spark's types as its schemas spell them: `struct<a:int,b:array<string>>`, `decimal(9,2)`. */

export interface SparkType {
  /** `struct`, `map`, `array`, `decimal`, or the whole name of a scalar. */
  readonly name: string
  /** Of a struct. */
  readonly fields: readonly { readonly name: string; readonly type: string }[]
  /** Of an array, or of a map's values. */
  readonly element?: string
}

export function parseSparkType(type: string): SparkType {
  const [, name = type, inside = ''] = /^(\w+)[<(](.*)[>)]$/s.exec(type) ?? []
  const parts = inside === '' ? [] : split(inside)
  switch (name) {
    case 'struct':
      return { name, fields: parts.map(field) }
    case 'array':
      return { name, fields: [], element: inside }
    case 'map':
      return { name, fields: [], element: parts[1] ?? 'string' }
    case 'char':
    case 'varchar':
      return { name: 'string', fields: [] }
    default:
      return { name, fields: [] }
  }
}

/** A name may hold a colon, a type begins with a word. */
function field(part: string): { name: string; type: string } {
  const [, name = part, type = 'string'] = /^(.*?):(\w+(?:[<(].*)?)$/s.exec(part) ?? []
  return { name, type }
}

/** At the commas that are in no brackets. */
function split(inside: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at < inside.length; at++) {
    const character = inside[at] ?? ''
    if ('<('.includes(character)) depth++
    if ('>)'.includes(character)) depth--
    if (character === ',' && depth === 0) {
      parts.push(inside.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, inside.slice(from)]
}
