/**
 * A day added to thirty: `sessions day-31 --state DIR` against `sessions day-1 ... day-31`.
 *
 *   npm run build && node bench/state.mjs [events]
 *
 * Each in a process of its own, three times, in turns; the best counts. Start-up is included, and
 * both write the same session table, which is compared byte for byte.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

const EVENTS = Number(process.argv[2] ?? 3_000_000)
const DAYS = 31
const ROUNDS = 3
const cli = process.env.SESSIONIZE ?? join(import.meta.dirname, '..', 'bin', 'sessionize.js')

const folder = mkdtempSync(join(process.env.BENCH_TEMP ?? tmpdir(), 'state-bench-'))
try {
  const events = join(folder, 'events.parquet')
  sessionize(['generate', '-o', events, '--events', String(EVENTS), '--days', String(DAYS)])
  for (const { name, copy, flags } of [
    { name: 'parquet', copy: 'FORMAT parquet', flags: ['--dedupe', 'none'] },
    { name: 'csv.gz', copy: 'FORMAT csv, HEADER, COMPRESSION gzip', flags: ['--dedupe', 'none'] },
    {
      name: 'csv.gz',
      copy: 'FORMAT csv, HEADER, COMPRESSION gzip',
      flags: ['--dedupe', 'insert_id'],
    },
  ]) {
    const days = await split(events, join(folder, `days-${name}`), name, copy)
    measure(`${name}, ${flags.join(' ')}`, days, flags)
  }
} finally {
  rmSync(folder, { recursive: true })
}

/** One file a day, by the day of the event. */
async function split(events, into, extension, copy) {
  mkdirSync(into, { recursive: true })
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const paths = []
  for (let day = 0; day < DAYS; day++) {
    const path = join(into, `day-${String(day + 1).padStart(2, '0')}.${extension}`)
    const from = `TIMESTAMP '2024-01-01' + INTERVAL ${day} DAY`
    const only =
      day === 0
        ? `time < ${from} + INTERVAL 1 DAY`
        : day === DAYS - 1
          ? `time >= ${from}`
          : `time >= ${from} AND time < ${from} + INTERVAL 1 DAY`
    await connection.run(`COPY (SELECT * FROM '${events}' WHERE ${only}) TO '${path}' (${copy})`)
    paths.push(path)
  }
  connection.closeSync()
  instance.closeSync()
  return paths
}

function measure(name, days, flags) {
  const base = join(folder, 'base')
  const state = join(folder, 'state')
  const out = join(folder, 'out.csv')
  const whole = join(folder, 'whole.csv')
  const columns = ['--by', 'platform']
  sessionize(['sessions', ...days.slice(0, -1), ...flags, ...columns, '--state', base, '-o', out])
  const [full, added, summed] = [[], [], []]
  for (let round = 0; round < ROUNDS; round++) {
    full.push(sessionize(['sessions', ...days, ...flags, ...columns, '-o', whole]))
    rmSync(state, { recursive: true, force: true })
    cpSync(base, state, { recursive: true })
    added.push(
      sessionize(['sessions', days.at(-1), ...flags, ...columns, '--state', state, '-o', out]),
    )
    if (!readFileSync(out).equals(readFileSync(whole))) throw new Error('the tables differ')
    rmSync(state, { recursive: true, force: true })
    cpSync(base, state, { recursive: true })
    summed.push(
      sessionize(['summary', days.at(-1), ...flags, '--state', state, '-o', `${out}.txt`]),
    )
  }
  const size = (path) => statSync(path).size
  const kept = readdirSync(base).reduce((sum, file) => sum + size(join(base, file)), 0)
  const rows = readdirSync(base)
    .filter((file) => file.startsWith('rows-'))
    .reduce((sum, file) => sum + size(join(base, file)), 0)
  const read = days.reduce((sum, day) => sum + size(day), 0)
  const seconds = (times) => Math.min(...times)
  console.log(name)
  console.log(`  31 days                 ${seconds(full).toFixed(2)} s`)
  for (const [what, times] of [
    ['day 31, session table', added],
    ['day 31, summary', summed],
  ]) {
    const share = (100 * seconds(times)) / seconds(full)
    console.log(`  ${what.padEnd(22)}  ${seconds(times).toFixed(2)} s  ${share.toFixed(1)} %`)
  }
  console.log(
    `  files ${mega(read)}, state ${mega(kept)}${rows === 0 ? '' : `, of which rows ${mega(rows)}, ${(rows / EVENTS).toFixed(1)} bytes an event`}`,
  )
  rmSync(base, { recursive: true })
}

function mega(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function sessionize(args) {
  const from = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`sessionize ${args.join(' ')}\n${stderr}`)
  return (performance.now() - from) / 1000
}
