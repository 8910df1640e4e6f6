/**
 * A day added to thirty: `sessions day-31 --state DIR` against `sessions day-1 ... day-31`.
 *
 *   npm run build && node bench/state.mjs [events]
 *
 * Each in a process of its own, several times, in turns; the best counts. Times are of the processor
 * (user and system), which other work on the machine does not change much. Start-up is included.
 * Both write the same session table, which is compared byte for byte.
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
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const cli = process.env.SESSIONIZE ?? join(import.meta.dirname, '..', 'bin', 'sessionize.js')

/** A narrow table, the whole one, and the figures alone. */
const QUESTIONS = [
  ['table, 3 columns', 'sessions', ['--columns', 'user,start,length_seconds']],
  ['table, all columns', 'sessions', []],
  ['summary', 'summary', ['--format', 'json']],
]

const folder = mkdtempSync(join(process.env.BENCH_TEMP ?? tmpdir(), 'state-bench-'))
try {
  const events = join(folder, 'events.parquet')
  sessionize(['generate', '-o', events, '--events', String(EVENTS), '--days', String(DAYS)])
  const gzip = 'COMPRESSION gzip'
  for (const { name, copy, flags } of [
    { name: 'parquet', copy: 'FORMAT parquet', flags: ['--dedupe', 'none'] },
    { name: 'csv.gz', copy: `FORMAT csv, HEADER, ${gzip}`, flags: ['--dedupe', 'none'] },
    { name: 'ndjson.gz', copy: `FORMAT json, ${gzip}`, flags: ['--dedupe', 'none'] },
    { name: 'ndjson.gz', copy: `FORMAT json, ${gzip}`, flags: ['--dedupe', 'insert_id'] },
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
  const [out, whole] = [join(folder, 'out'), join(folder, 'whole')]
  const all = [...flags, '--by', 'platform']
  sessionize(['sessions', ...days.slice(0, -1), ...all, '--state', base, '-o', out])
  console.log(name)
  for (const [what, command, more] of QUESTIONS) {
    const [full, added] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      full.push(sessionize([command, ...days, ...all, ...more, '-o', whole]))
      rmSync(state, { recursive: true, force: true })
      cpSync(base, state, { recursive: true })
      added.push(sessionize([command, days.at(-1), ...all, ...more, '--state', state, '-o', out]))
      if (!readFileSync(out).equals(readFileSync(whole))) throw new Error('the answers differ')
    }
    const [a, b] = [Math.min(...full), Math.min(...added)]
    console.log(
      `  ${what.padEnd(20)} 31 days ${a.toFixed(2)} s, day 31 ${b.toFixed(2)} s, ${((100 * b) / a).toFixed(1)} %`,
    )
  }
  const size = (path) => statSync(path).size
  const kept = readdirSync(base).reduce((sum, file) => sum + size(join(base, file)), 0)
  const rows = readdirSync(base)
    .filter((file) => file.startsWith('rows-'))
    .reduce((sum, file) => sum + size(join(base, file)), 0)
  const read = days.reduce((sum, day) => sum + size(day), 0)
  console.log(
    `  files ${mega(read)}, state ${mega(kept)}${rows === 0 ? '' : `, of which rows ${mega(rows)}, ${(rows / EVENTS).toFixed(1)} bytes an event`}`,
  )
  rmSync(base, { recursive: true })
}

function mega(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function sessionize(args) {
  const timed = ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', process.execPath, cli, ...args]
  const { status, stderr } = spawnSync('bash', timed, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`sessionize ${args.join(' ')}\n${stderr}`)
  const [user = '', system = ''] = stderr.trimEnd().split('\n').at(-1)?.split(' ') ?? []
  return Number(user) + Number(system)
}
