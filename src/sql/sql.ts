/**
 * SQL as text, built only from quoted identifiers, quoted literals and fragments that were
 * themselves built this way. A plain string that comes from a user can only enter through
 * `identifier` or `text`.
 */
export class Sql {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text
  }
}

export type SqlPart = Sql | number | bigint

/** Template tag: every interpolation is a fragment, an integer or a finite number. */
export function sql(strings: TemplateStringsArray, ...parts: readonly SqlPart[]): Sql {
  let out = strings[0] ?? ''
  parts.forEach((part, i) => {
    out += render(part) + (strings[i + 1] ?? '')
  })
  return new Sql(out)
}

function render(part: SqlPart): string {
  if (part instanceof Sql) return part.text
  if (typeof part === 'number' && !Number.isFinite(part)) {
    throw new RangeError(`not a number that SQL can hold: ${part}`)
  }
  return String(part)
}

/** A column, table or type name, in double quotes. */
export const identifier = (name: string): Sql => new Sql(`"${name.replaceAll('"', '""')}"`)

/** A text literal, in single quotes. The NUL character, which would end the statement, has no literal. */
export const text = (value: string): Sql =>
  value.includes('\0')
    ? new Sql(`(${value.split('\0').map(quoted).join(' || chr(0) || ')})`)
    : new Sql(quoted(value))

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** A fragment that this program wrote itself (never a user's words). */
export const raw = (fragment: string): Sql => new Sql(fragment)

export const join = (parts: readonly SqlPart[], separator = ', '): Sql =>
  new Sql(parts.map(render).join(separator))

export const list = (values: readonly string[]): Sql => sql`[${join(values.map(text))}]`

/** `WITH a AS (...), b AS (...) SELECT ...`, one stage a paragraph. */
export interface Stage {
  readonly name: string
  /** What one row of this stage is. */
  readonly comment: string
  readonly body: Sql
  /** Computed once although several later stages read it. */
  readonly materialized?: boolean
  /** Refers to itself. */
  readonly recursive?: boolean
}

export function withStages(stages: readonly Stage[], final: Sql): Sql {
  if (stages.length === 0) return final
  const rendered = stages.map(
    ({ name, comment, body, materialized }) =>
      `-- ${comment}\n${name} AS ${materialized === true ? 'MATERIALIZED ' : ''}(\n${body.text}\n)`,
  )
  const keyword = stages.some(({ recursive }) => recursive === true) ? 'WITH RECURSIVE' : 'WITH'
  return new Sql(`${keyword}\n${rendered.join(',\n\n')}\n\n${final.text}`)
}
