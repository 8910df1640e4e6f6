/**
 * Every command that reads events, with less memory than its work needs: what does not fit goes to
 * disk, and the answer is the same. The limit is the one that the documents promise to be enough.
 */
import { mkdirSync, readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { translate } from '../../src/engines/duckdb.js'
import { Scene } from './scene.js'
import { filesUnder, peakBytes } from './system.js'
import { COMMAND_NAMES } from './writing.js'

const LIMIT_BYTES = 200e6
/** Beyond the limit, as docs/resources.md says: the program itself and what the engine does not count. */
const OVERHEAD_BYTES = 600e6

/** Nearly every event is a session of its own: as much work as so many events can make. */
const EVENTS = '600k'

interface Tried {
  readonly args: readonly string[]
  /** Whether it holds more than the limit at once. */
  readonly spills: boolean
}

const TRIED: readonly Tried[] = [
  { args: ['summary', 'e.parquet', '--format', 'json'], spills: false },
  { args: ['summary', 'e.parquet', '--by', 'platform,country', '--detail'], spills: false },
  { args: ['summary', 'e.csv', '--by', 'platform:last'], spills: true },
  { args: ['inspect', 'e.parquet'], spills: false },
  { args: ['sessions', 'e.parquet', '-o', 'out.csv'], spills: true },
  { args: ['events', 'e.parquet', '-o', 'out.csv'], spills: true },
  { args: ['users', 'e.parquet', '-o', 'out.csv'], spills: false },
  { args: ['users', 'e.parquet', '--where', 'p90_length >= 0', '--format', 'csv'], spills: false },
  { args: ['report', 'e.parquet', '-o', 'out.html'], spills: true },
  { args: ['compare', 'e.parquet', '--by', 'platform'], spills: false },
  { args: ['trend', 'e.parquet'], spills: false },
  { args: ['gap', 'e.parquet'], spills: false },
  { args: ['audit', 'e.parquet'], spills: true },
  { args: ['check', 'e.parquet'], spills: false },
  { args: ['query', 'FROM sessions ORDER BY ALL', 'e.parquet', '-o', 'out.csv'], spills: true },
  {
    args: [
      'sessions',
      'e.parquet',
      '--state',
      'st',
      '--columns',
      'user,start,events',
      '-o',
      'out.csv',
    ],
    spills: true,
  },
  { args: ['summary', '--state', 'st'], spills: false },
  { args: ['sessions', '--state', 'st', '-o', 'out.csv'], spills: true },
]

/** They read no events, or hold nothing but what is open (`follow`). */
const OTHERWISE = ['follow', 'generate', 'init', 'pull', 'sql', 'state', 'completions']

describe.skipIf(process.platform !== 'linux')('with 200 MB', { timeout: 1_800_000 }, () => {
  let scene: Scene
  beforeAll(async () => {
    scene = new Scene()
    mkdirSync(scene.path('spill'))
    for (const name of ['e.parquet', 'e.csv']) {
      const { exit } = await scene.run([
        'generate',
        '--events',
        EVENTS,
        '--shape',
        'sparse',
        '-o',
        name,
      ])
      expect(exit).toBe(0)
    }
  }, 600_000)
  afterAll(() => scene?.remove())

  test('every command is tried', () => {
    const tried = new Set([...TRIED.map(({ args: [name] }) => name), ...OTHERWISE])
    expect(COMMAND_NAMES.filter((name) => !tried.has(name))).toEqual([])
  })

  test.for(TRIED)('$args', async ({ args, spills }) => {
    const { child, ended } = scene.start([
      ...args,
      ...['--memory', '200MB', '--threads', '2', '--temp-dir', 'spill'],
    ])
    let peak = 0
    let spilled = 0
    while (child.exitCode === null && child.signalCode === null) {
      peak = Math.max(peak, peakBytes(child.pid))
      spilled = Math.max(spilled, ...filesUnder(scene.path('spill')))
      await pause(10)
    }
    const { exit, stderr } = await ended
    // A check that failed has been made.
    expect([0, 1], stderr).toContain(exit)
    expect(stderr).not.toMatch(/^error/m)
    expect(readdirSync(scene.path('spill'))).toEqual([])
    expect(peak).toBeLessThan(LIMIT_BYTES + OVERHEAD_BYTES)
    if (spills) expect(spilled).toBeGreaterThan(1e6)
  })

  test('too little of it ends with what to give', async () => {
    const { exit, stderr } = await scene.run([
      'sessions',
      'e.parquet',
      '-o',
      'none.csv',
      '--memory',
      '40MB',
    ])
    expect({ exit, stderr }).toEqual({
      exit: 4,
      stderr: expect.stringMatching(/^error: .*memory.*\nhint: Give it --memory 200MB, .*\n$/i),
    })
    expect(scene.leftovers()).toEqual([])
  })
})

test.each([
  ['failed to pin block of size 256.0 KiB (38.0 MiB/38.1 MiB used)', '--memory 200MB,'],
  ['could not allocate block of size 256.0 KiB (0 bytes/976.5 KiB used)', '--memory 200MB,'],
  ['failed to allocate data of size 2.0 MiB (190.7 MiB/190.7 MiB used)', '--memory 400MB,'],
  ['failed to offload (11.9 GiB/12.0 GiB used)', '--memory 25800MB,'],
  ['it does not say', '--memory 4GB,'],
])('out of memory: %s', (told, hint) => {
  const { code, hint: said } = translate(new Error(`Out of Memory Error: ${told}`))
  expect({ code, said }).toEqual({ code: 'out_of_memory', said: expect.stringContaining(hint) })
})
