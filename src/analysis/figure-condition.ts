/**
 * A condition on figures, such as `sessions >= 3 and p90_length > '5m'`. The engine parses it, so
 * that it is a condition and nothing else; texts compared with a length become seconds.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { isNode, type Node, parseSelect } from '../events/parse-select.js'
import { assertSteady } from '../events/steady.js'
import { identifier, join, raw, type Sql, sql } from '../sql/sql.js'
import { parseDuration } from '../units/duration.js'
import { findMeasure, MEASURE_NAMES, type Measure } from './measures.js'

export interface FigureCondition {
  readonly expression: Sql
  /** The figures that it names, each once. */
  readonly measures: readonly Measure[]
}

const PREFIX = 'SELECT 1 WHERE ('

/** @throws SessionizeError `bad_condition` or `unknown_column`. */
export async function parseFigureCondition(
  engine: Engine,
  condition: string,
  flag: string,
): Promise<FigureCondition> {
  const statement = `${PREFIX}${condition}\n)`
  const parsed = await parseSelect(engine, statement)
  if (parsed.kind === 'not_one') throw refused(flag, 'must be one condition.')
  if (parsed.kind !== 'select') throw refused(flag, `is not a condition: ${parsed.why}`)
  await assertSteady(engine, parsed.tree, flag)
  const reading = new Reading(flag)
  reading.visit(parsed.tree)
  // Its last line may be a comment, which must not swallow what follows: the line's end stays.
  const expression = withSeconds(statement, reading.durations, flag).slice(PREFIX.length, -1)
  await tryOut(engine, expression, [...reading.measures.values()], flag)
  return {
    expression: raw(expression),
    measures: [...reading.measures.values()],
  }
}

/** Wrong types and unknown functions are found before the data are read. */
async function tryOut(
  engine: Engine,
  expression: string,
  measures: readonly Measure[],
  flag: string,
): Promise<void> {
  const columns = measures.map(
    ({ name, type }) => sql`CAST(NULL AS ${raw(type)}) AS ${identifier(name)}`,
  )
  try {
    await engine.rows(
      sql`SELECT 1 FROM (SELECT ${join([raw('1 AS one'), ...columns])}) WHERE (${raw(expression)})`,
    )
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw refused(flag, `is not a condition: ${message}`)
  }
}

const refused = (flag: string, what: string): SessionizeError =>
  new SessionizeError('bad_condition', `${flag} ${what}`, {
    hint: `Write it as ${flag} "sessions >= 3 and p90_length > '5m'".`,
  })

/** Node classes that can only be asked of many rows, or of other tables. */
const FOREIGN: Readonly<Record<string, string>> = {
  SUBQUERY: 'cannot hold a subquery.',
  WINDOW: 'cannot hold a window function.',
  STAR: 'cannot hold *.',
}

class Reading {
  readonly measures = new Map<string, Measure>()
  /** Where texts stand that are lengths of time, in bytes of the statement. */
  readonly durations: { readonly at: number; readonly value: string }[] = []

  constructor(private readonly flag: string) {}

  visit(node: unknown): void {
    if (Array.isArray(node)) {
      for (const child of node) this.visit(child)
      return
    }
    if (!isNode(node)) return
    const foreign = FOREIGN[String(node['class'])]
    if (foreign !== undefined) throw refused(this.flag, foreign)
    if (node['class'] === 'COLUMN_REF') this.reference(node)
    if (isComparison(node)) this.compare(node)
    for (const child of Object.values(node)) this.visit(child)
  }

  private reference(node: Node): void {
    const path = columnPath(node)
    const measure = findMeasure(path)
    if (measure === undefined) {
      throw new SessionizeError(
        'unknown_column',
        `No figure \`${path}\` for ${this.flag}.${didYouMean(path, MEASURE_NAMES)}`,
        { hint: `Figures: ${MEASURE_NAMES.join(', ')}.` },
      )
    }
    this.measures.set(measure.name, measure)
  }

  private compare(node: Node): void {
    const sides = operands(node)
    const timed = sides.some(
      (side) => side['class'] === 'COLUMN_REF' && findMeasure(columnPath(side))?.duration === true,
    )
    if (!timed) return
    for (const side of sides) {
      const literal = textLiteral(side)
      if (literal !== undefined) this.durations.push(literal)
    }
  }
}

const columnPath = (node: Node): string =>
  Array.isArray(node['column_names']) ? node['column_names'].map(String).join('.') : ''

/** `a < b`, `a BETWEEN b AND c`, `a IN (b, c)`. */
const isComparison = (node: Node): boolean =>
  node['class'] === 'COMPARISON' || node['class'] === 'BETWEEN' || node['class'] === 'OPERATOR'

function operands(node: Node): Node[] {
  const { left, right, input, lower, upper, children } = node
  return [left, right, input, lower, upper, ...(Array.isArray(children) ? children : [])].filter(
    isNode,
  )
}

function textLiteral(node: Node): { at: number; value: string } | undefined {
  const value = node['value']
  if (node['class'] !== 'CONSTANT' || !isNode(value) || typeof value['value'] !== 'string') {
    return undefined
  }
  return { at: Number(node['query_location']), value: value['value'] }
}

/** Each text literal at its place is replaced by its number of seconds. */
function withSeconds(
  statement: string,
  durations: readonly { readonly at: number; readonly value: string }[],
  flag: string,
): string {
  // The engine counts bytes.
  let out = Buffer.from(statement)
  for (const { at, value } of [...durations].sort((a, b) => b.at - a.at)) {
    const tail = out.subarray(at).toString('utf8')
    const literal = /^'(?:[^']|'')*'/.exec(tail)?.[0]
    if (literal === undefined) continue
    const seconds = secondsOf(value, flag)
    out = Buffer.concat([
      out.subarray(0, at),
      Buffer.from(String(seconds)),
      out.subarray(at + Buffer.byteLength(literal)),
    ])
  }
  return out.toString('utf8')
}

function secondsOf(value: string, flag: string): number {
  try {
    return parseDuration(value) / 1e6
  } catch (error) {
    throw new SessionizeError(
      'bad_condition',
      `${flag} compares a length with '${value}', which is not a length of time.`,
      { hint: "Write it as '5m', '90s', '1h30m', or as a number of seconds.", cause: error },
    )
  }
}
