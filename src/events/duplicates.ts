/** Events that were delivered twice: which rows are alike, and which one of them stays. */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import type { SourceGroup } from '../sources/group.js'
import type { Reading } from '../sources/row-relation.js'
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { keyText, meant, requireKey } from './key.js'
import { REJECT_REASONS } from './ledger.js'
import type { Preset } from './presets/index.js'

export interface Dedupe {
  readonly columns: readonly string[]
  readonly exact: boolean
  readonly why: string
  readonly others: readonly string[]
}

interface Candidates {
  readonly groups: readonly SourceGroup[]
  readonly preset: Preset
  known(keys: readonly string[]): string[]
}

const KEY_NAMES = [
  'insert_id',
  '$insert_id',
  'uuid',
  'message_id',
  'messageId',
  'event_id',
  'properties.$insert_id',
]

export function chooseDedupe(columns: Candidates, given: readonly string[] | undefined): Dedupe {
  const { groups, preset } = columns
  const usual = columns.known(KEY_NAMES)
  const choice = (chosen: readonly string[], why: string, exact = false): Dedupe => ({
    columns: chosen,
    exact,
    why,
    others: usual.filter((name) => !chosen.includes(name)),
  })
  const presetKey = (keys: Preset['dedupe']): readonly string[] | undefined =>
    keys?.find((names) => names.every((name) => columns.known([name]).length > 0))
  const [only] = given ?? []
  if (given === undefined || only === undefined) {
    const key = presetKey(preset.dedupe)
    if (key !== undefined) return choice(key, `the ${preset.name} preset`)
    const [first] = usual
    return choice(
      [],
      first === undefined ? 'no usual key column' : `duplicates are kept; ${first} could be a key`,
    )
  }
  const why = 'given by --dedupe'
  if (given.length > 1)
    return choice(
      given.map((name) => requireKey(groups, name, '--dedupe')),
      why,
    )
  switch (only) {
    case 'none':
      return choice([], why)
    case 'exact':
      return choice(['exact'], `${why}: rows alike in all columns`, true)
    case 'insert_id': {
      const key = presetKey(preset.insertId) ?? presetKey(preset.dedupe) ?? usual.slice(0, 1)
      if (key.length > 0) return choice(key, `${why} insert_id`)
      throw new SessionizeError(
        'unknown_column',
        'No column with a usual name for an insert id was found.',
        { hint: 'Name the key: --dedupe COLUMN, or compare whole rows: --dedupe exact' },
      )
    }
    default:
      return choice([requireKey(groups, only, '--dedupe')], why)
  }
}

/** All key columns must be filled; a row without a key is never a duplicate. */
export function dedupeKey(
  {
    dedupe,
    exact,
    nulls,
  }: {
    readonly dedupe: readonly string[]
    readonly exact: boolean
    readonly nulls: readonly string[]
  },
  reading: Reading,
  group: SourceGroup,
): Sql {
  if (exact) return reading.digest
  const parts = dedupe.map((name) => meant(keyText(reading, group, name, nulls), nulls))
  if (parts.length === 0) return raw('CAST(NULL AS VARCHAR)')
  // Lengths keep ('a', 'bc') apart from ('ab', 'c').
  return parts.length === 1
    ? (parts[0] ?? raw('NULL'))
    : join(
        parts.map((part) => sql`length(${part}) || ':' || ${part}`),
        ' || ',
      )
}

/**
 * Of rows with one key the first by time, then by content, stays an event. Only keys whose hash
 * occurs twice are compared, so that files without duplicates pay for one integer aggregation.
 */
export async function markDuplicates(engine: Engine, contents: readonly string[]): Promise<void> {
  const rejected = join(Object.keys(REJECT_REASONS).map(text))
  const candidate = sql`key IS NOT NULL AND (fate IS NULL OR fate NOT IN (${rejected}))`
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE repeated AS
    SELECT hash(key) AS hash FROM rows WHERE ${candidate} GROUP BY ALL HAVING count(*) > 1`)
  const { n } = await engine.row<{ n: bigint }>(sql`SELECT count(*) AS n FROM repeated`)
  if (n > 0n) {
    const order = join([...contents.map(identifier), sql`fate NULLS FIRST`, sql`file`])
    await engine.run(sql`
      UPDATE rows SET fate = 'duplicate' WHERE rowid IN (
        SELECT id FROM (
          SELECT rowid AS id, row_number() OVER (PARTITION BY key ORDER BY ${order}) AS nth
          FROM rows WHERE ${candidate} AND hash(key) IN (FROM repeated)
        ) WHERE nth > 1
      )`)
  }
  await engine.run(sql`DROP TABLE repeated`)
}
