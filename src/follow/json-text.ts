/**
 * The text of a JSON object's members, where the parsed value says too little: a number beyond 2^53
 * has lost its digits, and `1.0` looks like `1`.
 */

export interface Span {
  readonly start: number
  readonly end: number
}

export interface Member {
  /** Of the key, with its quotes. */
  readonly key: Span
  readonly value: Span
}

/** The text of the value at a path; undefined when it is not there. Only for text that was parsed. */
export function textAt(json: string, path: readonly string[]): string | undefined {
  let start = 0
  for (const name of path) {
    const member = membersOf(json, start).find(({ key }) => keyName(json, key) === name)
    if (member === undefined) return undefined
    start = member.value.start
    if (name === path.at(-1)) return json.slice(start, member.value.end)
  }
  return undefined
}

/** The members of the object that starts at `from`, after blanks; none when it is no object. */
export function membersOf(json: string, from = 0): Member[] {
  const members: Member[] = []
  let at = blanks(json, from)
  if (json[at] !== '{') return members
  at = blanks(json, at + 1)
  while (json[at] === '"') {
    const key = { start: at, end: textEnd(json, at) }
    const start = blanks(json, blanks(json, key.end) + 1)
    const end = valueEnd(json, start)
    members.push({ key, value: { start, end } })
    at = blanks(json, end)
    if (json[at] !== ',') break
    at = blanks(json, at + 1)
  }
  return members
}

function keyName(json: string, { start, end }: Span): string {
  const text = json.slice(start, end)
  return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1)
}

/** After the closing quote of the text that starts at `at`. */
export function textEnd(json: string, at: number): number {
  for (let i = at + 1; i < json.length; i++) {
    if (json[i] === '\\') i++
    else if (json[i] === '"') return i + 1
  }
  return json.length
}

function valueEnd(json: string, start: number): number {
  if (json[start] === '"') return textEnd(json, start)
  let depth = 0
  for (let i = start; i < json.length; i++) {
    const char = json[i]
    if (char === '"') i = textEnd(json, i) - 1
    else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') {
      if (depth === 0) return i
      depth--
      if (depth === 0) return i + 1
    } else if (depth === 0 && (char === ',' || isBlank(char))) return i
  }
  return json.length
}

function blanks(json: string, from: number): number {
  let at = from
  while (isBlank(json[at])) at++
  return at
}

const isBlank = (char: string | undefined): boolean =>
  char === ' ' || char === '\t' || char === '\n' || char === '\r'
