/**
 * Whenever a signal comes, an output is the old one, whole, or the new one, whole; and nothing else
 * is left, or the next run takes it away.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { BUG } from './program.js'
import { eventsCsv, Scene } from './scene.js'
import { WRITINGS, type Writing } from './writing.js'

const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGINT'] as const
const OLD = 'the old output\n'
const AT_LEAST = 200
const EACH = Math.max(4, Math.ceil(AT_LEAST / WRITINGS.length))
const EVENTS = eventsCsv(6_000)

const seen = { kills: 0, interrupted: 0, old: 0, renewed: 0, left: 0 }

describe.skipIf(process.platform === 'win32').concurrent('signals', { timeout: 300_000 }, () => {
  test.for(WRITINGS)('$name', async (tried, { expect }) => {
    const scene = new Scene()
    scene.write('events.csv', EVENTS)
    try {
      const { contents, millis, exit: usual } = await reference(scene, tried)
      for (let i = 0; i < EACH; i++) {
        const signal = SIGNALS[i % SIGNALS.length] ?? 'SIGKILL'
        for (const output of tried.outputs) scene.write(output, OLD)
        const { child, ended } = scene.start(tried.args)
        await pause(moment(i) * millis)
        child.kill(signal)
        const { exit, signal: by, stderr } = await ended
        seen.kills++

        const now = tried.outputs.map((output) => scene.read(output).toString('latin1'))
        now.forEach((content, nth) => {
          const whole = content === OLD || content === contents[nth]
          expect(whole, `${signal}: ${content.length} bytes of neither`).toBe(true)
        })
        if (now.every((content) => content === OLD)) seen.old++
        else seen.renewed++
        // Those of killed runs before it are there until one gets as far as its work.
        const left = scene.leftovers().filter((name) => name.includes(`${child.pid}-`))
        if (signal === 'SIGKILL') {
          seen.left += left.length
          continue
        }
        expect({ left, bug: BUG.test(stderr) }, stderr).toEqual({ left: [], bug: false })
        // Before its handlers are there it dies of the signal, having done nothing yet.
        expect([usual, 130, signal]).toContain(exit ?? by)
        if (exit === 130) seen.interrupted++
      }
      expect((await reference(scene, tried)).contents).toEqual(contents)
      expect(scene.leftovers(), 'the next run cleans').toEqual([])
    } finally {
      scene.remove()
    }
  })
})

afterAll(() => {
  if (process.platform === 'win32') return
  // The points were spread over the whole run: some came early, some late, some in the middle.
  expect(seen.kills).toBeGreaterThanOrEqual(AT_LEAST)
  expect(Math.min(seen.interrupted, seen.old, seen.renewed, seen.left)).toBeGreaterThan(0)
})

/** A whole run: what it writes is the same every time. */
async function reference(
  scene: Scene,
  { args, outputs }: Writing,
): Promise<{ contents: string[]; exit: number | null; millis: number }> {
  const { exit, stderr, millis } = await scene.run(args)
  // A check that fails has written its report.
  expect([0, 1], `${args.join(' ')}: ${stderr}`).toContain(exit)
  const contents = outputs.map((output) => scene.read(output).toString('latin1'))
  return { contents, exit, millis }
}

/** Shares of a run's length, spread evenly however many are taken (the golden-ratio sequence). */
const moment = (i: number): number => 0.15 + 0.9 * ((0.5 + i * 0.6180339887) % 1)
