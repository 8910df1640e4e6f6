/** Who answers: sessionize, the same engine by hand, and the peers that are installed. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bareScan, handSummary, handTable } from './peers/hand.mjs'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
export const cli = process.env.SESSIONIZE ?? here('../bin/sessionize.js')
const duckdb = here('peers/duckdb.mjs')

const heavy = process.env.SESSIONIZE_HEAVY ?? join(homedir(), '.cache', 'sessionize-heavy')
const python = join(heavy, 'python', 'bin', 'python')

/** By the names that `--peers` takes. `hand` needs nothing that is not here. */
const PYTHON_PEERS = {
  polars: { name: 'polars', needs: ['polars'], program: 'polars_peer.py' },
  chdb: { name: 'ClickHouse (chdb)', needs: ['chdb'], program: 'chdb_peer.py' },
  pandas: { name: 'pandas', needs: ['pandas', 'pyarrow'], program: 'pandas_peer.py' },
  spark: { name: 'Spark, session_window', needs: ['pyspark'], program: 'spark_peer.py' },
  spark_windows: { name: 'Spark, windows', needs: ['pyspark'], program: 'spark_windows_peer.py' },
}
export const PEERS = ['hand', ...Object.keys(PYTHON_PEERS)]

/** @returns {{ there: string[], missing: string[] }} of the wanted peers; missing ones with the reason */
export function installed(wanted) {
  const there = []
  const missing = []
  for (const peer of wanted) {
    const needs = PYTHON_PEERS[peer]?.needs ?? []
    const lacking =
      needs.length > 0 && !existsSync(python)
        ? needs
        : needs.filter((name) => version(name) === undefined)
    if (lacking.length === 0) there.push(peer)
    else missing.push(`${peer}: not installed (${lacking.join(', ')}); run bench/setup-peers.sh`)
  }
  return { there, missing }
}

function version(name) {
  const asked = `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`
  const { status, stdout } = spawnSync(python, ['-c', asked], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** `polars 2.1.0`, for the head of the results. */
export const versions = (peers) =>
  [...new Set(peers.flatMap((peer) => PYTHON_PEERS[peer]?.needs ?? []))].map(
    (name) => `${name} ${version(name)}`,
  )

let programs = 0

/** A program on the engine that sessionize uses. */
export function sqlContender(folder, name, sql) {
  const file = join(folder, `program-${programs++}.sql`)
  writeFileSync(file, sql)
  return { name, args: [duckdb, file] }
}

const COLUMNS = 'user,start,end,events,first_event,last_event,platform'

/**
 * Everybody who writes the session table of a file, sessionize first.
 *
 * @returns {{ contenders: object[], answers: Map<string, string> }} answers are paths
 */
export function tableContenders(folder, file, peers) {
  const out = (name) => join(folder, `${name}-table.parquet`)
  const own = {
    name: 'sessionize',
    args: [cli, 'sessions', file, '--by', 'platform', '--columns', COLUMNS, '-o', out('own')],
  }
  return everybody(own, out, peers, (peer) =>
    peer === 'hand'
      ? sqlContender(folder, HAND, handTable(file, out('hand')))
      : pythonContender(peer, 'table', file, out(peer)),
  )
}

/** Everybody who answers `summary --by platform,country`, sessionize first. */
export function summaryContenders(folder, file, peers) {
  const out = (name) => join(folder, `${name}-summary.json`)
  const own = {
    name: 'sessionize',
    args: [cli, file, '--by', 'platform,country', '-o', out('own')],
  }
  return everybody(own, out, peers, (peer) =>
    peer === 'hand'
      ? sqlContender(folder, HAND, handSummary(file, out('hand')))
      : pythonContender(peer, 'summary', file, out(peer)),
  )
}

const HAND = 'hand-written SQL, same engine'

export const scanContender = (folder, file) =>
  sqlContender(folder, 'bare scan of the columns', bareScan(file))

function everybody(own, out, peers, contenderOf) {
  const others = peers.map((peer) => ({ peer, ...contenderOf(peer) }))
  // An answer of an earlier input must not pass for one of this.
  for (const name of ['own', ...peers]) rmSync(out(name), { recursive: true, force: true })
  return {
    contenders: [own, ...others],
    answers: new Map([
      [own.name, out('own')],
      ...others.map(({ name, peer }) => [name, out(peer)]),
    ]),
  }
}

function pythonContender(peer, question, file, out) {
  const { name, program } = PYTHON_PEERS[peer]
  return { name, python, args: [here(`peers/${program}`), question, file, out] }
}
