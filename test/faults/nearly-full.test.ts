/**
 * A disk that is nearly full takes a part of what is written and says so only when asked for the rest.
 * Whatever is written with so little room: the old file stands or the new one does, whole, and the
 * exit code says which.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ExportServer, sendZip } from '../pull/server.js'
import { BUG, type Ended } from './program.js'
import { eventsCsv, Scene } from './scene.js'
import { OTHER_WRITINGS, WRITINGS } from './writing.js'

const KIB = 1024
const OLD = 'the old one\n'

/** Where a file system can be mounted it is one in memory, else a limit on the size of each file. */
const canMount =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
const how = canMount ? 'a small file system in memory' : 'ulimit -f'

let scene: Scene
let folder = ''
beforeEach(() => {
  scene = new Scene()
  folder = scene.path('small')
  mkdirSync(folder)
  if (canMount) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder])
  // One of them in four is not parsed.
  const rows = eventsCsv(400).split('\n')
  scene.write('events.csv', rows.map((row, i) => (i % 4 === 3 ? 'no event' : row)).join('\n'))
})
afterEach(() => {
  if (canMount) execFileSync('umount', [folder])
  scene.remove()
})

const FILLER = 'filler'

/** Runs the program in the small folder with so much room. */
async function squeezed(args: readonly string[], kib: number, env = {}): Promise<Ended> {
  if (!canMount) {
    const line = args.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ')
    return scene.shell(`ulimit -f ${kib}; sessionize ${line}`, { cwd: folder, env })
  }
  const { bavail, bsize } = statfsSync(folder)
  const filler = Math.max(0, bavail * bsize - kib * KIB)
  writeFileSync(join(folder, FILLER), Buffer.alloc(filler))
  try {
    return await scene.run(args, { cwd: folder, env })
  } finally {
    rmSync(join(folder, FILLER))
  }
}

/** The limit holds for temporary files too. */
const enough = (kib: number): number => kib + (canMount ? 32 : 8192)

const read = (name: string): string => readFileSync(join(folder, name), 'latin1')
const names = (): string[] => readdirSync(folder).filter((name) => name !== FILLER)

function expectFull({ exit, stderr }: Ended): void {
  expect(stderr).not.toMatch(BUG)
  expect(stderr).toMatch(/^error: .*(the disk is full|larger than a file may be|File too large)/im)
  expect(stderr).toMatch(/^hint: /m)
  // Of the files that were named.
  expect(stderr).not.toMatch(/\.partial/)
  expect(exit).toBe(4)
}

describe.skipIf(process.platform === 'win32')(how, { timeout: 300_000 }, () => {
  test.for([...WRITINGS, ...OTHER_WRITINGS])('$name', async ({ args, outputs }) => {
    symlinkSync('../events.csv', join(folder, 'events.csv'))
    const smaller = args.map((arg) => (arg === '20k' ? '600' : arg))
    const usual = await scene.run(smaller, { cwd: folder })
    expect([0, 1], usual.stderr).toContain(usual.exit)
    const whole = outputs.map(read)
    const beside = names().filter((name) => !outputs.includes(name))
    const kib = Math.ceil(whole.reduce((sum, { length }) => sum + length, 0) / KIB)

    const seen = new Set<string>()
    for (const room of new Set([0, Math.max(4, Math.floor(kib / 2)), enough(kib)])) {
      for (const output of outputs) writeFileSync(join(folder, output), OLD)
      const ended = await squeezed(smaller, room)
      const isNew = ended.exit === usual.exit
      expect(outputs.map(read), `${room} kB`).toEqual(isNew ? whole : outputs.map(() => OLD))
      if (!isNew) expectFull(ended)
      expect(names().filter((name) => !outputs.includes(name))).toEqual(beside)
      seen.add(isNew ? 'new' : 'old')
    }
    expect([...seen].sort()).toEqual(['new', 'old'])
  })

  const everything = (path: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(path)
        .sort()
        .map((name) => [name, readFileSync(join(path, name), 'latin1')]),
    )

  test('a state', async () => {
    mkdirSync(scene.path('many'))
    for (let i = 0; i < 100; i++)
      scene.write(`many/${i}.csv`, eventsCsv(1).replace(/^u0/m, `u${i}`))
    const first = ['sessions', scene.path('many'), '--state', 'st', '-o', '/dev/null']
    expect((await scene.run(first)).exit).toBe(0)
    const state = join(folder, 'st')
    for (const args of [
      ['sessions', scene.path('events.csv'), '--state', 'st', '-o', '/dev/null'],
      ['sessions', scene.path('events.csv'), '--state', 'st', '--columns', 'user', '-o', 'o.csv'],
      ['state', 'compact', 'st'],
    ]) {
      const seen = new Set<string>()
      for (const room of [4, 40, 256]) {
        cpSync(scene.path('st'), state, { recursive: true })
        const before = everything(state)
        const ended = await squeezed(args, room)
        const held = await scene.run(['state', 'list', 'st', '--format', 'json'], { cwd: folder })
        expect(held.exit, `${room} kB, ${ended.stderr}: ${held.stderr}`).toBe(0)
        const { files, segments } = JSON.parse(held.stdout)
        if (ended.exit === 0) {
          expect([files.length, segments]).toEqual(args[0] === 'state' ? [100, 1] : [101, 2])
        } else {
          expectFull(ended)
          // An answer with no room for itself comes after the state has grown.
          if (files.length === 100) expect(everything(state)).toEqual(before)
          else expect(args).toContain('o.csv')
        }
        expect(names().filter((name) => !['st', 'o.csv'].includes(name))).toEqual([])
        seen.add(ended.exit === 0 ? 'new' : 'old')
        rmSync(state, { recursive: true })
      }
      expect([...seen].sort()).toEqual(['new', 'old'])
    }
  })

  test('a state that is new', async () => {
    const args = ['sessions', scene.path('events.csv'), '--state', 'st', '-o', '/dev/null']
    for (const room of [0, 4]) {
      expectFull(await squeezed(args, room))
      expect(names()).toEqual([])
    }
  })

  test('the output and the checkpoint of follow', async () => {
    const lines = (from: number, to: number): string =>
      Array.from(
        { length: to - from },
        (_, i) =>
          `{"user_id":"u${from + i}","time":"${new Date(Date.UTC(2024, 0, 1) + (from + i) * 600_000).toISOString()}","event":"a"}\n`,
      ).join('')
    const args = ['follow', scene.path('events.ndjson'), '--checkpoint', 'cp', '-o', 'out']
    scene.write('events.ndjson', lines(0, 600))
    expect((await scene.run(args, { cwd: folder })).exit).toBe(0)
    const whole = read('out')
    for (const name of names()) rmSync(join(folder, name))

    const seen = new Set<number | null>()
    for (const room of [0, 12, 40, 512]) {
      scene.write('events.ndjson', lines(0, 200))
      expect((await scene.run(args, { cwd: folder })).exit).toBe(0)
      const checkpoint = read('cp')
      scene.write('events.ndjson', lines(0, 600))
      const ended = await squeezed(args, room)
      if (ended.exit === 0) expect(read('out')).toBe(whole)
      else {
        expectFull(ended)
        expect(ended.stderr).not.toContain('temp-dir')
        expect(read('cp')).toBe(checkpoint)
      }
      expect(names().sort()).toEqual(['cp', 'out'])
      // With room again it goes on as if nothing had been.
      expect((await scene.run(args, { cwd: folder })).exit).toBe(0)
      expect(read('out')).toBe(whole)
      seen.add(ended.exit)
      for (const name of names()) rmSync(join(folder, name))
    }
    expect(seen).toEqual(new Set([4, 0]))
  })

  test('what is pulled', async () => {
    const server = await ExportServer.start()
    server.reply = sendZip
    try {
      const keys = { AMPLITUDE_API_KEY: 'a', AMPLITUDE_SECRET_KEY: 'b' }
      const pull = (end: string): string[] => [
        ...['pull', 'amplitude', '--start', '20240101', '--end', end],
        ...['--base-url', server.url, '-o', 'exports'],
      ]
      const seen = new Set<number | null>()
      for (const room of [0, 8, 64, 512]) {
        const begun = await scene.run(pull('20240115'), { cwd: folder, env: keys })
        expect(begun.exit, begun.stderr).toBe(0)
        const ended = await squeezed(pull('20240301'), room, keys)
        if (ended.exit !== 0) expectFull(ended)
        // What is there counts and is whole, and the rest is pulled.
        const rest = await scene.run(pull('20240301'), { cwd: folder, env: keys })
        expect(rest.exit, rest.stderr).toBe(0)
        const held = readdirSync(join(folder, 'exports'))
        expect(held.filter((name) => name.endsWith('.zip'))).toHaveLength(60)
        expect(held.filter((name) => !name.endsWith('.zip'))).toEqual(['.sessionize-pull.json'])
        const { stdout } = await scene.run(['exports', '--format', 'json'], { cwd: folder })
        expect(JSON.parse(stdout)).toMatchObject({ ledger: { read: 60 } })
        seen.add(ended.exit)
        rmSync(join(folder, 'exports'), { recursive: true })
      }
      expect(seen).toEqual(new Set([4, 0]))
    } finally {
      await server.stop()
    }
  })
})
