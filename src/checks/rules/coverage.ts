/** What should be there and is not: hours, days, events and properties. */

import { join, raw, type Sql, sql, text } from '../../sql/sql.js'
import { YEAR_ONE_MICROS } from '../../units/instant.js'
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../units/time.js'
import type { SqlRule } from '../rule.js'
import { EXAMPLES_SHOWN } from '../rule.js'
import { plausible, type Scene, spanMicros } from '../scene.js'
import { noEventNames, shownDay } from './shapes.js'

/**
 * That none came where so many were expected is no accident: independent arrivals would leave such
 * an hour empty once in 5e8 (Poisson, exp(-20)). Sessions are counted and not events, which come in
 * bursts; users cluster too, so it happens somewhat oftener.
 */
const EXPECTED = 20

const tooShort = (scene: Scene): string | undefined =>
  spanMicros(scene) < 2 * MICROS_PER_DAY ? 'fewer than two days of data' : undefined

/** Windows with an event, and how many sessions begin in each. */
const counted = (scene: Scene, width: number): Sql => sql`
  SELECT slot, count(*) FILTER (WHERE begins) AS n FROM (
    SELECT t // ${width} AS slot, false AS begins FROM events WHERE ${plausible(scene, raw('t'))}
    UNION ALL SELECT start // ${width}, true FROM sessions WHERE ${plausible(scene, raw('start'))}
  ) GROUP BY slot`

const emptyDays = (scene: Scene): Sql => sql`
  WITH counted AS (${counted(scene, MICROS_PER_DAY)}),
    usual AS (SELECT avg(n) AS expected, min(slot) AS first, max(slot) AS last FROM counted)
  SELECT day, expected
  FROM (SELECT unnest(generate_series(first, last)) AS day, expected FROM usual)
  WHERE expected >= ${EXPECTED} AND day NOT IN (SELECT slot FROM counted)`

export const missingDays: SqlRule = {
  kind: 'sql',
  id: 'missing-days',
  meaning: 'days (UTC) without any event between the first and the last',
  unit: 'count',
  warn: 0,
  error: 2,
  hint: 'Export these days again, and add them.',
  absent: tooShort,
  measure: (scene) => sql`SELECT count(*) AS found FROM (${emptyDays(scene)})`,
  examples: (scene) => sql`
    SELECT ${shownDay(raw('day'))} AS day, CAST(round(expected) AS BIGINT) AS "usual sessions"
    FROM (${emptyDays(scene)}) AS d ORDER BY d.day LIMIT ${EXAMPLES_SHOWN}`,
}

/** What the same hour of the other days leads to expect; hours of whole empty days are theirs. */
const emptyHours = (scene: Scene): Sql => sql`
  WITH counted AS (${counted(scene, MICROS_PER_HOUR)}),
    days AS (SELECT DISTINCT slot // 24 AS day FROM counted),
    calendar AS (
      SELECT slot FROM (SELECT unnest(generate_series(min(slot), max(slot))) AS slot FROM counted)
      WHERE slot // 24 IN (SELECT day FROM days)
    ),
    usual AS (
      SELECT c.slot % 24 AS of_day, sum(coalesce(n, 0)) / nullif(count(*) - 1, 0) AS expected
      FROM calendar AS c LEFT JOIN counted USING (slot) GROUP BY 1
    )
  SELECT c.slot AS hour, u.expected
  FROM calendar AS c JOIN usual AS u ON u.of_day = c.slot % 24
  WHERE c.slot NOT IN (SELECT slot FROM counted) AND u.expected >= ${EXPECTED}`

export const missingHours: SqlRule = {
  kind: 'sql',
  id: 'missing-hours',
  meaning: 'hours (UTC) without any event, at which other days have many',
  unit: 'count',
  warn: 0,
  error: 24,
  hint: 'Export these hours again, and add them.',
  absent: tooShort,
  measure: (scene) => sql`SELECT count(*) AS found FROM (${emptyHours(scene)})`,
  examples: (scene) => sql`
    SELECT strftime(make_timestamp(e.hour * ${MICROS_PER_HOUR} - ${YEAR_ONE_MICROS}), '%Y-%m-%d %H:00') AS hour,
      CAST(round(expected) AS BIGINT) AS "usual sessions"
    FROM (${emptyHours(scene)}) AS e ORDER BY e.hour LIMIT ${EXAMPLES_SHOWN}`,
}

const noPlatform = ({ platform }: Scene): string | undefined =>
  platform === undefined ? 'the export has no platform' : undefined

const of = ({ platform }: Scene): Sql => platform?.ofEvents ?? raw('NULL')

/** `what` per event; a platform lacks one if by the other platforms' rate it should have many users of it. */
const missingOn = (scene: Scene, what: Sql): Sql => sql`
  WITH seen AS (
    SELECT ${of(scene)} AS platform, user, what FROM (SELECT *, ${what} AS what FROM events)
    WHERE ${of(scene)} IS NOT NULL
  ),
    platforms AS (SELECT platform, count(DISTINCT user) AS users FROM seen GROUP BY 1),
    pairs AS (SELECT platform, what, count(DISTINCT user) AS users FROM seen WHERE what IS NOT NULL GROUP BY ALL),
    whats AS (SELECT what, sum(users) AS users FROM pairs GROUP BY 1)
  SELECT p.platform, w.what, w.users * p.users / (sum_users - p.users) AS expected
  FROM (SELECT *, sum(users) OVER () AS sum_users FROM platforms) AS p CROSS JOIN whats AS w
  WHERE sum_users > p.users AND w.users * p.users / (sum_users - p.users) >= ${EXPECTED}
    AND NOT EXISTS (FROM pairs WHERE pairs.platform = p.platform AND pairs.what = w.what)`

export const eventMissingOnPlatform: SqlRule = {
  kind: 'sql',
  id: 'event-missing-on-platform',
  meaning: 'events that one platform never sends, though its users are many',
  unit: 'count',
  warn: 0,
  error: null,
  hint: 'Tracking may be missing there, or the event has another name.',
  absent: (scene) => noEventNames(scene) ?? noPlatform(scene),
  measure: (scene) => sql`SELECT count(*) AS found FROM (${missingOn(scene, raw('name'))})`,
  examples: (scene) => sql`
    SELECT platform, what AS event, CAST(round(expected) AS BIGINT) AS "expected users"
    FROM (${missingOn(scene, raw('name'))}) ORDER BY expected DESC, 1, 2 LIMIT ${EXAMPLES_SHOWN}`,
}

/** Each property as if it were an event: filled, or not. */
const properties = (scene: Scene): readonly Sql[] => {
  const country = scene.extras.country
  const columns = [
    ...scene.segments
      .filter(({ name }) => name !== scene.platform?.name)
      .map(({ name, ofEvents }) => ({ name, column: ofEvents })),
    ...(country === undefined ? [] : [{ name: 'country', column: country }]),
  ]
  return columns.map(({ name, column }) =>
    missingOn(scene, sql`CASE WHEN ${column} IS NOT NULL THEN ${text(name)} END`),
  )
}

const missingProperties = (scene: Scene): Sql =>
  join(
    properties(scene).map((query) => sql`SELECT * FROM (${query})`),
    ' UNION ALL ',
  )

export const propertyMissingOnPlatform: SqlRule = {
  kind: 'sql',
  id: 'property-missing-on-platform',
  meaning: 'properties that are never filled on one platform, though its users are many',
  unit: 'count',
  warn: 0,
  error: null,
  hint: 'Segments by this property will miss that platform.',
  absent: (scene) =>
    noPlatform(scene) ??
    (properties(scene).length === 0 ? 'no property to look at: name some with --by' : undefined),
  measure: (scene) => sql`SELECT count(*) AS found FROM (${missingProperties(scene)})`,
  examples: (scene) => sql`
    SELECT platform, what AS property, CAST(round(expected) AS BIGINT) AS "expected users"
    FROM (${missingProperties(scene)}) ORDER BY expected DESC, 1, 2 LIMIT ${EXAMPLES_SHOWN}`,
}

const spellings = sql`
  SELECT name, n, count(*) OVER (PARTITION BY folded) AS variants, sum(n) OVER (PARTITION BY folded) AS weight, folded
  FROM (
    SELECT name, count(*) AS n, regexp_replace(lower(name), '[\\s_-]+', '', 'g') AS folded
    FROM events WHERE name IS NOT NULL GROUP BY name
  )`

export const nameVariants: SqlRule = {
  kind: 'sql',
  id: 'name-variants',
  meaning: 'event names that differ only in case, spaces, hyphens or underscores',
  unit: 'count',
  warn: 0,
  error: null,
  hint: 'They are one event to people and several to every report: settle on one spelling.',
  absent: noEventNames,
  measure: () => sql`
    SELECT count(DISTINCT folded) AS found FROM (${spellings}) WHERE variants > 1`,
  examples: () => sql`
    SELECT name AS event, n AS events FROM (${spellings}) WHERE variants > 1
    ORDER BY weight DESC, folded, n DESC, name LIMIT ${EXAMPLES_SHOWN}`,
}

const drifting = sql`
  WITH files AS (SELECT count(DISTINCT file) AS files FROM file_columns WHERE judged),
    columns AS (
      SELECT name, count(DISTINCT file) FILTER (WHERE judged) AS present,
        list_sort(list(DISTINCT kind) FILTER (WHERE kind <> 'unknown')) AS kinds,
        min(file) FILTER (WHERE judged) AS first_file, min(file) AS any_file
      FROM file_columns GROUP BY name
    )
  SELECT name, present, files, kinds, coalesce(first_file, any_file) AS file
  FROM columns, files
  WHERE (present BETWEEN 1 AND files - 1) OR len(kinds) > 1`

export const schemaDrift: SqlRule = {
  kind: 'sql',
  id: 'schema-drift',
  meaning: 'columns that some files lack, or that change their type between files',
  unit: 'count',
  warn: 0,
  error: null,
  hint: 'A new version of the tracker or of the export: segments may be filled only from some day on.',
  needs: ['file_columns'],
  absent: ({ events: { ledger } }) =>
    ledger.files.length < 2 ? 'a single file cannot drift' : undefined,
  measure: () => sql`SELECT count(*) AS found FROM (${drifting})`,
  examples: () => sql`
    SELECT file, name AS column, present || ' of ' || files || ' files' AS "found in",
      array_to_string(kinds, ', ') AS types
    FROM (${drifting}) ORDER BY name LIMIT ${EXAMPLES_SHOWN}`,
}
