/**
 * Whatever it is given, the program ends with an answer or with an error that has words and an exit
 * code; where the right answer is known, it is that. A fixed budget here; `npm run fuzz -- --minutes
 * 30` or `--runs 3000` looks further.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { archives, commandLines, configs, inputs } from './arbitraries.js'
import { type Case, complaint, keep } from './case.js'
import { WORLDS } from './worlds.js'

const MINUTES = Number(process.env['FUZZ_MINUTES'] ?? 0)
const TARGETS: readonly { name: string; cases: fc.Arbitrary<Case>; runs: number }[] = [
  { name: 'options', cases: commandLines, runs: 60 },
  { name: 'config', cases: configs, runs: 50 },
  { name: 'archives', cases: archives, runs: 40 },
  { name: 'inputs', cases: inputs, runs: 40 },
]
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 0)
const SHARE_MILLIS = (MINUTES * 60_000) / (TARGETS.length + WORLDS.length)
const USUAL_RUNS = [...TARGETS, ...WORLDS].reduce((sum, { runs }) => sum + runs, 0)

const budget = <Drawn>(runs: number): fc.Parameters<[Drawn]> =>
  MINUTES > 0
    ? {
        numRuns: Number.MAX_SAFE_INTEGER,
        interruptAfterTimeLimit: SHARE_MILLIS,
        markInterruptAsFailure: false,
      }
    : RUNS > 0
      ? { numRuns: Math.ceil((RUNS * runs) / USUAL_RUNS) }
      : { numRuns: runs, seed: 20240305 }

describe('fuzz', { timeout: SHARE_MILLIS * 2 + (RUNS > 0 ? 7_200_000 : 300_000) }, () => {
  test.for(TARGETS)('$name', async ({ name, cases, runs }) => {
    const property = fc.asyncProperty(cases, async (tried) => {
      expect(await complaint(tried)).toBeUndefined()
    })
    const result = await fc.check(property, budget(runs))
    const [found] = result.counterexample ?? []
    if (result.failed && found !== undefined) {
      expect.fail(
        `seed ${result.seed}, kept as ${keep(name, found)}: ${await complaint(found)}\n${found.args.join(' ')}`,
      )
    }
  })

  test.for(WORLDS)('$name', async (world) => {
    const found = await world.check(budget(world.runs))
    if (found === undefined) return
    const { seed, drawn, complaint: wrong } = found
    expect.fail(`seed ${seed}, kept as ${keep(world.name, { world: world.name, drawn })}: ${wrong}`)
  })
})
