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
    archive: { type: 'string', default: '1M' },
    parts: { type: 'string', default: 'startup,sessions,questions,labels,archive' },
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

/** One line a contender, each against the first. */
function report(title, results, note = () => '') {
  console.log(`\n${title}`)
  const [base] = results.values()
  for (const [name, { seconds, peak }] of results) {
    console.log(
      `  ${name.padEnd(34)} ${seconds.toFixed(2).padStart(7)} s  ${mb(peak).padStart(8)}   ${ratio(seconds, base.seconds)}x the first${note(name)}`,
    )
  }
}

/** What questions cost on top of the session table. */
function questions(events, rounds) {
  const file = join(work, 'questions.parquet')
  const out = join(work, 'questions-out.parquet')
  measure([cli, 'generate', '--events', events, '--seed', '2', '-o', file], 'generate')
  const columns = 'user,start,end,length_seconds,events,bounce,platform,country,version'
  const by = ['--by', 'platform,country,version']
  report(
    `questions, dense, ${events} events`,
    compare(
      [
        {
          name: 'sessions, with three dimensions',
          args: [cli, 'sessions', file, ...by, '--columns', columns, '-o', out],
        },
        {
          name: 'summary, by three dimensions',
          args: [cli, file, ...by, '-o', join(work, 'summary.json')],
        },
        {
          name: 'summary, gap 1m',
          args: [cli, file, '--gap', '1m', '-o', join(work, 'summary.json')],
        },
        {
          name: 'gap, 13 timeouts and the fit',
          args: [cli, 'gap', file, '-o', join(work, 'gap.json')],
        },
      ],
      rounds,
    ),
  )
}

/** Events with labels, against the windows that one would write. */
function labels(events, rounds) {
  const file = join(work, 'labels.parquet')
  measure([cli, 'generate', '--events', events, '--seed', '3', '-o', file], 'generate')
  writeFileSync(
    join(work, 'labels.sql'),
    `COPY (
      WITH marked AS (
        SELECT *, lag(time) OVER (PARTITION BY user_id ORDER BY time) AS previous FROM read_parquet('${file}')
      ),
      numbered AS (
        SELECT *, sum(CASE WHEN time - previous <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END)
          OVER (PARTITION BY user_id ORDER BY time ROWS UNBOUNDED PRECEDING) AS session
        FROM marked
      )
      SELECT * EXCLUDE (previous), md5(user_id || session) AS id, epoch(time - previous) AS since,
        row_number() OVER (PARTITION BY user_id, session ORDER BY time) AS event_number
      FROM numbered ORDER BY user_id, time
    ) TO '${join(work, 'labels-hand.parquet')}' (FORMAT parquet)`,
  )
  report(
    `events with their session, dense, ${events} events`,
    compare(
      [
        {
          name: 'hand-written windows, ordered',
          args: [here('duckdb.mjs'), join(work, 'labels.sql')],
        },
        {
          name: 'sessionize events',
          args: [cli, 'events', file, '-o', join(work, 'labels-own.parquet')],
        },
      ],
      rounds,
    ),
  )
}

/** An Amplitude export, the unzip included, against the engine's own reading of the extracted files. */
function archive(events, rounds) {
  const zip = join(work, 'export.zip')
  measure(
    [cli, 'generate', '--events', events, '--format', 'amplitude', '--seed', '4', '-o', zip],
    'generate',
  )
  const folder = join(work, 'extracted')
  spawnSync('unzip', ['-q', zip, '-d', folder])
  writeFileSync(
    join(work, 'read.sql'),
    `CREATE TABLE counted AS SELECT count(*) FROM (
      SELECT amplitude_id, event_time, event_type, session_id, uuid FROM read_json('${folder}/*/*#*.json.gz',
        format = 'newline_delimited',
        columns = {amplitude_id: 'VARCHAR', event_time: 'VARCHAR', event_type: 'VARCHAR', session_id: 'VARCHAR', uuid: 'VARCHAR'})
      WHERE amplitude_id <> '' AND event_time <> '' AND event_type <> '' AND session_id <> '' AND uuid <> '')`,
  )
  report(
    `Amplitude export, ${events} events, ${mb(statSync(zip).size)} zip`,
    compare(
      [
        {
          name: "the engine's read_json of the .gz",
          args: [here('duckdb.mjs'), join(work, 'read.sql')],
        },
        { name: 'sessionize export.zip', args: [cli, zip, '-o', join(work, 'zip.json')] },
        {
          name: 'the same, duplicates kept',
          args: [cli, zip, '--dedupe', 'none', '-o', join(work, 'zip.json')],
        },
      ],
      rounds,
    ),
  )
}

const parts = {
  startup: (rounds) => startUp(rounds),
  sessions: async (rounds) => {
    for (const shape of options.shapes.split(',')) await sessionTable(shape, options.events, rounds)
  },
  questions: (rounds) => questions(options.events, rounds),
  labels: (rounds) => labels(options.events, rounds),
  archive: (rounds) => archive(options.archive, rounds),
}

const rounds = Number(options.rounds)
console.log(`node ${process.version}, ${cpus().length} cores, medians of ${rounds} rounds`)
for (const part of options.parts.split(',')) await parts[part](rounds)
