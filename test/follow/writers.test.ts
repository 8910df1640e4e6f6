/** Two followers never write to one checkpoint or one output, by whatever names they are called. */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { output, run } from '../oracle/run.js'
import { byUserAndNumber, comparable, parseLines } from './streams.js'

const CLI = join(import.meta.dirname, '..', '..', 'bin', 'sessionize.js')
const root = mkdtempSync(join(tmpdir(), 'follow-writers-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let tests = 0
let folder = ''
const at = (name: string): string => join(folder, name)
beforeEach(() => {
  folder = join(root, String(tests++))
  mkdirSync(folder)
  mkdirSync(at('linked'))
})

const T = Date.UTC(2024, 2, 5, 10)
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => {
    const timestamp = new Date(T + (from + i) * 240_000).toISOString()
    const user = `u${Math.floor((from + i) / 2) % 9}`
    return `${JSON.stringify({ user_id: user, timestamp, event: 'a' })}\n`
  }).join('')

interface Follower {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  stderr: string
}

function start(argv: readonly string[]): Follower {
  const child = spawn(process.execPath, [CLI, 'follow', ...argv], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  child.stdin?.on('error', () => undefined)
  const follower: Follower = {
    child,
    ended: new Promise((resolve) => child.once('close', resolve)),
    stderr: '',
  }
  child.stderr?.on('data', (chunk: Buffer) => {
    follower.stderr += chunk.toString()
  })
  return follower
}

const until = (condition: () => boolean, follower: Follower): Promise<void> =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error(`not yet: ${follower.stderr}`)
    },
    { timeout: 50_000, interval: 5 },
  )

const grown = (name: string): boolean => existsSync(at(name)) && statSync(at(name)).size > 0

/** A second name of a file of the first run. */
const names: Readonly<Record<string, (name: string) => string>> = {
  'the same': at,
  'a relative path': (name) => relative(process.cwd(), at(name)),
  'a link': (name) => {
    symlinkSync(at(name), at(`linked/${name}`))
    return at(`linked/${name}`)
  },
  'a linked folder': (name) => {
    if (!existsSync(at('linked/folder'))) symlinkSync(folder, at('linked/folder'))
    return at(`linked/folder/${name}`)
  },
  'a second name in the folder': (name) => {
    linkSync(at(name), at(`${name}.2`))
    return at(`${name}.2`)
  },
}

/** Each save of a checkpoint makes a file of its own of it, whatever other names it had. */
const cases = Object.keys(names).flatMap((name) =>
  ['output', 'checkpoint', 'both']
    .filter((shared) => shared === 'output' || name !== 'a second name in the folder')
    .map((shared) => [shared, name] as const),
)

describe('a second run is refused, and the first goes on', () => {
  test.each(cases)('%s, called by %s', async (shared, name) => {
    const named = names[name] ?? at
    const checkpoint = shared !== 'output'
    const first = start([
      ...['-o', at('out'), '--flush-on-end'],
      ...(checkpoint ? ['--checkpoint', at('cp'), '--checkpoint-every', '50ms'] : []),
    ])
    try {
      first.child.stdin?.write(lines(0, 2_000))
      await until(() => grown('out') && (!checkpoint || grown('cp')), first)
      writeFileSync(at('events'), lines(0, 10))
      const second = await run([
        ...['follow', at('events'), '--flush-on-end', '-o'],
        shared === 'checkpoint' ? at('other') : named('out'),
        ...(checkpoint ? ['--checkpoint', named('cp')] : []),
      ])
      expect([second.exit, second.stderr]).toEqual([
        4,
        expect.stringContaining(`is in use by process ${first.child.pid}, since `),
      ])
      expect(second.stderr).toContain('hint: Wait until it has finished')
      first.child.stdin?.end(lines(2_000, 4_000))
      expect(await first.ended, first.stderr).toBe(0)
    } finally {
      first.child.kill('SIGKILL')
    }
    await assertBatch(lines(0, 4_000))
    expect(readdirSync(folder).filter((one) => one.includes('lock'))).toEqual([])
  })
})

/** The output holds the sessions of the batch, each once. */
async function assertBatch(events: string): Promise<void> {
  writeFileSync(at('all.ndjson'), events)
  const batch = parseLines(await output(['sessions', at('all.ndjson'), '--format', 'ndjson']))
  const got = parseLines(readFileSync(at('out'), 'utf8')).sort(byUserAndNumber)
  expect(got.map((session) => comparable(session, batch[0] ?? {}))).toEqual(batch)
}

test('of several that start at once, one does it all', async () => {
  const events = lines(0, 30_000)
  writeFileSync(at('events'), events)
  const argv = [
    ...[at('events'), '-o', at('out'), '--flush-on-end'],
    ...['--checkpoint', at('cp'), '--checkpoint-every', '50ms'],
  ]
  const codes = await Promise.all([1, 2, 3].map(() => start(argv).ended))
  expect(codes).toContain(0)
  expect(codes.every((code) => code === 0 || code === 4)).toBe(true)
  await assertBatch(events)
})

test('the lock of a run that was killed is taken over', async () => {
  const argv = ['-o', at('out'), '--checkpoint', at('cp')]
  const first = start(argv)
  first.child.stdin?.write(lines(0, 100))
  await until(() => readdirSync(folder).some((name) => name.includes('lock')), first)
  first.child.kill('SIGKILL')
  await first.ended
  writeFileSync(at('events'), lines(0, 1_000))
  const { exit, stderr } = await run([
    ...['follow', at('events'), '-o', at('out'), '--checkpoint', at('cp'), '--flush-on-end'],
  ])
  expect(exit, stderr).toBe(0)
  await assertBatch(lines(0, 1_000))
  expect(readdirSync(folder).filter((one) => one.includes('lock'))).toEqual([])
})

/** Whatever does not look at locks. */
test.each([
  ['cut', () => truncateSync(at('out'))],
  ['cut and written again', () => writeFileSync(at('out'), 'mine\n')],
  ['appended to', () => appendFileSync(at('out'), 'mine\n')],
])('an output that is %s by another program ends the run without a hole', async (_, change) => {
  const first = start(['-o', at('out'), '--checkpoint', at('cp'), '--checkpoint-every', '50ms'])
  try {
    first.child.stdin?.write(lines(0, 2_000))
    await until(() => grown('out') && grown('cp'), first)
    change()
    const changed = readFileSync(at('out'))
    first.child.stdin?.end(lines(2_000, 4_000))
    expect([await first.ended, first.stderr]).toEqual([
      4,
      expect.stringContaining('was changed by another program'),
    ])
    expect(readFileSync(at('out'))).toEqual(changed)
  } finally {
    first.child.kill('SIGKILL')
  }
})

test('of two that do not see each other’s locks, the first ends', async () => {
  const first = start(['-o', at('out')])
  try {
    first.child.stdin?.write(lines(0, 2_000))
    await until(() => grown('out'), first)
    linkSync(at('out'), at('linked/out'))
    writeFileSync(at('events'), lines(0, 100))
    const second = await run(['follow', at('events'), '--flush-on-end', '-o', at('linked/out')])
    expect(second.exit, second.stderr).toBe(0)
    first.child.stdin?.end(lines(2_000, 4_000))
    expect([await first.ended, first.stderr]).toEqual([
      4,
      expect.stringContaining('was changed by another program'),
    ])
    await assertBatch(lines(0, 100))
  } finally {
    first.child.kill('SIGKILL')
  }
})

test('a lock that is removed by hand stops the run before it saves', async () => {
  const first = start(['-o', at('out'), '--checkpoint', at('cp'), '--checkpoint-every', '50ms'])
  try {
    first.child.stdin?.write(lines(0, 2_000))
    await until(() => grown('cp'), first)
    for (const name of readdirSync(folder)) if (name.endsWith('.lock')) rmSync(at(name))
    first.child.stdin?.end(lines(2_000, 4_000))
    expect([await first.ended, first.stderr]).toEqual([
      4,
      expect.stringContaining('was taken over'),
    ])
  } finally {
    first.child.kill('SIGKILL')
  }
})

test('a file that has the name of a lock is left alone', async () => {
  writeFileSync(at('events'), lines(0, 10))
  writeFileSync(at('.cp.lock'), 'my notes')
  const { exit, stderr } = await run(['follow', at('events'), '--checkpoint', at('cp')])
  expect([exit, stderr]).toEqual([2, expect.stringContaining('is not a lock of this program')])
  expect(readFileSync(at('.cp.lock'), 'utf8')).toBe('my notes')
})

test.skipIf(process.platform === 'win32')('pipes and devices are shared as ever', async () => {
  writeFileSync(at('events'), lines(0, 10))
  const first = start(['-o', '/dev/null'])
  try {
    await until(() => first.child.pid !== undefined, first)
    expect((await run(['follow', at('events'), '-o', '/dev/null'])).exit).toBe(0)
  } finally {
    first.child.kill('SIGKILL')
  }
})

/** As nobody, to whom the superuser's rights do not apply. */
test.runIf(process.getuid?.() === 0)(
  'an output in a folder that cannot be written is written without a lock',
  async () => {
    writeFileSync(at('events'), lines(0, 100))
    writeFileSync(at('out'), '')
    for (const path of [root, folder, at('events')]) chmodSync(path, 0o755)
    chmodSync(at('out'), 0o666)
    const child = spawn(
      process.execPath,
      [CLI, 'follow', at('events'), '-o', at('out'), '--flush-on-end'],
      { uid: 65_534, gid: 65_534, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect(code, stderr).toBe(0)
    await assertBatch(lines(0, 100))
  },
)
