/**
 * The constants of docs/scale.md: how many blocks events make, what each costs, what a shuffle
 * carries, and what one user with very many events or late events do to it.
 *
 *   node bench/scale.mjs [--parts density,duckdb,growth,splits,late,spark] [--events 1000000] [--python PATH]
 *
 * Figures are counts, bytes, and seconds of CPU, which a busy machine changes little. `spark` needs a
 * Python with pyspark (.ci/heavy.sh installs one) and starts a cluster of two workers on loopback.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { duckdb } from '../dist/dialects/duckdb.js'
import { spark as sparkDialect } from '../dist/dialects/spark.js'
import { Engine } from '../dist/engines/duckdb.js'
import { openSpark } from '../dist/remote/spark/spark.js'
import { compileSessions } from '../dist/sessions/compile.js'
import { DEFAULT_DEFINITION } from '../dist/sessions/definition.js'
import { sessionStages } from '../dist/sessions/stages.js'
import { identifier, raw, Sql, sql, text, withStages } from '../dist/sql/sql.js'
import { tableRequest } from '../dist/warehouse/print.js'
import { startSparkCluster } from './spark-cluster.mjs'
import { eventLogConf, sparkTasks, total } from './spark-log.mjs'
import { WINDOW_SQL } from './window-sql.mjs'

const { values: options } = parseArgs({
  options: {
    parts: { type: 'string', default: 'density,duckdb,growth,splits,late,spark' },
    events: { type: 'string', default: '1000000' },
    python: { type: 'string' },
  },
})
const EVENTS = Number(options.events)
const YEAR_ONE_MICROS = 62_135_596_800_000_000n
const MINUTE = 60_000_000
const cli = fileURLToPath(new URL('../bin/sessionize.js', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'sessionize-scale-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))

/** Events of the generator, as the relation that the stages read. */
async function generated(engine, shape, events) {
  const path = join(work, `${shape}-${events}.parquet`)
  if (!existsSync(path)) {
    const whole = join(work, 'generated.parquet')
    const { status, stderr } = spawnSync(
      process.execPath,
      [cli, 'generate', '-o', whole, '--events', String(events), '--shape', shape, '-q'],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(stderr)
    await engine.run(sql`COPY (
      SELECT 0 AS file, CAST(user_id AS VARCHAR) AS "user", epoch_us("time") + ${YEAR_ONE_MICROS} AS t, event AS name, CAST(NULL AS VARCHAR) AS session, platform AS d0
      FROM read_parquet(${text(whole)})
    ) TO ${text(path)} (FORMAT parquet)`)
    rmSync(whole)
  }
  return path
}

/** Half of the events, spread evenly over the same days, are one user's. */
async function skewed(engine, events) {
  const dense = await generated(engine, 'dense', events / 2)
  const path = join(work, `skewed-${events}.parquet`)
  await engine.run(sql`COPY (
    WITH span AS (SELECT min(t) AS first, max(t) - min(t) AS length FROM read_parquet(${text(dense)}))
    FROM read_parquet(${text(dense)})
    UNION ALL
    SELECT 0, 'giant', CAST(first + CAST(length AS HUGEINT) * i // ${events / 2} AS BIGINT), 'event_' || (i % 20), NULL, 'Web'
    FROM range(${events / 2}) AS r(i), span
  ) TO ${text(path)} (FORMAT parquet)`)
  return path
}

const cpuSeconds = async (use) => {
  const before = process.cpuUsage()
  await use()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

const perMillion = (seconds, events) => (seconds / (events / 1e6)).toFixed(2)

function print(title, header, rows) {
  console.log(`\n${title}\n\n| ${header.join(' | ')} |\n| ${header.map(() => '---').join(' | ')} |`)
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
}

/** Blocks and sessions per event, by the shape of the data and the gap. */
async function density(engine) {
  const rows = []
  for (const shape of ['dense', 'sparse']) {
    const path = await generated(engine, shape, EVENTS)
    for (const minutes of [1, 5, 30]) {
      const gap = minutes * MINUTE
      const { events, users, blocks, sessions } = await engine.row(sql`
        SELECT count(*) AS events, count(DISTINCT "user") AS users, count(DISTINCT ("user", t // ${gap})) AS blocks,
          (SELECT count(*) FROM (SELECT t - lag(t) OVER (PARTITION BY "user" ORDER BY t) AS pause FROM read_parquet(${text(path)})) WHERE pause IS NULL OR pause > ${gap}) AS sessions
        FROM read_parquet(${text(path)})`)
      rows.push([
        shape,
        `${minutes} min`,
        events,
        users,
        blocks,
        sessions,
        (Number(events) / Number(blocks)).toFixed(1),
      ])
    }
  }
  print(
    'Density',
    ['shape', 'gap', 'events', 'users', 'blocks', 'sessions', 'events per block'],
    rows,
  )
}

const PLAN = {
  events: raw('events'),
  definition: DEFAULT_DEFINITION,
  blocks: 'blocks',
  attributes: [{ column: 'd0', pick: 'first', as: 'a0' }],
  measures: [],
  ruleColumns: {},
  names: true,
  distinctNames: false,
  recordedIds: false,
}

/** CPU of the embedded engine: the scan, events to blocks, blocks to sessions. */
async function costs(engine) {
  const rows = []
  for (const shape of ['dense', 'sparse']) {
    const events = EVENTS * 4
    const path = await generated(engine, shape, events)
    await engine.run(
      sql`CREATE OR REPLACE VIEW events AS SELECT * FROM read_parquet(${text(path)})`,
    )
    const edges = await engine.row(sql`SELECT min(t) AS first, max(t) AS last FROM events`)
    const stages = sessionStages(
      PLAN,
      { first: sql`${edges.first}`, last: sql`${edges.last}` },
      duckdb,
    )
    const at = stages.findIndex(({ name }) => name === 'blocks')
    const scan = await cpuSeconds(() =>
      engine.rows(sql`SELECT min("user"), min(t), min(name), min(d0) FROM events`),
    )
    const aggregate = await cpuSeconds(async () => {
      for (const { name, body } of stages.slice(0, at + 1)) {
        await engine.run(sql`CREATE OR REPLACE TEMP TABLE ${identifier(name)} AS ${body}`)
      }
    })
    const stitch = await cpuSeconds(() =>
      engine.run(
        sql`CREATE OR REPLACE TEMP TABLE stitched AS ${withStages(stages.slice(at + 1), sql`SELECT * FROM sessions`)}`,
      ),
    )
    const { blocks } = await engine.row(sql`SELECT count(*) AS blocks FROM blocks`)
    rows.push([
      shape,
      events,
      blocks,
      perMillion(scan, events),
      perMillion(aggregate, events),
      perMillion(stitch, events),
      perMillion(stitch, Number(blocks)),
    ])
  }
  print(
    'DuckDB, CPU seconds',
    [
      'shape',
      'events',
      'blocks',
      'scan / M events',
      'to blocks / M events',
      'to sessions / M events',
      'to sessions / M blocks',
    ],
    rows,
  )
}

/** One user: ten times the events, the same time, the same blocks. */
async function growth(engine) {
  const rows = []
  for (const events of [EVENTS / 10, EVENTS, EVENTS * 10]) {
    const days = 30
    const { blocks } = await engine.row(sql`
      SELECT count(DISTINCT CAST(i AS HUGEINT) * ${days * 24 * 60 * MINUTE} // ${events} // ${30 * MINUTE}) AS blocks FROM range(${events}) AS r(i)`)
    rows.push([events, days, blocks])
  }
  print('One user, 30-minute blocks', ['events', 'days', 'blocks'], rows)
}

/**
 * What maps hand on: blocks per split of the input, where files are in the order of time, and where
 * events lie in any order.
 */
async function splits(engine) {
  const path = await generated(engine, 'dense', EVENTS)
  const rows = []
  for (const parts of [10, 100, 1000]) {
    const handedOn = async (order) => {
      const { n } = await engine.row(sql`
        SELECT count(*) AS n FROM (
          SELECT DISTINCT "user", t // ${30 * MINUTE} AS block, (row_number() OVER (ORDER BY ${raw(order)})) * ${parts} // ${EVENTS} AS split
          FROM read_parquet(${text(path)}))`)
      return n
    }
    rows.push([parts, await handedOn('t'), await handedOn('hash("user", t, name)')])
  }
  print('Rows in the first shuffle', ['splits', 'in the order of time', 'in any order'], rows)
}

/** A day's file with late events: which blocks of the store it meets, and which users. */
async function late(engine) {
  const path = await generated(engine, 'dense', EVENTS)
  const day = 24 * 60 * MINUTE
  const rows = []
  for (const percent of [0, 1, 5, 20]) {
    const found = await engine.row(sql`
      WITH arriving AS (
        SELECT "user", t, t // ${30 * MINUTE} AS block,
          -- Late ones come up to three days after they happened.
          t + CASE WHEN hash("user", t) % 100 < ${percent} THEN hash(t, "user") % ${3 * day} ELSE 0 END AS arrival
        FROM read_parquet(${text(path)})
      ),
      dated AS (SELECT *, arrival // ${day} - min(arrival // ${day}) OVER () AS file FROM arriving)
      SELECT count(*) FILTER (WHERE file <= 25) AS events,
        count(*) FILTER (WHERE file = 25) AS day_events,
        count(DISTINCT ("user", block)) FILTER (WHERE file <= 25) AS blocks,
        count(DISTINCT ("user", block)) FILTER (WHERE file = 25) AS touched,
        count(DISTINCT "user") FILTER (WHERE file <= 25) AS users,
        count(DISTINCT "user") FILTER (WHERE file = 25) AS users_touched
      FROM dated`)
    const share = (part, whole) => `${((100 * Number(part)) / Number(whole)).toFixed(1)} %`
    rows.push([
      `${percent} %`,
      share(found.day_events, found.events),
      share(found.touched, found.blocks),
      share(found.users_touched, found.users),
    ])
  }
  print("Day 26's file of 26", ['late', 'of all events', 'of all blocks', 'of all users'], rows)
}

/** What a shuffle carries, and where the time goes. */
async function onSpark(engine) {
  const heavy = process.env.SESSIONIZE_HEAVY ?? join(homedir(), '.cache', 'sessionize-heavy')
  const python = options.python ?? join(heavy, 'python', 'bin', 'python')
  const clusterFolder = join(work, 'cluster')
  const log = join(work, 'log')
  for (const folder of [clusterFolder, log, join(work, 'application')]) mkdirSync(folder)
  const cluster = await startSparkCluster({ python, folder: clusterFolder, memory: '2g' })
  const spark = await openSpark({
    master: cluster.url,
    conf: {
      ...cluster.conf,
      ...eventLogConf(log),
      'spark.executor.memory': '1800m',
      'spark.sql.shuffle.partitions': '8',
      'spark.sql.adaptive.coalescePartitions.enabled': 'false',
      'spark.sql.files.maxPartitionBytes': '4m',
    },
    folder: join(work, 'application'),
    env: cluster.env,
  })
  const request = tableRequest(
    { definition: DEFAULT_DEFINITION, dimensions: ['d0'], plan: 'blocks' },
    (name) => name,
  )
  const columns = ['user', 'start', 'end', 'events', 'first_event', 'last_event', 'd0']
  const queries = {
    blocks: compileSessions(request, columns, sparkDialect),
    window: new Sql([() => WINDOW_SQL]),
  }
  const inputs = [
    ['dense', EVENTS, await generated(engine, 'dense', EVENTS)],
    ['dense', EVENTS * 4, await generated(engine, 'dense', EVENTS * 4)],
    ['sparse', EVENTS, await generated(engine, 'sparse', EVENTS)],
    ['half one user', EVENTS * 2, await skewed(engine, EVENTS * 2)],
  ]
  const runs = []
  let written = 0
  // The first round compiles the code and warms the machine up.
  for (const [shape, events, path] of [inputs[0], ...inputs]) {
    await spark.run(
      sql`CREATE OR REPLACE TEMPORARY VIEW events AS SELECT * FROM parquet.${identifier(path)}`,
    )
    for (const [name, query] of Object.entries(queries)) {
      const from = Date.now()
      await spark.writeParquet(query, join(work, `sessions-${written++}`))
      runs.push({ shape, events, name, from, to: Date.now() })
    }
  }
  await spark.close()
  await cluster.stop()
  const tasks = sparkTasks(log)
  const rows = runs.slice(2).map(({ shape, events, name, from, to }) => {
    const own = tasks.filter(({ launchedMillis: at }) => at >= from && at <= to)
    const bytes = total(own, 'shuffleBytes')
    const records = total(own, 'shuffleRecords')
    const longest = own.reduce((most, task) => Math.max(most, task.shuffleRecordsRead), 0)
    const reading = own.filter(({ recordsRead }) => recordsRead > 0)
    return [
      shape,
      events,
      name,
      (bytes / 1e6).toFixed(1),
      records,
      (bytes / records).toFixed(1),
      perMillion(total(reading, 'cpuSeconds'), events),
      perMillion(total(own, 'cpuSeconds') - total(reading, 'cpuSeconds'), events),
      longest,
      Math.max(...own.map(({ cpuSeconds: seconds }) => seconds)).toFixed(1),
    ]
  })
  print(
    'Spark, two workers of one core',
    [
      'shape',
      'events',
      'SQL',
      'shuffle MB',
      'shuffle records',
      'bytes each',
      'CPU s / M events before the shuffle',
      'after it',
      'most records in one task',
      'longest task, CPU s',
    ],
    rows,
  )
}

const PARTS = { density, duckdb: costs, growth, splits, late, spark: onSpark }
const engine = await Engine.open({ tempDirectory: work, threads: 2 })
for (const part of options.parts.split(',')) await PARTS[part](engine)
engine.close()
