/** Whole processes, measured: wall time, processor time of all their threads, peak resident size. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const usage = pathToFileURL(here('usage.mjs')).href

/**
 * A contender is a name and a program: `args` of Node, or `python` and `args` of Python. `before` is
 * called ahead of every run and is not measured.
 */
export class Measure {
  /** @param folder for scratch files; the contenders' temporary folder too */
  constructor(folder) {
    this.folder = folder
  }

  /** @returns {{ seconds: number, cpuSeconds: number, peakBytes: number }} of one run */
  once({ name, python, args, before = () => undefined }) {
    before()
    const usageFile = join(this.folder, 'usage.json')
    rmSync(usageFile, { force: true })
    const [program, all] =
      python === undefined ? [process.execPath, ['--import', usage, ...args]] : [python, args]
    const begun = performance.now()
    const result = spawnSync(program, all, {
      env: { ...process.env, BENCH_USAGE_FILE: usageFile, BENCH_TEMP: this.folder },
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    })
    const seconds = (performance.now() - begun) / 1000
    if (result.status !== 0) {
      throw new Error(`${name} failed (${result.status ?? result.signal}):\n${result.stderr}`)
    }
    return { seconds, ...JSON.parse(readFileSync(usageFile, 'utf8')) }
  }

  /**
   * Each contender once to warm the disk cache, then all in turns, so that a busy minute of the
   * machine meets all of them. Who took more than `patience` seconds to warm up runs only once more.
   *
   * @returns {Map<string, { seconds: number, cpuSeconds: number, peakBytes: number, rounds: number }>}
   *   medians, in the contenders' order
   */
  compare(contenders, rounds, patience = Number.POSITIVE_INFINITY) {
    const runs = new Map()
    const slow = new Set()
    for (const contender of contenders) {
      runs.set(contender.name, [])
      if (this.once(contender).seconds > patience) slow.add(contender.name)
    }
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        if (round > 0 && slow.has(contender.name)) continue
        runs.get(contender.name).push(this.once(contender))
      }
    }
    return new Map([...runs].map(([name, all]) => [name, middle(all)]))
  }
}

function middle(runs) {
  const of = (figure) => median(runs.map((run) => run[figure]))
  return {
    seconds: of('seconds'),
    cpuSeconds: of('cpuSeconds'),
    peakBytes: of('peakBytes'),
    rounds: runs.length,
  }
}

/** The lower of the two in the middle, for an even number. */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]
