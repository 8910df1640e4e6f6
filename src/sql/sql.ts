/**
 * SQL built only from quoted names, quoted literals and fragments that were themselves built this
 * way. A plain string that comes from a user can only enter through `identifier`, `text` or `like`.
 *
 * How names and literals are quoted differs between engines. It is decided last, when a query is
 * written out: `query.text` is spelt for DuckDB, `render(query, dialect)` for any other engine.
 * Fragments that this program wrote spell names that need it in double quotes, as in `s."end"`.
 */

/** What may be spelt differently after a fragment was built. */
export interface Spelling {
  /** A column, table or type name. */
  identifier(name: string): string
  /** A text literal. */
  text(value: string): string
  /** Whether `value` is like `pattern`, in which `*` stands for anything. */
  like(value: string, pattern: string): string
  /** Text as an exact number of six decimals; NULL where it is no number. */
  decimal(text: string): string
  /** Tells that these relations are small, right after `SELECT`; empty where an engine finds it out. */
  small(relations: readonly string[]): string
  /** What asks for a stage to be computed once; empty where an engine cannot be asked. */
  readonly materialized: string
  /** The columns of a stage that refers to itself, after its name. */
  recursiveColumns(names: readonly string[]): string
}

type Piece = string | Sql | ((spelling: Spelling) => string)

export class Sql {
  readonly #pieces: readonly Piece[]
  #text: string | undefined

  constructor(pieces: string | readonly Piece[]) {
    this.#pieces = typeof pieces === 'string' ? [pieces] : pieces
  }

  /** As DuckDB reads it. */
  get text(): string {
    this.#text ??= this.#pieces.map((piece) => written(piece, PLAIN)).join('')
    return this.#text
  }

  spelt(spelling: Spelling): string {
    if (spelling === PLAIN) return this.text
    return this.#pieces.map((piece) => written(piece, spelling)).join('')
  }

  toString(): string {
    return this.text
  }
}

const QUOTED_NAME = /"([^"]+)"/g

function written(piece: Piece, spelling: Spelling): string {
  if (piece instanceof Sql) return piece.spelt(spelling)
  if (typeof piece === 'function') return piece(spelling)
  return spelling === PLAIN
    ? piece
    : piece.replaceAll(QUOTED_NAME, (_quoted, name: string) => spelling.identifier(name))
}

/** A query as the engine of this spelling reads it. */
export const render = (query: Sql, spelling: Spelling): string => query.spelt(spelling)

export type SqlPart = Sql | number | bigint

/** Template tag: every interpolation is a fragment, an integer or a finite number. */
export function sql(strings: TemplateStringsArray, ...parts: readonly SqlPart[]): Sql {
  const pieces: Piece[] = [strings[0] ?? '']
  parts.forEach((part, i) => {
    pieces.push(piece(part), strings[i + 1] ?? '')
  })
  return new Sql(pieces)
}

function piece(part: SqlPart): Piece {
  if (part instanceof Sql) return part
  if (typeof part === 'number' && !Number.isFinite(part)) {
    throw new RangeError(`not a number that SQL can hold: ${part}`)
  }
  return String(part)
}

/** A column, table or type name. */
export const identifier = (name: string): Sql => new Sql([(spelling) => spelling.identifier(name)])

/** A text literal. */
export const text = (value: string): Sql => new Sql([(spelling) => spelling.text(value)])

/** Whether `value` is like `pattern`, in which `*` stands for anything; NULL for NULL. */
export const like = (value: Sql, pattern: string): Sql =>
  new Sql([(spelling) => spelling.like(value.spelt(spelling), pattern)])

/** Text as an exact number of six decimals, so that sums do not depend on the order of adding. */
export const decimal = (value: Sql): Sql =>
  new Sql([(spelling) => spelling.decimal(value.spelt(spelling))])

/** Tells, right after `SELECT`, that these relations are small enough for every worker to have them. */
export const small = (relations: readonly string[]): Sql =>
  new Sql([(spelling) => spelling.small(relations)])

/** A fragment that this program wrote itself (never a user's words). */
export const raw = (fragment: string): Sql => new Sql(fragment)

export function join(parts: readonly SqlPart[], separator = ', '): Sql {
  return new Sql(parts.flatMap((part, i) => (i === 0 ? [piece(part)] : [separator, piece(part)])))
}

export const list = (values: readonly string[]): Sql => sql`[${join(values.map(text))}]`

/** Double quotes around names, quotes in text doubled: the standard's quoting, and DuckDB's. */
export const PLAIN: Spelling = {
  identifier: (name) => `"${name.replaceAll('"', '""')}"`,
  // The NUL character, which would end the statement, has no literal.
  text: (value) =>
    value.includes('\0')
      ? `(${value.split('\0').map(quoted).join(' || chr(0) || ')})`
      : quoted(value),
  like: (value, pattern) =>
    `${value} LIKE ${quoted(pattern.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%'))} ESCAPE '!'`,
  decimal: (value) => `TRY_CAST(${value} AS DECIMAL(28, 6))`,
  small: () => '',
  materialized: 'MATERIALIZED ',
  recursiveColumns: (names) => ` (${names.join(', ')})`,
}

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** `WITH a AS (...), b AS (...) SELECT ...`, one stage a paragraph. */
export interface Stage {
  readonly name: string
  /** What one row of this stage is. */
  readonly comment: string
  readonly body: Sql
  /** Computed once although several later stages read it. */
  readonly materialized?: boolean
  /** The columns of a stage that refers to itself. */
  readonly recursive?: readonly string[]
}

export function withStages(stages: readonly Stage[], final: Sql): Sql {
  if (stages.length === 0) return final
  const keyword = stages.some(({ recursive }) => recursive !== undefined)
    ? 'WITH RECURSIVE'
    : 'WITH'
  return sql`${raw(keyword)}\n${join(stages.map(paragraph), ',\n\n')}\n\n${final}`
}

function paragraph({ name, comment, body, materialized, recursive }: Stage): Sql {
  const columns = new Sql([
    (spelling) => (recursive === undefined ? '' : spelling.recursiveColumns(recursive)),
  ])
  const kept = new Sql([(spelling) => (materialized === true ? spelling.materialized : '')])
  // A user's words in a comment must not end it.
  const line = new Sql([() => `-- ${comment.replaceAll(/\s+/g, ' ')}`])
  return sql`${line}\n${/^[a-z_]+$/.test(name) ? raw(name) : identifier(name)}${columns} AS ${kept}(\n${body}\n)`
}
