/** The engine's spelling of nested types, taken apart. */

export interface Member {
  readonly name: string
  readonly type: string
}

/** Members of `STRUCT(a VARCHAR, "b c" STRUCT(d BIGINT))`, in order; none for another type. */
export function structMembers(type: string): Member[] {
  if (!type.startsWith('STRUCT(') || !type.endsWith(')')) return []
  return splitMembers(type.slice('STRUCT('.length, -1)).flatMap((member) => {
    const match = /^\s*(?:"((?:[^"]|"")*)"|(\S+))\s+(\S[\s\S]*)$/.exec(member)
    if (match === null) return []
    return [{ name: (match[1] ?? match[2] ?? '').replaceAll('""', '"'), type: match[3] ?? '' }]
  })
}

/** The type of a map's values; undefined for another type. */
export function mapValue(type: string): string | undefined {
  if (!type.startsWith('MAP(') || !type.endsWith(')')) return undefined
  const [key, value] = splitMembers(type.slice('MAP('.length, -1))
  return key?.trim() === 'VARCHAR' ? value?.trim() : undefined
}

/** The type of a list's elements; undefined for another type. */
export const listElement = (type: string): string | undefined =>
  type.endsWith('[]') ? type.slice(0, -2) : undefined

/** The type of the values of a list of `{key, value}` pairs, as BigQuery keeps parameters. */
export function pairValue(type: string): string | undefined {
  const members = structMembers(listElement(type) ?? '')
  return members.some(({ name }) => name === 'key')
    ? members.find(({ name }) => name === 'value')?.type
    : undefined
}

/** By commas that are neither in parentheses nor in quotes. */
function splitMembers(text: string): string[] {
  const members: string[] = []
  let depth = 0
  let quoted = false
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '"') quoted = !quoted
    else if (quoted) continue
    else if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === ',' && depth === 0) {
      members.push(text.slice(start, i))
      start = i + 1
    }
  }
  members.push(text.slice(start))
  return members
}
