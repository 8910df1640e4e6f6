/**
 * What an answer holds, so that contenders can be compared by content and not by their word. Run in a
 * process of its own, so that the harness stays small: a child's memory is first a copy of its parent's.
 *
 *   node bench/check.mjs table|own-summary|peer-summary PATH    prints one line of JSON
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

const [, , question, path] = process.argv
const files = (ending) => (statSync(path).isDirectory() ? join(path, `*.${ending}`) : path)

/** Sessions, their total length in µs, and a sum of hashes that does not depend on the rows' order. */
const table = () => `
SELECT count(*)::VARCHAR AS sessions,
  sum(epoch_us("end"::TIMESTAMP) - epoch_us("start"::TIMESTAMP))::VARCHAR AS total_micros,
  sum(hash("user"::VARCHAR, epoch_us("start"::TIMESTAMP), epoch_us("end"::TIMESTAMP), events::BIGINT,
    first_event::VARCHAR, last_event::VARCHAR, platform::VARCHAR)::HUGEINT)::VARCHAR AS content
FROM read_parquet('${files('parquet')}')`

const LENGTHS = [
  'total',
  'longest',
  'stayed_mean',
  ...[50, 75, 90, 95, 99].flatMap((q) => [`p${q}`, `stayed_p${q}`]),
]
const COUNTS = [
  ...['sessions', 'users', 'events', 'bounces'],
  ...Array.from({ length: 9 }, (_, i) => `bin${i}`),
]

const peerSummary = () => `
SELECT platform, country, ${COUNTS.map((name) => `${name}::DOUBLE AS ${name}`).join(', ')},
  ${LENGTHS.map((name) => `${name}::DOUBLE AS ${name}`).join(', ')}
FROM read_json('${files('json')}', format = 'newline_delimited')`

/** The report of `sessionize summary`, in the peers' words. */
function ownSummary() {
  const { overall, segments } = JSON.parse(readFileSync(path, 'utf8'))
  const row = (platform, country, figures) => ({
    platform,
    country,
    sessions: figures.sessions,
    users: figures.users,
    events: figures.events,
    bounces: figures.bounces,
    ...Object.fromEntries(figures.histogram.map((bin, i) => [`bin${i}`, bin.sessions])),
    total: figures.totalSeconds,
    longest: figures.length.maxSeconds,
    stayed_mean: figures.lengthWithoutBounces.meanSeconds,
    ...Object.fromEntries(
      [50, 75, 90, 95, 99].flatMap((q) => [
        [`p${q}`, figures.length[`p${q}Seconds`]],
        [`stayed_p${q}`, figures.lengthWithoutBounces[`p${q}Seconds`]],
      ]),
    ),
  })
  return [
    row(null, null, overall),
    ...segments.rows.map(({ values, figures }) => row(...values, figures)),
  ]
}

const answers = {
  table: () => rows(table()),
  'peer-summary': () => rows(peerSummary()),
  'own-summary': ownSummary,
}
console.log(JSON.stringify(await answers[question]()))

async function rows(query) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const reader = await connection.runAndReadAll(query)
  const found = reader.getRowObjectsJS()
  connection.closeSync()
  instance.closeSync()
  return found
}
