/**
 * The regression gate: fails when something has become about twice as dear. No times of the clock,
 * which a busy machine stretches: each figure is the processor time of one program over that of
 * another in the same run, each the least of several rounds. The bounds leave half as much again of
 * room above what was measured on two cores, so that what fails has really changed. Answers that
 * are not equal to those of SQL by hand fail it too.
 *
 *   npm run build && node bench/gate.mjs
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sameSummaries, sameTables } from './answers.mjs'
import { cli, scanContender, summaryContenders, tableContenders } from './contenders.mjs'
import { Measure } from './measure.mjs'

const ROUNDS = 3
/** A figure over its bound gets this many times as many rounds again before it counts. */
const CHANCES = 3
/** Modules of JavaScript that `--help` may load: start-up is felt at every command. */
const MODULES_OF_HELP = 95

const folder = mkdtempSync(join(tmpdir(), 'sessionize-gate-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
const measure = new Measure(folder)

const generated = (name, ...options) => {
  const path = join(folder, name)
  measure.once({
    name: 'generate',
    args: [cli, 'generate', ...options, '--seed', '1', '-o', path],
  })
  return path
}
const dense = generated('dense.parquet', '--events', '2M')
const sparse = generated('sparse.parquet', '--events', '2M', '--shape', 'sparse')
const small = generated('small.parquet', '--events', '1M')
const large = generated('large.parquet', '--events', '4M')

/** Sessionize and the SQL that one would write, whose answers must be equal. */
function against(contendersOf, file, same) {
  const { contenders, answers } = contendersOf(folder, file, ['hand'])
  for (const contender of contenders) measure.once(contender)
  same(answers)
  return contenders
}
const [denseTable, denseHand] = against(tableContenders, dense, sameTables)
const [sparseTable, sparseHand] = against(tableContenders, sparse, sameTables)
const [denseSummary] = against(summaryContenders, dense, sameSummaries)

const table = (file) => tableContenders(folder, file, []).contenders[0]
const labels = {
  name: 'sessionize events',
  args: [cli, 'events', small, '-o', join(folder, 'labels.parquet')],
}

/** `of` may take at most `bound` times the processor time of `than`. */
const FIGURES = [
  {
    what: 'session table against SQL by hand, dense',
    of: denseTable,
    than: denseHand,
    bound: 0.7,
  },
  {
    what: 'session table against SQL by hand, sparse',
    of: sparseTable,
    than: sparseHand,
    bound: 2.0,
  },
  {
    what: 'summary by two dimensions against a bare scan, dense',
    of: denseSummary,
    than: scanContender(folder, dense),
    bound: 6.5,
  },
  {
    what: 'session table of 4 M events against 1 M',
    of: table(large),
    than: table(small),
    bound: 3.3,
  },
  {
    what: 'labelled events against the session table, 1 M',
    of: labels,
    than: table(small),
    bound: 9,
  },
  {
    what: '--help against node doing nothing',
    of: { name: '--help', args: [cli, '--help'] },
    than: { name: 'node -e 0', args: ['-e', '0'] },
    bound: 3.4,
  },
]

/** Least processor seconds of each contender over all rounds so far, in turns. */
function least(contenders, before = contenders.map(() => Number.POSITIVE_INFINITY)) {
  let best = before
  for (let round = 0; round < ROUNDS; round++) {
    best = best.map((seconds, i) => Math.min(seconds, measure.once(contenders[i]).cpuSeconds))
  }
  return best
}

let failed = 0
function verdict(what, value, bound, shown = value.toFixed(2)) {
  const holds = value <= bound
  if (!holds) failed++
  console.log(`${holds ? 'ok      ' : 'REGRESSED'} ${what}: ${shown}, at most ${bound}`)
}

for (const { what, of, than, bound } of FIGURES) {
  let [ours, theirs] = least([of, than])
  for (let chance = 1; chance < CHANCES && ours / theirs > bound; chance++) {
    ;[ours, theirs] = least([of, than], [ours, theirs])
  }
  verdict(what, ours / theirs, bound)
}
verdict('modules that --help loads', modulesOf(['--help']), MODULES_OF_HELP)
process.exitCode = failed === 0 ? 0 : 1

/** How many files of JavaScript a command line loads, ESM and CommonJS. */
function modulesOf(args) {
  const counter = fileURLToPath(new URL('modules.mjs', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, ['--import', counter, cli, ...args], {
    encoding: 'utf8',
  })
  const [, count] = /^modules: (\d+)$/m.exec(stderr) ?? []
  if (status !== 0 || count === undefined) throw new Error(`cannot count modules:\n${stderr}`)
  return Number(count)
}
