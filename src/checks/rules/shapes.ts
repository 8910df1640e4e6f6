/** The usual shapes of rules: a condition on rows or events, with the offending rows as examples. */

import type { RejectReason } from '../../events/ledger.js'
import { join, raw, type Sql, sql, text } from '../../sql/sql.js'
import { YEAR_ONE_MICROS } from '../../units/instant.js'
import type { SqlRule } from '../rule.js'
import { EXAMPLES_SHOWN } from '../rule.js'
import { type Scene, shownTime } from '../scene.js'

type Words = Pick<SqlRule, 'id' | 'meaning' | 'warn' | 'error' | 'hint'>

/** Rows that were rejected for these reasons, as a share of all rows read. */
export const rejectedRows = (words: Words, reasons: readonly RejectReason[]): SqlRule => ({
  ...words,
  kind: 'sql',
  unit: 'share',
  needs: ['rejected'],
  measure: ({ events: { ledger } }) => {
    const found = reasons.reduce((sum, reason) => sum + ledger.rejected[reason], 0)
    return sql`SELECT ${found} AS found, ${ledger.read} AS of`
  },
  examples: () => sql`
    SELECT file, row, value AS time FROM rejected
    WHERE reason IN (${join(reasons.map(text))}) ORDER BY file, row`,
})

/** Kept events that meet a condition, as a share of those that `among` names. */
export const eventShare = (
  words: Words & Pick<SqlRule, 'absent'>,
  where: (scene: Scene) => Sql,
  {
    among = () => raw('true'),
    show = () => [],
  }: {
    readonly among?: (scene: Scene) => Sql
    readonly show?: (scene: Scene) => readonly Sql[]
  } = {},
): SqlRule => ({
  ...words,
  kind: 'sql',
  unit: 'share',
  needs: ['placed'],
  measure: (scene) => sql`
    SELECT count(*) FILTER (WHERE ${where(scene)}) AS found, count(*) AS of
    FROM events WHERE ${among(scene)}`,
  examples: (scene) => sql`
    SELECT file, ordinal, ${join([...EVENT_COLUMNS, ...show(scene)])} FROM placed
    WHERE fate IS NULL AND (${among(scene)}) AND (${where(scene)})
    ORDER BY ordinal LIMIT ${EXAMPLES_SHOWN}`,
})

export const EVENT_COLUMNS: readonly Sql[] = [
  raw('user'),
  sql`${shownTime(raw('t'))} AS time`,
  raw('name AS event'),
]

/** A length of time in microseconds as readers see it. */
export const shownSeconds = (micros: Sql): Sql => sql`printf('%.1f s', (${micros}) / 1e6)`

export const shownDay = (day: Sql): Sql =>
  sql`strftime(make_timestamp((${day}) * 86400000000 - ${YEAR_ONE_MICROS}), '%Y-%m-%d')`

export const noRecordedSession = ({ events: { mapping } }: Scene): string | undefined =>
  mapping.session === null ? 'the export has no recorded session id' : undefined

export const noEventNames = ({ events: { mapping } }: Scene): string | undefined =>
  mapping.event === null ? 'the export has no event names' : undefined
