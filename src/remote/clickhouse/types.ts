/** ClickHouse's spelling of types, as far as reading values needs it. */

export interface ClickHouseType {
  /** `String`, `Int64`, `DateTime64`, `Tuple`, ... */
  readonly name: string
  /** What is in the brackets, split at its outer commas. */
  readonly parts: readonly string[]
  readonly nullable: boolean
}

/** Without `Nullable` and `LowCardinality`, which change what is stored and not what it means. */
export function parseType(type: string, nullable = false): ClickHouseType {
  const found = /^(\w+)\s*(?:\(([\s\S]*)\))?$/.exec(type.trim())
  const [, name = type, inner] = found ?? []
  const parts = inner === undefined ? [] : outerParts(inner)
  const [first = ''] = parts
  if (name === 'Nullable') return parseType(first, true)
  if (name === 'LowCardinality') return parseType(first, nullable)
  return { name, parts, nullable }
}

/** Members of a named tuple; those of one without names are called by their number. */
export function tupleMembers({ parts }: ClickHouseType): { name: string; type: string }[] {
  return parts.map((part, i) => {
    const quoted = /^\s*[`"]((?:[^`"\\]|\\.)*)[`"]\s+(\S[\s\S]*)$/.exec(part)
    const plain = /^\s*([A-Za-z_]\w*)\s+([A-Z][\s\S]*)$/.exec(part)
    const [, name, type] = quoted ?? plain ?? []
    return name === undefined || type === undefined
      ? { name: String(i + 1), type: part.trim() }
      : { name: name.replaceAll(/\\(.)/g, '$1'), type }
  })
}

function outerParts(inner: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quote = ''
  let from = 0
  for (let i = 0; i < inner.length; i++) {
    const sign = inner[i] ?? ''
    if (quote !== '') {
      if (sign === '\\') i++
      else if (sign === quote) quote = ''
    } else if (/['"`]/.test(sign)) quote = sign
    else if (sign === '(') depth++
    else if (sign === ')') depth--
    else if (sign === ',' && depth === 0) {
      parts.push(inner.slice(from, i).trim())
      from = i + 1
    }
  }
  return [...parts, inner.slice(from).trim()]
}

export const isInteger = ({ name }: ClickHouseType): boolean => /^U?Int\d+$/.test(name)
export const isFloat = ({ name }: ClickHouseType): boolean => /^Float\d+$/.test(name)
export const isTime = ({ name }: ClickHouseType): boolean => /^DateTime(64)?$/.test(name)
export const isDay = ({ name }: ClickHouseType): boolean => /^Date(32)?$/.test(name)
