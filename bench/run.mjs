import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '10M' },
    rounds: { type: 'string', default: '3' },
    shapes: { type: 'string', default: 'dense,sparse' },
  },
})
const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const cli = here('../bin/sessionize.js')
const work = mkdtempSync(join(tmpdir(), 'sessionize-bench-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))

function measure(args, label) {
  const peakFile = join(work, 'peak')
  const begun = performance.now()
  const result = spawnSync(process.execPath, ['--import', here('peak.mjs'), ...args], {
    env: { ...process.env, BENCH_PEAK_FILE: peakFile, BENCH_TEMP: work },
    encoding: 'utf8',
  })
  const seconds = (performance.now() - begun) / 1000
  if (result.status !== 0) throw new Error(`${label} failed: ${result.stderr}`)
  return { seconds, peak: Number(readFileSync(peakFile, 'utf8')) }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

/** Contenders take turns, so that a busy minute of the machine meets all of them. */
function compare(contenders, rounds) {
  const runs = new Map(contenders.map(({ name }) => [name, []]))
  for (const { name, args } of contenders) measure(args, name)
  for (let round = 0; round < rounds; round++) {
    for (const { name, args } of contenders) runs.get(name).push(measure(args, name))
  }
  return new Map(
    [...runs].map(([name, all]) => [
      name,
      { seconds: median(all.map((run) => run.seconds)), peak: median(all.map((run) => run.peak)) },
    ]),
  )
}

/** Rows, and a sum of hashes that does not depend on their order. */
async function contents(path) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const reader = await connection.runAndReadAll(`
    SELECT count(*)::VARCHAR AS n, sum(hash("user", epoch_us("start"), epoch_us("end"), events::BIGINT, first_event, last_event, platform)::HUGEINT)::VARCHAR AS content
    FROM read_parquet('${path}')`)
  const [row] = reader.getRowObjectsJS()
  connection.closeSync()
  instance.closeSync()
  return row
}

const handWritten = (file, out) => `
COPY (
  WITH marked AS (
    SELECT user_id, time, event, platform,
      CASE WHEN time - lag(time) OVER w <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS opens
    FROM read_parquet('${file}')
    WINDOW w AS (PARTITION BY user_id ORDER BY time, event)
  ),
  numbered AS (
    SELECT *, sum(opens) OVER (PARTITION BY user_id ORDER BY time, event ROWS UNBOUNDED PRECEDING) AS session
    FROM marked
  )
  SELECT user_id AS "user", min(time) AS start, max(time) AS "end", count(*) AS events,
    arg_min(event, time) AS first_event, arg_max(event, time) AS last_event, arg_min(platform, time) AS platform
  FROM numbered GROUP BY user_id, session
) TO '${out}' (FORMAT parquet)`

const bareScan = (file) =>
  `SELECT count(*), max(hash(user_id)), max(time), max(hash(event)), max(hash(platform)) FROM read_parquet('${file}')`

const mb = (bytes) => `${Math.round(bytes / 1e6)} MB`
const ratio = (a, b) => (a / b).toFixed(2)

async function sessionTable(shape, events, rounds) {
  const file = join(work, `${shape}.parquet`)
  const out = (name) => join(work, `${name}.parquet`)
  measure(
    [cli, 'generate', '--events', events, '--shape', shape, '--seed', '1', '-o', file],
    'generate',
  )
  writeFileSync(join(work, 'hand.sql'), handWritten(file, out('hand')))
  writeFileSync(join(work, 'scan.sql'), bareScan(file))
  const columns = 'user,start,end,events,first_event,last_event,platform'
  const results = compare(
    [
      {
        name: 'sessionize',
        args: [cli, 'sessions', file, '--by', 'platform', '--columns', columns, '-o', out('own')],
      },
      { name: 'hand-written SQL', args: [here('duckdb.mjs'), join(work, 'hand.sql')] },
      { name: 'bare scan', args: [here('duckdb.mjs'), join(work, 'scan.sql')] },
    ],
    rounds,
  )
  const [own, hand] = [await contents(out('own')), await contents(out('hand'))]
  if (own.n !== hand.n) throw new Error(`sessions differ: ${own.n} and ${hand.n}`)
  if (own.content !== hand.content) {
    throw new Error('the session tables hold the same number of sessions, but not the same ones')
  }
  const mine = results.get('sessionize')
  console.log(
    `\nsession table, ${shape}: ${events} events in ${mb(statSync(file).size)} of Parquet, ${own.n} sessions`,
  )
  for (const [name, { seconds, peak }] of results) {
    console.log(
      `  ${name.padEnd(18)} ${seconds.toFixed(2).padStart(7)} s  ${mb(peak).padStart(8)}   sessionize takes ${ratio(mine.seconds, seconds)}x its time, ${ratio(mine.peak, peak)}x its memory`,
    )
  }
}

function startUp(rounds) {
  const results = compare(
    [
      { name: 'sessionize --help', args: [cli, '--help'] },
      { name: 'node -e 0', args: ['-e', '0'] },
    ],
    rounds * 3,
  )
  const [help, bare] = [...results.values()]
  console.log(
    `\nstart-up\n  sessionize --help ${(help.seconds * 1000).toFixed(0)} ms, ${ratio(help.seconds, bare.seconds)}x node -e 0 (${(bare.seconds * 1000).toFixed(0)} ms)`,
  )
}

const rounds = Number(options.rounds)
console.log(`node ${process.version}, ${cpus().length} cores, medians of ${rounds} rounds`)
startUp(rounds)
for (const shape of options.shapes.split(',')) await sessionTable(shape, options.events, rounds)
