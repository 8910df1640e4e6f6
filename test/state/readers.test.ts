/** A state is asked without a lock and without a trace, whatever a writer does meanwhile. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { State } from '../../src/state/state.js'
import { mounted } from '../faults/system.js'
import { output, run } from '../oracle/run.js'

const CLI = join(import.meta.dirname, '../../bin/sessionize.js')
const root = mkdtempSync(join(tmpdir(), 'sessionize-readers-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const at = (name: string): string => join(root, name)

const csv = (name: string, day: number): string => {
  const rows = Array.from(
    { length: 200 },
    (_, i) => `u${i % 19},2024-01-0${day}T1${i % 9}:${String((i * 7) % 60).padStart(2, '0')}:00Z,e`,
  )
  writeFileSync(at(name), ['user,time,event', ...rows, ''].join('\n'))
  return at(name)
}

const state = at('state')
const QUESTION = ['summary', '--state', state, '--format', 'json']
let answer = ''
beforeAll(async () => {
  for (const day of [1, 2, 3]) {
    await output(['sessions', csv(`${day}.csv`, day), '--state', state])
  }
  answer = await output(QUESTION)
  chmodSync(root, 0o755)
  for (const name of readdirSync(state)) chmodSync(join(state, name), 0o644)
})

/** Every run that only asks. */
const QUESTIONS = [
  QUESTION,
  ['sessions', '--state', state],
  ['state', 'list', state],
  ['state', 'verify', state],
]

/** What is in the folder, and when it and each file were last written. */
const trace = (folder: string) => [
  statSync(folder, { bigint: true }).mtimeNs,
  ...readdirSync(folder).map((name) => {
    const { mtimeNs, ctimeNs, nlink } = statSync(join(folder, name), { bigint: true })
    return [name, mtimeNs, ctimeNs, nlink, readFileSync(join(folder, name)).toString('base64')]
  }),
]

test.each(QUESTIONS.map((argv) => [argv.slice(0, 2).join(' '), argv] as const))(
  '%s writes nothing, and works while another run holds the lock',
  async (_, argv) => {
    const free = await run(argv)
    expect(free.exit, free.stderr).toBe(0)
    const writer = State.open(state)
    try {
      const before = trace(state)
      expect(await run(argv)).toEqual(free)
      expect(trace(state)).toEqual(before)
    } finally {
      writer.close()
    }
  },
)

test('many at once', async () => {
  const answers = await Promise.all(Array.from({ length: 4 }, () => ended(start(QUESTION))))
  expect(answers).toEqual(
    Array.from({ length: 4 }, () => ({ code: 0, stdout: answer, stderr: '' })),
  )
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const start = (argv: readonly string[], uid?: number): ChildProcess =>
  spawn(process.execPath, [CLI, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })

function ended(child: ChildProcess): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => {
      said[stream] += chunk.toString()
    })
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...said })))
}

describe('of what cannot be written', () => {
  const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0

  test.runIf(canMount)('a read-only disk', async () => {
    await mounted(at('disk'), 'size=4m', async (disk) => {
      cpSync(state, join(disk, 'state'), { recursive: true })
      execFileSync('mount', ['-o', 'remount,ro', disk])
      const there = (argv: readonly string[]): string[] =>
        argv.map((word) => (word === state ? join(disk, 'state') : word))
      for (const argv of QUESTIONS) {
        const { exit, stderr } = await run(there(argv))
        expect([exit, stderr]).toEqual([0, ''])
      }
      expect((await run(there(QUESTION))).stdout).toBe(answer)
      const added = await run(there(['sessions', csv('4.csv', 4), '--state', state]))
      expect([added.exit, added.stderr]).toEqual([4, expect.stringContaining('read-only')])
    })
  })

  /** As nobody, to whom the superuser's rights do not apply. */
  test.runIf(process.getuid?.() === 0)('a state of another user', async () => {
    const before = trace(state)
    expect(await ended(start(QUESTION, 65_534))).toEqual({ code: 0, stdout: answer, stderr: '' })
    const added = await ended(start(['sessions', csv('5.csv', 5), '--state', state], 65_534))
    expect([added.code, added.stderr]).toEqual([4, expect.stringContaining('permission denied')])
    expect(trace(state)).toEqual(before)
  })
})

describe('while the state changes all the time', () => {
  /** Writes as fast as it can, in a process of its own, without starting one for each time. */
  const writing = (folder: string, loop: string): ChildProcess => {
    const url = (path: string): string =>
      JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../dist', path)).href)
    return spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { withoutSources } from ${url('events/dataset.js')}
       import { State, dropState } from ${url('state/state.js')}
       import { cpSync, renameSync } from 'node:fs'
       const folder = ${JSON.stringify(folder)}
       await withoutSources({}, async ({ engine }) => { for (;;) { ${loop} } })`,
    ])
  }

  const next = (folder: string): number =>
    JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')).next

  test('by `compact`: every answer is the same', async () => {
    const folder = at('compacted')
    cpSync(state, folder, { recursive: true })
    const writer = writing(
      folder,
      'const state = State.open(folder); await state.compact(engine); state.close()',
    )
    try {
      const begun = next(folder)
      for (let asked = 0, changed = begun; asked < 20 || changed < begun + 20; asked++) {
        if (writer.exitCode !== null) throw new Error('the writer has ended')
        const { exit, stdout, stderr } = await run(
          QUESTION.map((word) => (word === state ? folder : word)),
        )
        expect([exit, stderr]).toEqual([0, ''])
        expect(stdout).toBe(answer)
        expect((await run(['state', 'verify', folder])).exit).toBe(0)
        expect((await run(['state', 'list', folder])).exit).toBe(0)
        changed = next(folder)
      }
    } finally {
      await killed(writer)
    }
  })

  test('by `drop`: an answer is whole, or there is nothing to answer', async () => {
    const folder = at('dropped')
    cpSync(state, at('spare'), { recursive: true })
    cpSync(state, folder, { recursive: true })
    const writer = writing(
      folder,
      `const state = State.open(folder); state.drop(); state.close()
       cpSync(${JSON.stringify(at('spare'))}, folder + '.new', { recursive: true })
       renameSync(folder + '.new', folder)`,
    )
    try {
      const seen = new Set<number>()
      for (let asked = 0; asked < 60 && (asked < 10 || seen.size < 2); asked++) {
        if (writer.exitCode !== null) throw new Error('the writer has ended')
        const { exit, stdout, stderr } = await run(
          QUESTION.map((word) => (word === state ? folder : word)),
        )
        seen.add(exit)
        if (exit === 0) expect(stdout).toBe(answer)
        else expect([exit, stderr]).toEqual([2, expect.stringContaining('There is nothing in')])
      }
      expect([...seen]).toContain(0)
    } finally {
      await killed(writer)
    }
  })

  test('by files that are added: every answer is that of some run', async () => {
    const folder = at('added')
    const wanted = (argv: readonly string[]): string[] =>
      argv.map((word) => (word === state ? folder : word))
    await output(wanted(['sessions', at('1.csv'), '--state', state]))
    const answers = [await output(wanted(QUESTION))]
    const days = [2, 3]
    const after = at('after')
    cpSync(folder, after, { recursive: true })
    for (const day of days) {
      await output(['sessions', at(`${day}.csv`), '--state', after])
      answers.push(await output(QUESTION.map((word) => (word === state ? after : word))))
    }
    const seen = new Set<string>()
    const writer = (async () => {
      for (const day of days) {
        const { code, stderr } = await ended(
          start(wanted(['sessions', at(`${day}.csv`), '--state', state, '-o', at('ignored')])),
        )
        expect(code, stderr).toBe(0)
      }
    })()
    let over = false
    void writer.finally(() => {
      over = true
    })
    while (!over) seen.add(await output(wanted(QUESTION)))
    await writer
    seen.add(await output(wanted(QUESTION)))
    expect(answers).toEqual(expect.arrayContaining([...seen]))
    expect([...seen].at(-1)).toBe(answers.at(-1))
    expect(existsSync(join(folder, 'lock'))).toBe(false)
  })
})

async function killed(child: ChildProcess): Promise<void> {
  const end = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGKILL')
  await end
}
