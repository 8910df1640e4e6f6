/**
 * A follower that is killed again and again and started again each time: what it leaves in the end
 * is what the batch says of the same events, no session lost and none twice. The program is run as
 * it is built, because only a process can be killed.
 */
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/follow/checkpoint.js'
import { output, run } from '../oracle/run.js'
import { byUserAndNumber, comparable, type Line, parseLines, runOn } from './streams.js'

const CLI = join(import.meta.dirname, '..', '..', 'bin', 'sessionize.js')
const KILLS = 100

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'follow-checkpoint-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const T = Date.UTC(2024, 2, 5, 10)
const line = (user: string, minute: number, name = 'a'): string =>
  `${JSON.stringify({ user_id: user, timestamp: new Date(T + minute * 60_000).toISOString(), event: name })}\n`

function eventLines(count: number, seed: number): string {
  let state = seed
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: count }, (_, i) =>
    line(`user ${Math.floor(random() * 40)}`, i / 2 - random() * 8, `e${Math.floor(random() * 5)}`),
  ).join('')
}

const batch = async (path: string, flags: readonly string[] = []): Promise<Line[]> =>
  parseLines(await output(['sessions', path, '--format', 'ndjson', ...flags]))

const same = (path: string, expected: readonly Line[]): void => {
  const got = parseLines(readFileSync(path, 'utf8')).sort(byUserAndNumber)
  expect(got.map((session) => comparable(session, expected[0] ?? {}))).toEqual(expected)
}

/** Runs until it ends, or is killed as soon as the output has grown by some bytes. */
async function runKilled(argv: readonly string[], out: string, grownBy: number): Promise<boolean> {
  const before = existsSync(out) ? statSync(out).size : 0
  const child = spawn(process.execPath, [CLI, ...argv], { stdio: ['ignore', 'ignore', 'pipe'] })
  const watch = setInterval(() => {
    if (existsSync(out) && Math.abs(statSync(out).size - before) >= grownBy) child.kill('SIGKILL')
  }, 1)
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...end) => resolve(end)),
  )
  clearInterval(watch)
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(Buffer.concat(errors).toString())
  return signal === 'SIGKILL'
}

describe('killed at random', () => {
  test(`${KILLS} times, the sessions are those of the batch`, async () => {
    const events = join(folder, 'events.ndjson')
    const out = join(folder, 'sessions.ndjson')
    writeFileSync(events, eventLines(60_000, 3))
    const expected = await batch(events)
    const argv = [
      'follow',
      events,
      '--lateness',
      '10m',
      '--flush-on-end',
      '-o',
      out,
      '--checkpoint',
      join(folder, 'state'),
      '--checkpoint-every',
      '1ms',
    ]
    let kills = 0
    for (let round = 0; kills < KILLS; round++) {
      // Every few kills it is let go on to the end, and then starts anew from nothing.
      const killed = await runKilled(argv, out, 1 + ((round * 7_919) % 400_000))
      if (killed) kills++
      else {
        same(out, expected)
        rmSync(join(folder, 'state'))
      }
    }
    while (await runKilled(argv, out, Number.POSITIVE_INFINITY));
    same(out, expected)
  }, 900_000)
})

describe('taken up again', () => {
  test('a file that has grown, with rules, in many short runs', async () => {
    const flags = ['--max-length', '90m', '--cut-on', 'event', '--gap', '20m']
    const all = eventLines(3_000, 5)
    const events = join(folder, 'grown.ndjson')
    const out = join(folder, 'grown.out')
    const argv = [
      'follow',
      events,
      '--lateness',
      '10m',
      '-o',
      out,
      '--checkpoint',
      join(folder, 'grown.state'),
      ...flags,
    ]
    writeFileSync(events, '')
    for (let from = 0; from < all.length; from += 7_001) {
      // Cuts fall within lines: what is not whole is left for the next run.
      appendFileSync(events, all.slice(from, from + 7_001))
      const { exit, stderr } = await run(argv)
      expect(exit, stderr).toBe(0)
    }
    await run([...argv, '--flush-on-end'])
    same(out, await batch(events, flags))
  })

  test('CSV, and a pipe that gives the same stream again', async () => {
    const rows = Array.from(
      { length: 400 },
      (_, i) => `"u\n${i % 9}",${new Date(T + i * 60_000).toISOString()},e${i % 3}\n`,
    )
    const csv = `user_id,timestamp,event\n${rows.join('')}`
    const path = join(folder, 'pipe.csv')
    const out = join(folder, 'pipe.out')
    writeFileSync(path, csv)
    const argv = ['follow', '--gap', '5m', '-o', out, '--checkpoint', join(folder, 'pipe.state')]
    await runOn(argv, csv.slice(0, 5_000))
    const { stderr } = await runOn(
      [...argv, '--flush-on-end'],
      Readable.from([csv.slice(0, 3_000), csv.slice(3_000)].map(Buffer.from)),
    )
    expect(stderr).toContain('resuming after')
    same(out, await batch(path, ['--gap', '5m']))
  })

  test('--label numbers go on', async () => {
    const state = join(folder, 'label.state')
    const out = join(folder, 'label.out')
    const argv = ['follow', '--label', '-o', out, '--checkpoint', state]
    const [one, two, three] = [line('ann', 0), line('ann', 10), line('ann', 100)]
    await runOn(argv, one)
    await runOn(argv, one + two)
    await runOn(argv, one + two + three)
    expect(
      parseLines(readFileSync(out, 'utf8')).map((event) => [
        event['session_number'],
        event['event_number'],
      ]),
    ).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ])
  })

  test('SIGTERM: provisional lines are taken back when it goes on', async () => {
    const out = join(folder, 'stop.out')
    const argv = ['follow', '-o', out, '--checkpoint', join(folder, 'stop.state')]
    const stop = new AbortController()
    const stdin = new PassThrough()
    const running = runOn(argv, stdin, stop.signal)
    stdin.write(line('ann', 0))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    stop.abort()
    await running
    expect(parseLines(readFileSync(out, 'utf8'))).toMatchObject([{ events: 1, open: true }])
    await runOn(argv, line('ann', 0) + line('ann', 10) + line('bob', 100))
    expect(parseLines(readFileSync(out, 'utf8'))).toMatchObject([
      { user: 'ann', events: 2, open: false },
    ])
  })
})

describe('refused', () => {
  const setUp = async (
    name: string,
  ): Promise<{ events: string; out: string; state: string; argv: string[] }> => {
    const events = join(folder, `${name}.ndjson`)
    const out = join(folder, `${name}.out`)
    const state = join(folder, `${name}.state`)
    writeFileSync(events, eventLines(500, 9))
    const argv = ['follow', events, '-o', out, '--checkpoint', state]
    expect((await run(argv)).exit).toBe(0)
    return { events, out, state, argv }
  }

  test('another definition', async () => {
    const { argv } = await setUp('definition')
    const { exit, stderr } = await run([...argv, '--gap', '5m'])
    expect(exit).toBe(2)
    expect(stderr).toContain('made with other options')
  })

  test('another input, or one that was cut', async () => {
    const { argv, events } = await setUp('input')
    writeFileSync(events, eventLines(500, 10))
    expect((await run(argv)).stderr).toContain('not the stream')
    writeFileSync(events, '')
    expect((await run(argv)).exit).toBe(3)
  })

  test('an output that was cut', async () => {
    const { argv, out } = await setUp('output')
    truncateSync(out, 10)
    expect((await run(argv)).stderr).toContain('shorter than its checkpoint')
  })

  test('a checkpoint that is damaged or something else', async () => {
    const { argv, state } = await setUp('damaged')
    const whole = readFileSync(state, 'utf8')
    writeFileSync(state, whole.slice(0, -40))
    expect((await run(argv)).exit).toBe(3)
    writeFileSync(
      state,
      whole
        .split('\n')
        .filter((_, i) => i !== 3)
        .join('\n'),
    )
    expect((await run(argv)).stderr).toContain('cut short')
    writeFileSync(state, '{"schema":"other"}\n')
    expect((await run(argv)).stderr).toContain('not a checkpoint of this version')
    writeFileSync(state, '')
    expect((await run(argv)).stderr).toContain(`The checkpoint ${state} is damaged`)
  })

  test('a checkpoint with a bit flipped anywhere, and what it leaves is as it was', async () => {
    const { argv, out, state } = await setUp('flipped')
    const whole = readFileSync(state)
    const written = readFileSync(out)
    for (let i = 0; i < 150; i++) {
      const bit = i === 0 ? 0 : (Math.imul(i, 2_654_435_761) >>> 0) % (whole.length * 8)
      const bytes = Buffer.from(whole)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      writeFileSync(state, bytes)
      expect(() => readCheckpoint(state), `bit ${bit}`).toThrow(state)
      if (i % 30 > 0) continue
      const { exit, stderr } = await run(argv)
      expect([bit, exit, stderr]).toEqual([bit, 3, expect.stringContaining(state)])
      expect(stderr).toMatch(/hint: (Put back a copy|Name another file)/)
      expect(readFileSync(out)).toEqual(written)
    }
  })

  test('one of an earlier version', async () => {
    const { argv, out, state } = await setUp('earlier')
    const written = readFileSync(out)
    const whole = readFileSync(state, 'utf8')
    writeFileSync(state, whole.replace('follow-checkpoint/v2', 'follow-checkpoint/v1'))
    const { exit, stderr } = await run(argv)
    expect([exit, stderr]).toEqual([3, expect.stringContaining('of an earlier version')])
    expect(stderr).toContain('delete it to start over')
    expect(readFileSync(out)).toEqual(written)
  })
})
