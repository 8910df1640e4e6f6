/**
 * The regression gate: fails when something has become about twice as dear. No times of the clock,
 * which a busy machine stretches: each figure is the processor time of one program over that of
 * another in the same run, each the least of several rounds. The bounds leave half as much again of
 * room above what was measured on two cores, so that what fails has really changed. Answers that
 * are not equal to those of SQL by hand fail it too.
 *
 *   npm run build && node bench/gate.mjs          all figures
 *   npm run build && node bench/gate.mjs sparse   those whose description has this word
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
const MODULES_OF_HELP = 35

const folder = mkdtempSync(join(tmpdir(), 'sessionize-gate-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
const measure = new Measure(folder)

const made = new Map()

/** The path of generated events, made when they are first asked for. */
function data(shape, events) {
  const path = join(folder, `${shape}-${events}.parquet`)
  if (made.has(path)) return path
  made.set(path, true)
  const options = ['--shape', shape, '--events', events, '--seed', '1']
  measure.once({ name: 'generate', args: [cli, 'generate', ...options, '-o', path] })
  return path
}

/** Sessionize and the SQL that one would write, whose answers must be equal. */
function bothEqual(contendersOf, file, same) {
  const { contenders, answers } = contendersOf(folder, file, ['hand'])
  for (const contender of contenders) measure.once(contender)
  same(answers)
  return contenders
}

const table = (file) => tableContenders(folder, file, []).contenders[0]
const labels = (file) => ({
  name: 'sessionize events',
  args: [cli, 'events', file, '-o', join(folder, 'labels.parquet')],
})

/** The first of `pair` may take at most `bound` times the processor time of the second. */
const FIGURES = [
  {
    what: 'session table against SQL by hand, dense',
    pair: () => bothEqual(tableContenders, data('dense', '4M'), sameTables),
    bound: 0.65,
  },
  {
    what: 'session table against SQL by hand, sparse',
    pair: () => bothEqual(tableContenders, data('sparse', '2M'), sameTables),
    bound: 1.5,
  },
  {
    what: 'summary by two dimensions against a bare scan, dense',
    pair() {
      const [own] = bothEqual(summaryContenders, data('dense', '4M'), sameSummaries)
      return [own, scanContender(folder, data('dense', '4M'))]
    },
    bound: 7.5,
  },
  {
    what: 'session table of 4 M events against 1 M',
    pair: () => [table(data('dense', '4M')), table(data('dense', '1M'))],
    bound: 3.6,
  },
  {
    what: 'labelled events against the session table, 1 M',
    pair: () => [labels(data('dense', '1M')), table(data('dense', '1M'))],
    bound: 10,
  },
  {
    what: '--help against node doing nothing',
    pair: () => [
      { name: '--help', args: [cli, '--help'] },
      { name: 'node -e 0', args: ['-e', '0'] },
    ],
    bound: 2.8,
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

const word = process.argv[2] ?? ''
for (const { what, pair, bound } of FIGURES.filter(({ what }) => what.includes(word))) {
  const contenders = pair()
  let [ours, theirs] = least(contenders)
  for (let chance = 1; chance < CHANCES && ours / theirs > bound; chance++) {
    ;[ours, theirs] = least(contenders, [ours, theirs])
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
