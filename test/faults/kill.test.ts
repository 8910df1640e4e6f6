/**
 * Whenever a signal comes, what is written is the old, whole, or the new, whole; and nothing else is
 * left, or the next run takes it away.
 *
 * The moments are shares of the processor time of a whole run, so that they are the same on a slow
 * machine, or on one that does something else at the time. `KILLS=200` tries each command so often.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isIntact } from '../../src/files/sealed.js'
import { readCheckpoint } from '../../src/follow/checkpoint.js'
import { ExportServer, sendZip } from '../pull/server.js'
import { BUG, type Started } from './program.js'
import { eventsCsv, Scene } from './scene.js'
import { processorMillis } from './system.js'
import { OTHER_WRITINGS, WRITINGS } from './writing.js'

const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGINT'] as const
const OLD = 'the old output\n'
const AT_LEAST = 200
const ALL = [...WRITINGS, ...OTHER_WRITINGS]
const EACH = Number(process.env['KILLS'] ?? Math.ceil(AT_LEAST / ALL.length))
const EVENTS = eventsCsv(6_000)
/** In the order of their times. */
const STREAM = inOrder(eventsCsv(40_000))

const seen = { kills: 0, interrupted: 0, old: 0, renewed: 0, left: 0 }

/** A command, and what may be there when it was stopped. */
interface Stopped {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Makes what is there before each run. */
  begin(scene: Scene): void
  /** What it writes, each part of it old or new on its own. */
  written(scene: Scene): readonly string[]
  /** Whether it goes on where it was stopped: in between there is what the same run completes. */
  readonly goesOn?: (scene: Scene) => void
}

describe.skipIf(process.platform !== 'linux').concurrent('signals', { timeout: 3_600_000 }, () => {
  test.for(ALL)('$name', ({ args, outputs }, { expect }) =>
    stopped(expect, {
      args,
      begin: (scene) => {
        for (const output of outputs) scene.write(output, OLD)
      },
      written: (scene) => outputs.map((output) => scene.read(output).toString('latin1')),
    }),
  )

  test('follow', ({ expect }) =>
    stopped(expect, {
      args: [
        ...['follow', 'stream.csv', '--flush-on-end', '-o', 'live'],
        ...['--checkpoint', 'state', '--checkpoint-every', '1ms'],
      ],
      begin: (scene) => {
        for (const name of ['live', 'state']) rmSync(scene.path(name), { force: true })
      },
      written: (scene) => [readIfThere(scene.path('live'))],
      // Reading it looks at its checksum.
      goesOn: (scene) => void readCheckpoint(scene.path('state')),
    }))

  describe('pull', () => {
    let server: ExportServer
    beforeAll(async () => {
      server = await ExportServer.start()
      server.reply = sendZip
    })
    afterAll(() => server.stop())

    test('pull', ({ expect }) =>
      stopped(expect, {
        args: [
          ...['pull', 'amplitude', '--start', '20240101', '--end', '20240131'],
          ...['--base-url', server.url, '-o', 'exports'],
        ],
        env: { AMPLITUDE_API_KEY: 'a', AMPLITUDE_SECRET_KEY: 'b' },
        begin: (scene) => rmSync(scene.path('exports'), { recursive: true, force: true }),
        written: (scene) => filesIn(scene.path('exports')),
        goesOn: (scene) => {
          const manifest = scene.path('exports/.sessionize-pull.json')
          if (!existsSync(manifest)) return
          expect(isIntact(readFileSync(manifest))).toBe(true)
          // Whatever it says to be there is there, in full.
          const { ranges } = JSON.parse(readFileSync(manifest, 'utf8'))
          for (const { file, bytes } of ranges) {
            expect(scene.read(`exports/${file}`)).toHaveLength(bytes)
          }
        },
      }))
  })
})

afterAll(() => {
  if (seen.kills === 0) return
  // The points were spread over the whole run: some came early, some late, some in the middle.
  expect(seen.kills).toBeGreaterThanOrEqual(EACH)
  expect(Math.min(seen.interrupted, seen.old, seen.renewed, seen.left)).toBeGreaterThan(0)
})

async function stopped(expect: typeof import('vitest').expect, tried: Stopped): Promise<void> {
  const scene = new Scene()
  scene.write('events.csv', EVENTS)
  scene.write('stream.csv', STREAM)
  const options = tried.env === undefined ? {} : { env: tried.env }
  const start = (): Started => scene.start(tried.args, options)
  const whole = async (): Promise<{ exit: number | null; millis: number }> => {
    const { child, ended } = start()
    let millis = 0
    while (isRunning(child)) {
      millis = Math.max(millis, processorMillis(child.pid))
      await pause(LOOK_MILLIS)
    }
    const { exit, stderr } = await ended
    // A check that fails has written its report.
    expect([0, 1], `${tried.args.join(' ')}: ${stderr}`).toContain(exit)
    return { exit, millis }
  }
  try {
    tried.begin(scene)
    const old = tried.written(scene)
    const { exit: usual, millis } = await whole()
    const renewed = tried.written(scene)
    for (let i = 0; i < EACH; i++) {
      const signal = SIGNALS[i % SIGNALS.length] ?? 'SIGKILL'
      tried.begin(scene)
      const { child, ended } = start()
      while (isRunning(child) && processorMillis(child.pid) < moment(i) * millis) {
        await pause(LOOK_MILLIS)
      }
      child.kill(signal)
      const { exit, signal: by, stderr } = await ended
      seen.kills++

      // Those of killed runs before it are there until one gets as far as its work.
      const left = scene.leftovers().filter((name) => name.includes(`${child.pid}-`))
      const now = tried.written(scene)
      if (`${now}` === `${old}`) seen.old++
      else seen.renewed++
      if (signal === 'SIGKILL') seen.left += left.length
      else {
        expect({ left, bug: BUG.test(stderr) }, stderr).toEqual({ left: [], bug: false })
        // Before its handlers are there it dies of the signal, having done nothing yet. Where it has
        // not come to its end soon after, which a busy machine may not let it, it dies of SIGINT.
        expect([usual, 130, signal, 'SIGINT'], stderr).toContain(exit ?? by)
        if (exit === 130) seen.interrupted++
      }
      if (tried.goesOn !== undefined) {
        tried.goesOn(scene)
        await whole()
        expect(tried.written(scene)).toEqual(renewed)
        expect(scene.leftovers(), 'the next run cleans').toEqual([])
        continue
      }
      now.forEach((content, nth) => {
        const isWhole = content === old[nth] || content === renewed[nth]
        expect(isWhole, `${signal}: ${content.length} bytes of neither`).toBe(true)
      })
    }
    await whole()
    expect(tried.written(scene)).toEqual(renewed)
    expect(scene.leftovers(), 'the next run cleans').toEqual([])
  } finally {
    scene.remove()
  }
}

const LOOK_MILLIS = 2

const isRunning = ({ exitCode, signalCode }: Started['child']): boolean =>
  exitCode === null && signalCode === null

/** Shares of a run's length, spread evenly however many are taken (the golden-ratio sequence). */
const moment = (i: number): number => 0.15 + 0.9 * ((0.5 + i * 0.6180339887) % 1)

const readIfThere = (path: string): string => (existsSync(path) ? readFileSync(path, 'latin1') : '')

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.zip'))
        .map((name) => readFileSync(`${folder}/${name}`, 'latin1'))
    : []

function inOrder(csv: string): string {
  const [header = '', ...rows] = csv.trimEnd().split('\n')
  const timeOf = (row: string): string => row.split(',')[1] ?? ''
  rows.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
  return `${[header, ...rows].join('\n')}\n`
}
