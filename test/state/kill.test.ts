/** Runs are killed at moments spread over their whole length; the state is always one or the other. */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generate } from '../../src/generate/generate.js'
import { output } from '../oracle/run.js'

const BIN = join(import.meta.dirname, '../../bin/sessionize.js')
const KILLS = 20
const folder = mkdtempSync(join(tmpdir(), 'sessionize-kill-'))
const at = (name: string): string => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const FLAGS = ['--dedupe', 'insert_id', '--columns', 'user,start,events']

beforeAll(async () => {
  await generate({ events: 20_000, days: 2, duplicateShare: 0.05, seed: 1 }, { path: at('1.csv') })
  await generate(
    { events: 20_000, days: 2, duplicateShare: 0.05, seed: 2, start: '2024-01-02' },
    { path: at('2.csv') },
  )
  await output(['sessions', at('1.csv'), ...FLAGS, '--state', at('before')])
})

const start = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [BIN, ...args], { stdio: 'ignore' })

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code)))

const answer = (state: string): Promise<string> => output(['sessions', '--state', state, ...FLAGS])

const adding = (state: string): string[] => [
  ...['sessions', at('2.csv'), ...FLAGS, '--state', state],
  ...['--output', at('ignored.csv')],
]

test('a kill at any moment leaves the state as before or as after', async () => {
  cpSync(at('before'), at('after'), { recursive: true })
  const from = performance.now()
  expect(await ended(start(adding(at('after'))))).toBe(0)
  const whole = performance.now() - from
  const [before, after] = [await answer(at('before')), await answer(at('after'))]
  expect(after).not.toBe(before)

  let seen = { before: 0, after: 0 }
  for (let kill = 0; kill < KILLS; kill++) {
    const state = at(`killed-${kill}`)
    cpSync(at('before'), state, { recursive: true })
    const child = start(adding(state))
    const end = ended(child)
    // Most of them where the files are read and written, late in the run.
    const moment = whole * (0.2 + (0.85 * (kill + Math.random())) / KILLS)
    const timer = setTimeout(() => child.kill('SIGKILL'), moment)
    await end
    clearTimeout(timer)
    const now = await answer(state)
    expect([before, after], `killed after ${moment} of ${whole} ms`).toContain(now)
    seen =
      now === before ? { ...seen, before: seen.before + 1 } : { ...seen, after: seen.after + 1 }
    // Whatever was left, the same run again ends in the same state.
    if (kill % 4 === 0) {
      expect(await ended(start(adding(state)))).toBe(0)
      expect(await answer(state)).toBe(after)
    }
    rmSync(state, { recursive: true })
  }
  expect(seen.before).toBeGreaterThan(0)
}, 300_000)

test('two runs at once: each is added whole or refused', async () => {
  const state = at('both')
  cpSync(at('before'), state, { recursive: true })
  await generate({ events: 20_000, days: 2, seed: 3, start: '2024-01-04' }, { path: at('3.csv') })
  const codes = await Promise.all(
    [at('2.csv'), at('3.csv')].map((path) =>
      ended(start(['sessions', path, ...FLAGS, '--state', state, '--output', `${path}.out`])),
    ),
  )
  expect(codes.every((code) => code === 0 || code === 4)).toBe(true)
  expect(codes).toContain(0)
  const added = [at('2.csv'), at('3.csv')].filter((_, i) => codes[i] === 0)
  expect(await answer(state)).toBe(await output(['sessions', at('1.csv'), ...added, ...FLAGS]))
}, 120_000)
