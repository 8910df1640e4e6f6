/** Disks, memory, descriptors and readers that do not do what one would wish. */
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BUG, type Ended } from './program.js'
import { eventsCsv, Scene } from './scene.js'
import { filesUnder, mounted, peakBytes } from './system.js'

let scene: Scene
beforeEach(() => {
  scene = new Scene()
})
afterEach(() => {
  scene.remove()
})

const MiB = 1024 ** 2

/** Beyond the limit, as docs/resources.md says: the program itself and what the engine does not count. */
const OVERHEAD_BYTES = 400 * MiB

/** More work than memory: every event of a million is a session. */
const TIGHT = [
  'sessions',
  'e.parquet',
  '--gap',
  '1ms',
  '--columns',
  'user,start,events,first_event',
]
const LITTLE = ['--memory', '100MB']

/** An error in one line and a hint, the exit code of its kind, and nothing left. */
function expectProblem({ exit, stderr, stdout }: Ended, code: number, words: RegExp): void {
  expect(stderr).toMatch(words)
  expect(stderr).toMatch(/^error: .+\nhint: .+\n$/)
  expect(stderr).not.toMatch(BUG)
  expect({ exit, stdout }).toEqual({ exit: code, stdout: '' })
  expect(scene.leftovers()).toEqual([])
}

describe.skipIf(process.platform !== 'linux')('disks', () => {
  const small = (use: (folder: string) => Promise<void>): Promise<void> =>
    mounted(scene.path('small'), 'size=1m', use)
  const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0

  test.runIf(canMount).for(['csv', 'ndjson', 'parquet', 'arrow'])(
    'a full disk under an output in %s',
    async (format) => {
      scene.write('events.csv', eventsCsv(60_000))
      await small(async (folder) => {
        const ended = await scene.run(
          ['sessions', 'events.csv', '--gap', '1ms', '--format', format, '-o', 'small/out'],
          {},
        )
        expectProblem(ended, 4, /Cannot write .*small\/out|disk is full|No space left/i)
        expect(readdirSync(folder)).toEqual([])
      })
    },
  )

  test.runIf(canMount).for(['parquet', 'csv.gz', 'zip'])(
    'a full disk under generate in %s',
    async (ending) => {
      await small(async (folder) => {
        const ended = await scene.run(['generate', '--events', '200k', '-o', `small/out.${ending}`])
        expectProblem(ended, 4, /disk is full|No space left/i)
        expect(readdirSync(folder)).toEqual([])
      })
    },
  )

  test.runIf(canMount)('no room to unpack in --temp-dir', async () => {
    scene.write('events.csv', eventsCsv(60_000))
    spawnSync('gzip', ['-k', scene.path('events.csv')])
    await small(async (folder) => {
      const ended = await scene.run(['events.csv.gz', '--temp-dir', 'small'])
      expectProblem(ended, 4, /disk is full|No space left/i)
      expect(readdirSync(folder)).toEqual([])
    })
  })

  test.runIf(canMount)('no room for larger-than-memory work in --temp-dir', async () => {
    expect((await scene.run(['generate', '--events', '1M', '-o', 'e.parquet'])).exit).toBe(0)
    await small(async (folder) => {
      const ended = await scene.run(
        [...TIGHT, '--memory', '48MB', '--temp-dir', 'small', '-o', 'out.csv'],
        {},
      )
      expectProblem(ended, 4, /not enough temporary disk space/)
      expect(ended.stderr).toMatch(/--temp-dir/)
      expect(readdirSync(folder)).toEqual([])
    })
  })

  test('a full device on standard output', async () => {
    scene.write('events.csv', eventsCsv(1_000))
    for (const line of ['sessions events.csv', 'events.csv', '--help']) {
      const ended = await scene.shell(`sessionize ${line} > /dev/full`)
      expect(ended.stderr).toMatch(/^error: Cannot write to standard output: the disk is full\.\n/)
      expect(ended.exit).toBe(4)
    }
  })

  test('a file that may not grow any more (ulimit -f)', async () => {
    scene.write('events.csv', eventsCsv(20_000))
    const ended = await scene.shell(
      'ulimit -f 16; sessionize sessions events.csv --gap 1ms -o out.csv',
    )
    expectProblem(ended, 4, /out\.csv|File too large/)
  })
})

test.skipIf(process.platform === 'win32')(
  'a checkpoint with no room is not cut short',
  async () => {
    const users = (from: number, to: number): string =>
      Array.from(
        { length: to - from },
        (_, i) => `{"user_id":"u${from + i}","time":"2024-01-01T00:00:00Z","event":"a"}\n`,
      ).join('')
    // What arrives is less than a checkpoint of all users.
    scene.write('events.ndjson', users(0, 280))
    const follow = 'sessionize follow events.ndjson --checkpoint state'
    expect((await scene.shell(follow)).exit).toBe(0)
    const before = scene.read('state').toString()
    appendFileSync(scene.path('events.ndjson'), users(280, 290))
    // In units of 1,024 bytes: the system takes the first of them, and refuses the rest.
    const { exit, stderr } = await scene.shell(`ulimit -f 2; ${follow}`)
    expect(exit).toBe(4)
    expect(stderr).toMatch(
      /error: Cannot write the checkpoint state: it would be larger than a file may be/,
    )
    expect(scene.read('state').toString()).toBe(before)
    expect(scene.leftovers()).toEqual([])
    expect((await scene.shell(follow)).stderr).toContain('follow: resuming after 280 lines')
  },
)

describe.skipIf(process.platform === 'win32')('folders and files', () => {
  test('a folder in which nothing can be written', async () => {
    scene.write('events.csv', eventsCsv(100))
    const readOnly = process.getuid?.() === 0 ? '/proc/out.csv' : 'sealed/out.csv'
    mkdirSync(scene.path('sealed'))
    chmodSync(scene.path('sealed'), 0o500)
    const ended = await scene.run(['sessions', 'events.csv', '-o', readOnly])
    expectProblem(ended, 4, /^error: Cannot write .*out\.csv: /)
    expectProblem(
      await scene.run(['sessions', 'events.csv', '-o', 'nowhere/out.csv']),
      4,
      /Cannot write nowhere\/out\.csv: its folder does not exist/,
    )
    expectProblem(
      await scene.run(['events.csv', '--temp-dir', 'nowhere']),
      4,
      /Cannot create a temporary folder in .*nowhere/,
    )
  })

  test('two outputs of one name', async () => {
    scene.write('events.csv', eventsCsv(100))
    expectProblem(
      await scene.run(['sessions', 'events.csv', '-o', 'out.csv', '--rejects', './out.csv']),
      2,
      /Two outputs cannot both go to/,
    )
  })

  test('a link stays a link, a pipe a pipe, and a file keeps who may read it', async () => {
    scene.write('events.csv', eventsCsv(100))
    scene.write('real.csv', 'old')
    chmodSync(scene.path('real.csv'), 0o600)
    const ended = await scene.shell(`
      ln -s real.csv link.csv
      mkfifo pipe
      cat pipe > read.csv & reader=$!
      sessionize sessions events.csv -o link.csv && sessionize sessions events.csv -o pipe --format csv
      wait $reader
      sessionize sessions events.csv -o /dev/null
      test -L link.csv && test -p pipe && test -c /dev/null && cmp real.csv read.csv`)
    expect(ended.stderr).toBe('')
    expect(ended.exit).toBe(0)
    expect(statSync(scene.path('real.csv')).mode & 0o777).toBe(0o600)
  })

  test('an input that vanished', async () => {
    expectProblem(await scene.run(['gone.csv']), 3, /No file or folder gone\.csv/)
  })

  test.for(['cut', 'removed', 'longer'] as const)(
    'an input that is %s while it is read',
    async (fault) => {
      const whole = eventsCsv(80_000)
      const path = scene.write('events.csv', whole)
      const { millis } = await scene.run(['sessions', 'events.csv', '-o', 'out.csv'])
      for (const share of [0.4, 0.6]) {
        scene.write('events.csv', whole)
        scene.write('out.csv', 'old')
        const { ended } = scene.start(['sessions', 'events.csv', '-o', 'out.csv'])
        await pause(share * millis)
        if (fault === 'cut') truncateSync(path, 100_000)
        else if (fault === 'longer') appendFileSync(path, 'u1,2024-01-01T00:00:00Z,View,Web,1\n')
        else rmSync(path)
        const { exit, stderr } = await ended
        // It may have been over before, or not begun; else it says what happened.
        if (exit === 0) continue
        expect(stderr).toMatch(/events\.csv/)
        expect(stderr).not.toMatch(BUG)
        expect({ exit, out: scene.read('out.csv').toString() }).toEqual({ exit: 3, out: 'old' })
        expect(scene.leftovers()).toEqual([])
      }
    },
  )
})

test.skipIf(process.platform === 'win32')('standard input that is a folder is told', async () => {
  mkdirSync(scene.path('day'))
  scene.write('day/events.csv', eventsCsv(10))
  for (const command of ['follow', 'follow -', '-', 'sessions -', 'inspect -', 'trend', 'report']) {
    const { exit, stdout, stderr } = await scene.shell(`sessionize ${command} < day`)
    expect({ command, exit, stdout }).toEqual({ command, exit: 3, stdout: '' })
    expect(stderr).toMatch(/^error: Standard input is a folder\.\nhint: Give the name /)
  }
  // Where it is not read, it does not matter.
  expect((await scene.shell('sessionize day < day')).exit).toBe(0)
  const followed = await scene.shell('sessionize follow day')
  expect(followed.exit).toBe(3)
  expect(followed.stderr).toContain('error: day is a folder, and a stream is one file.')
})

describe.skipIf(process.platform === 'win32')('readers', () => {
  test('one that leaves early is no error', async () => {
    scene.write('events.csv', eventsCsv(60_000))
    const ended = await scene.shell(
      'sessionize sessions events.csv --gap 1ms --rejects rejects.csv | head -n 1',
    )
    expect(ended).toMatchObject({ exit: 0, stderr: '' })
    expect(ended.stdout).toMatch(/^user,.*\n$/)
    // What was asked for as well is there nevertheless.
    expect(scene.read('rejects.csv').toString()).toMatch(/^file,row/)
    expect(scene.leftovers()).toEqual([])
    // As is a message that nobody reads.
    expect((await scene.shell('sessionize gone.csv 2>/dev/full')).exit).toBe(3)
    expect((await scene.shell('sessionize gone.csv 2>&-')).exit).toBe(3)
  })

  test.runIf(process.platform === 'linux')('one that is slow does not fill memory', async () => {
    scene.write('events.csv', eventsCsv(150_000))
    const args = ['sessions', 'events.csv', '--gap', '1ms']
    const { child, ended } = scene.start(args, { unread: true })
    let settled = 0
    let before = -1
    // Its table of 20 MB waits in a file, not in memory.
    for (let i = 0; i < 100; i++) {
      await pause(200)
      const now = peakBytes(child.pid)
      if (now === before && now > 0 && ++settled >= 10) break
      if (now !== before) settled = 0
      before = now
    }
    const whileReading = peakBytes(child.pid)
    let bytes = 0
    child.stdout?.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    expect((await ended).exit).toBe(0)
    expect(whileReading).toBe(before)
    expect(bytes).toBeGreaterThan(5 * MiB)
  })
})

describe.skipIf(process.platform !== 'linux')('limits', () => {
  test('the memory limit holds, and --temp-dir is used and emptied', async () => {
    expect((await scene.run(['generate', '--events', '1M', '-o', 'e.parquet'])).exit).toBe(0)
    mkdirSync(scene.path('spill'))
    const { child, ended } = scene.start([
      ...TIGHT,
      ...LITTLE,
      '--temp-dir',
      'spill',
      '-o',
      'tight.csv',
    ])
    let peak = 0
    let spilled = 0
    const watch = setInterval(() => {
      peak = Math.max(peak, peakBytes(child.pid))
      spilled = Math.max(spilled, ...filesUnder(scene.path('spill')))
    }, 20)
    const { exit, stderr } = await ended
    clearInterval(watch)
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    expect(readdirSync(scene.path('spill'))).toEqual([])
    expect(spilled).toBeGreaterThan(0)
    expect(peak).toBeLessThan(100e6 + OVERHEAD_BYTES)
    // What memory there is changes the time, never the result.
    expect((await scene.run([...TIGHT, '-o', 'roomy.csv'])).exit).toBe(0)
    expect(scene.read('tight.csv').equals(scene.read('roomy.csv'))).toBe(true)
  })

  test('few file descriptors', async () => {
    mkdirSync(scene.path('many'))
    const [header = '', ...rows] = eventsCsv(400).trimEnd().split('\n')
    rows.forEach((row, i) => {
      scene.write(`many/${i}.csv`, `${header}\n${row}\n`)
    })
    const ended = await scene.shell('ulimit -n 64; sessionize many --format json')
    expect(ended.stderr).not.toMatch(BUG)
    if (ended.exit === 0) expect(JSON.parse(ended.stdout)).toMatchObject({ ledger: { read: 400 } })
    else expectProblem(ended, 3, /open files/i)
    expect(scene.leftovers()).toEqual([])
  })

  // Node itself takes about twenty before it runs anything.
  test.for([20, 24, 26, 28, 31, 36, 44])('hardly any: %d', async (most) => {
    mkdirSync(scene.path('many'))
    for (let i = 0; i < 40; i++) scene.write(`many/${i}.csv`, eventsCsv(3))
    scene.write('e.csv', eventsCsv(3))
    for (const line of [
      'many',
      'sessions e.csv --state st -o out.csv',
      'follow e.csv --checkpoint cp -o live.ndjson',
      'report e.csv -o out.html',
    ]) {
      const { exit, stderr } = await scene.shell(`ulimit -n ${most}; sessionize ${line}`)
      expect(stderr).not.toMatch(BUG)
      // Never 1, which means that a check failed.
      if (exit !== 0) {
        expect(stderr).toMatch(/^error: .*(open files|cannot be loaded)/m)
        expect([3, 4], stderr).toContain(exit)
      }
      expect(scene.leftovers()).toEqual([])
    }
  })

  test('little memory: an answer, or a clear error', async () => {
    scene.write('events.csv', eventsCsv(150_000))
    const plain = await scene.run(['sessions', 'events.csv', '--gap', '1ms'])
    for (const memory of ['64MB', '16MB', '1MB']) {
      const ended = await scene.run(['sessions', 'events.csv', '--gap', '1ms', '--memory', memory])
      if (ended.exit === 0) expect(ended.stdout === plain.stdout).toBe(true)
      else expectProblem(ended, 4, /memory/i)
      expect(scene.leftovers()).toEqual([])
    }
  })
})
