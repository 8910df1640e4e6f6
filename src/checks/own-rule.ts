/** Rules that a user writes in SQL over `events` and `sessions`, and nothing else. */
import { asQuery, enclose, readableEvents, refusedFunction } from '../analysis/enclosure.js'
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { parseSelect } from '../events/parse-select.js'
import { assertSteady } from '../events/steady.js'
import type { Events } from '../sessions/dataset.js'
import { type Sql, sql } from '../sql/sql.js'
import { readExamples } from './examples.js'
import type { CheckResult } from './result.js'
import { EXAMPLES_SHOWN } from './rule.js'
import type { Scene } from './scene.js'

/** A rule of the user in SQL. */
export interface OwnRule {
  readonly id: string
  readonly meaning: string
  /** Rows that should not be there; or, with `min` or `max`, one number. */
  readonly sql: string
  readonly min?: number
  readonly max?: number
  /** What a row too many, or a number out of bounds, is. */
  readonly severity: 'warn' | 'error'
  /** As in `sessionize.config.yaml:12:5`, for messages. */
  readonly place: string
}

/**
 * Leaves rules their tables and nothing else: nothing else can be computed after this.
 *
 * @returns the columns of `events`
 */
export async function closeOver(
  engine: Engine,
  events: Events,
  sessionTable: Sql,
): Promise<readonly string[]> {
  const { query, columns } = readableEvents(events, 'A rule over `events`', { withFile: true })
  await enclose(engine, { events: query, sessions: sessionTable })
  return columns
}

/** @param columns of `events` */
export async function measureOwnRule(
  scene: Scene,
  rule: OwnRule,
  columns: readonly string[],
): Promise<CheckResult> {
  const { engine } = scene
  const query = await readRule(engine, rule)
  const bounded = rule.min !== undefined || rule.max !== undefined
  try {
    const value = bounded ? await numberOf(engine, query, rule) : await rowsOf(engine, query)
    const bad = bounded
      ? value < (rule.min ?? Number.NEGATIVE_INFINITY) ||
        value > (rule.max ?? Number.POSITIVE_INFINITY)
      : value > 0
    const most = bounded ? (rule.max ?? null) : 0
    return {
      id: rule.id,
      meaning: rule.meaning,
      origin: 'own',
      verdict: bad ? (rule.severity === 'error' ? 'fail' : 'warn') : 'pass',
      unit: bounded ? 'number' : 'count',
      value,
      found: bounded ? null : value,
      of: null,
      warn: rule.severity === 'warn' ? most : null,
      error: rule.severity === 'error' ? most : null,
      least: rule.min ?? null,
      why: null,
      hint: bad ? `It is the rule at ${rule.place}.` : null,
      examples: bad && !bounded ? await readExamples(scene, query) : [],
    }
  } catch (error) {
    throw explained(error, rule, columns)
  }
}

/** @throws SessionizeError `usage` for anything but one SELECT. */
async function readRule(engine: Engine, rule: OwnRule): Promise<Sql> {
  const parsed = await parseSelect(engine, rule.sql)
  const refused = parsed.kind === 'select' ? refusedFunction(parsed.tree) : undefined
  if (parsed.kind === 'select' && refused === undefined) {
    // A gate that says another thing each time is none.
    await assertSteady(engine, parsed.tree, `${rule.place}: rule \`${rule.id}\``)
    return asQuery(rule.sql)
  }
  const why =
    parsed.kind === 'select'
      ? `has no function \`${refused}\` in FROM`
      : parsed.kind === 'not_one'
        ? 'must be one statement'
        : `cannot be run: ${parsed.why}`
  throw new SessionizeError('usage', `${rule.place}: the SQL of rule \`${rule.id}\` ${why}.`, {
    hint: 'Write one SELECT over `events` and `sessions`.',
  })
}

const rowsOf = async (engine: Engine, query: Sql): Promise<number> =>
  Number((await engine.row<{ n: bigint }>(sql`SELECT count(*) AS n FROM (${query})`)).n)

async function numberOf(engine: Engine, query: Sql, rule: OwnRule): Promise<number> {
  const rows = await engine.rows<Record<string, unknown>>(
    sql`SELECT CAST(COLUMNS(*) AS DOUBLE) FROM (${query}) LIMIT 2`,
  )
  const values = rows.flatMap((row) => Object.values(row))
  const [value] = values
  if (rows.length === 1 && values.length === 1 && typeof value === 'number') return value
  throw new SessionizeError(
    'usage',
    `${rule.place}: rule \`${rule.id}\` has bounds, so its SQL must give one number; it gave ${rows.length === 0 ? 'no row' : values.length === 1 ? 'no number' : 'more than one value'}.`,
    { hint: 'Write it as: SELECT count(*) FROM sessions WHERE ...' },
  )
}

function explained(error: unknown, rule: OwnRule, columns: readonly string[]): unknown {
  if (!(error instanceof SessionizeError) || error.code === 'usage') return error
  const resources = ['out_of_memory', 'disk_full', 'interrupted']
  if (resources.includes(error.code)) return error
  return new SessionizeError('usage', `${rule.place}: rule \`${rule.id}\`: ${error.message}`, {
    hint: `\`events\` has ${columns.join(', ')}; \`sessions\` is what \`sessionize sessions\` writes; at most ${EXAMPLES_SHOWN} rows are shown.`,
    cause: error,
  })
}
