import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { ownerMark } from '../../src/files/leftovers.js'
import { State } from '../../src/state/state.js'
import { output, run } from '../oracle/run.js'

const root = mkdtempSync(join(tmpdir(), 'sessionize-state-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let tests = 0
let folder = ''
let state = ''
beforeEach(() => {
  folder = join(root, String(tests++))
  state = join(folder, 'state')
  mkdirSync(folder)
})

const day = (name: string, ...rows: readonly string[]): string => {
  const path = join(folder, name)
  writeFileSync(path, ['user,time,event,insert_id,platform', ...rows, ''].join('\n'))
  return path
}

const first = (): string =>
  day('1.csv', 'a,2024-01-01T10:00:00Z,view,1,web', 'a,2024-01-01T23:50:00Z,view,2,web')
const second = (): string =>
  day('2.csv', 'a,2024-01-02T00:10:00Z,view,3,ios', 'b,2024-01-02T09:00:00Z,view,4,ios')

const add = (path: string, ...flags: readonly string[]) =>
  run(['sessions', path, '--state', state, ...flags])

const lengths = async (...flags: readonly string[]): Promise<string> =>
  output(['sessions', '--state', state, '--columns', 'user,length_seconds,end_reason', ...flags])

test('a session goes on over the border of two files, and the last one is no longer cut', async () => {
  await add(first())
  expect(await lengths()).toBe('user,length_seconds,end_reason\na,0.0,gap\na,0.0,data_end\n')
  const { stderr } = await add(second())
  expect(stderr).toContain(`Added ${join(folder, '2.csv')}: 2 rows, 2 events.`)
  expect(stderr).toContain('The state holds 2 files.')
  expect(await lengths()).toBe(
    'user,length_seconds,end_reason\na,0.0,gap\na,1200.0,gap\nb,0.0,data_end\n',
  )
})

test('late events join old sessions, and merge two of them', async () => {
  await add(day('1.csv', 'a,2024-01-01T10:00:00Z,x,1,web', 'a,2024-01-01T10:50:00Z,x,2,web'))
  expect((await lengths()).split('\n')).toHaveLength(4)
  await add(day('2.csv', 'a,2024-01-01T10:25:00Z,x,3,web'))
  expect(await lengths()).toBe('user,length_seconds,end_reason\na,3000.0,data_end\n')
})

test('a duplicate that comes later but lies earlier takes the place of the one before', async () => {
  const flags = ['--dedupe', 'insert_id']
  await add(
    day('1.csv', 'a,2024-01-01T10:40:00Z,x,1,web', 'a,2024-01-01T10:41:00Z,x,2,web'),
    ...flags,
  )
  const { stderr } = await add(
    day('2.csv', 'a,2024-01-01T10:00:00Z,x,1,web', 'a,2024-01-01T10:45:00Z,x,2,web'),
    ...flags,
  )
  expect(stderr).toContain('2 rows, 1 event, 1 duplicate')
  expect(await lengths(...flags)).toBe(
    'user,length_seconds,end_reason\na,0.0,gap\na,0.0,data_end\n',
  )
  const summary: { ledger: Record<string, unknown> } = JSON.parse(
    await output(['--state', state, ...flags, '--format', 'json']),
  )
  expect(summary.ledger).toMatchObject({ read: 4, kept: 2, duplicates: 2 })
})

test('a folder whose name looks like a pattern, and rows that are alike in all columns', async () => {
  state = join(folder, 'state [1]* ?')
  await add(first(), '--dedupe', 'exact')
  await add(
    day('2.csv', 'a,2024-01-01T23:50:00Z,view,2,web', 'a,2024-01-02T00:00:00Z,view,5,web'),
    '--dedupe',
    'exact',
  )
  expect(await lengths('--dedupe', 'exact')).toBe(
    'user,length_seconds,end_reason\na,0.0,gap\na,600.0,data_end\n',
  )
})

test('what was added is told per file, and the state as a whole', async () => {
  await add(first())
  await add(second())
  const summary: { ledger: { read: number; files: unknown[] } } = JSON.parse(
    await output(['--state', state, '--format', 'json']),
  )
  expect(summary.ledger).toMatchObject({ read: 4, kept: 4 })
  expect(summary.ledger.files).toHaveLength(2)
  const listed: { files: { label: string }[]; segments: number } = JSON.parse(
    await output(['state', 'list', state, '--format', 'json']),
  )
  expect(listed.files.map(({ label }) => label)).toEqual([first(), second()])
  expect(listed.segments).toBe(2)
  expect(await output(['state', 'list', state])).toContain('gap 30m')
})

test('the same bytes under another name change nothing; other bytes under one name are told', async () => {
  await add(first())
  const before = readFileSync(join(state, 'manifest.json'), 'utf8')
  const copy = join(folder, 'copy.csv')
  writeFileSync(copy, readFileSync(first()))
  expect((await add(copy)).stderr).toContain('Nothing to add. 1 file in the state already.')
  expect(readFileSync(join(state, 'manifest.json'), 'utf8')).toBe(before)
  day('1.csv', 'c,2024-01-03T10:00:00Z,view,9,web')
  expect((await add(join(folder, '1.csv'))).stderr).toContain('added before with other content')
})

describe('a state is refused', () => {
  test.each([
    [['--gap', '10m'], 2, 'gap 30m, now 10m'],
    [['--boundary', 'at'], 2, 'boundary after, now at'],
    [['--cut-at-midnight'], 2, 'cut at midnight not set, now UTC'],
    [['--ignore-event', 'ping'], 2, 'ignored events not set, now ping'],
    [['--gap', 'platform=ios:5m'], 2, 'gaps per value'],
    [['--where', "platform = 'web'"], 2, '--where not set'],
    [['--from', '2024-01-01'], 2, '--from not set'],
    [['--timezone', 'Europe/Berlin'], 2, '--timezone UTC'],
    [['--by', 'platform'], 2, 'does not keep the property `platform`'],
    [['--count', 'view'], 2, 'does not keep the count of `view`'],
    [['--user', 'insert_id'], 2, 'user user, now insert_id'],
    [['--dedupe', 'insert_id'], 2, 'dedupe not set, now insert_id'],
    [['--max-length', '24h'], 4, '--max-length looks at events again'],
    [['--max-events', '5'], 4, '--max-events'],
    [['--passive-event', 'ping'], 4, '--passive-event'],
    [['--by-recorded'], 4, '--by-recorded'],
  ])('for %j', async (flags, exit, message) => {
    await add(first())
    const before = readFileSync(join(state, 'manifest.json'), 'utf8')
    const result = await add(second(), ...flags)
    expect([result.exit, result.stderr]).toEqual([exit, expect.stringContaining(message)])
    expect(result.stderr).toContain('hint: ')
    expect(readFileSync(join(state, 'manifest.json'), 'utf8')).toBe(before)
    expect(existsSync(join(state, 'lock'))).toBe(false)
  })

  test('when it is damaged, and can still be dropped', async () => {
    await add(first())
    const blocks = join(state, readdirSync(state).find((name) => name.startsWith('blocks')) ?? '')
    truncateSync(blocks, 10)
    const damaged = await add(second())
    expect([damaged.exit, damaged.stderr]).toEqual([
      3,
      expect.stringContaining('10 bytes instead of'),
    ])
    rmSync(blocks)
    expect((await add(second())).stderr).toContain('is missing')
    writeFileSync(join(state, 'manifest.json'), '{"schema":"sessionize/state/v9"}')
    expect((await add(second())).stderr).toContain('of version sessionize/state/v9')
    writeFileSync(join(state, 'manifest.json'), '{')
    expect((await add(second())).stderr).toContain('is not JSON')
    expect((await run(['state', 'drop', state])).exit).toBe(3)
    expect((await run(['state', 'drop', state, '--force'])).exit).toBe(0)
    expect(existsSync(state)).toBe(false)
  })

  test('when the folder holds something else', async () => {
    mkdirSync(state)
    writeFileSync(join(state, 'thesis.txt'), '')
    const result = await add(first())
    expect([result.exit, result.stderr]).toEqual([
      2,
      expect.stringContaining('it holds thesis.txt'),
    ])
    expect(readdirSync(state)).toEqual(['thesis.txt'])
  })
})

test('a damaged input leaves the state as it was', async () => {
  await add(first())
  const before = readdirSync(state)
  const path = join(folder, '2.csv.gz')
  writeFileSync(path, gzipSync(readFileSync(second())).subarray(0, 60))
  expect((await add(path)).exit).toBe(3)
  expect((await lengths()).split('\n')).toHaveLength(4)
  expect(readdirSync(state)).toEqual(before)
  expect((await add(join(folder, 'none.csv'))).exit).toBe(3)
})

test('a run that fails before anything was added leaves no folder', async () => {
  expect((await add(join(folder, 'none.csv'))).exit).toBe(3)
  expect(existsSync(state)).toBe(false)
  const alone = await run(['sessions', '--state', state])
  expect([alone.exit, alone.stderr]).toEqual([2, expect.stringContaining('Name the files to add')])
})

test('dropping removes what is the state’s, and nothing else', async () => {
  await add(first())
  writeFileSync(join(state, 'note.txt'), 'mine')
  expect((await run(['state', 'drop', state])).exit).toBe(0)
  expect(readdirSync(state)).toEqual(['note.txt'])
  const again = await run(['state', 'drop', state])
  expect([again.exit, again.stderr]).toEqual([3, expect.stringContaining('There is no state')])
})

describe('the lock', () => {
  const readIfThere = (path: string): string | undefined => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  }
  const lock = (content: Record<string, unknown> | string): string => {
    const path = join(state, 'lock')
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }
  const holder = (more: Record<string, unknown>) => ({
    pid: process.pid,
    host: hostname(),
    processStart: null,
    since: '2024-01-01T00:00:00.000Z',
    token: 'x',
    ...more,
  })

  test('keeps a second run out until the first has ended', async () => {
    await add(first())
    const open = State.open(state)
    const busy = await add(second())
    expect([busy.exit, busy.stderr]).toEqual([4, expect.stringContaining('is in use by process')])
    open.close()
    expect((await add(second())).exit).toBe(0)
  })

  test('of a process that is gone is taken over', async () => {
    await add(first())
    lock(holder({ pid: 2_147_483_646 }))
    expect((await add(second())).exit).toBe(0)
    expect(existsSync(join(state, 'lock'))).toBe(false)
  })

  test.runIf(process.platform === 'linux')(
    'of an earlier process of the same number too',
    async () => {
      await add(first())
      lock(holder({ processStart: '1' }))
      expect((await add(second())).exit).toBe(0)
    },
  )

  test('of another machine is left alone, with what to do', async () => {
    await add(first())
    lock(holder({ pid: 1, host: 'elsewhere' }))
    const { exit, stderr } = await add(second())
    expect([exit, stderr]).toEqual([4, expect.stringContaining('on elsewhere')])
    expect(stderr).toContain('If it is gone, remove')
  })

  test('that was never written whole counts for a moment only', async () => {
    await add(first())
    const path = lock('')
    expect((await add(second())).exit).toBe(4)
    const past = new Date(Date.now() - 60_000)
    utimesSync(path, past, past)
    expect((await add(second())).exit).toBe(0)
  })

  test('is never there without its content, whenever one looks', async () => {
    mkdirSync(state)
    const module = pathToFileURL(join(import.meta.dirname, '../../dist/files/lock.js')).href
    const child = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { Lock } from ${JSON.stringify(module)}
       const locked = { what: 'It', otherwise: 'wait', code: 'state_in_use' }
       for (;;) Lock.acquire(${JSON.stringify(join(state, 'lock'))}, locked).release()`,
    ])
    try {
      for (let seen = 0; seen < 500; ) {
        const content = readIfThere(join(state, 'lock'))
        if (content === undefined) {
          if (child.exitCode !== null) throw new Error('the child has ended')
          await setImmediate()
          continue
        }
        expect(JSON.parse(content)).toMatchObject({ pid: child.pid })
        seen++
      }
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('leaves nothing of a run that was killed while it took or left it', async () => {
    await add(first())
    const { pid } = spawnSync(process.execPath, ['--version'])
    const ours = ownerMark().replace(/^\d+/, String(pid))
    const theirs = ownerMark().replace(/.{8}$/, '00000000')
    const names = [`lock.${ours}.new`, `lock.${ours}.stale`, `lock.${theirs}.new`]
    for (const name of names) writeFileSync(join(state, name), '')
    expect((await add(second())).exit).toBe(0)
    expect(readdirSync(state).filter((name) => name.startsWith('lock'))).toEqual([names[2]])
  })

  test('that is lost during a run stops the run before anything counts', async () => {
    await add(first())
    const open = State.open(state)
    const { manifest } = open
    rmSync(join(state, 'lock'))
    if (manifest === undefined) throw new Error('no manifest')
    expect(() => open.commit(manifest)).toThrow('was taken over')
    open.close()
  })
})

test.each([
  [['--preset', 'mixpanel'], 'preset generic, now mixpanel'],
  [['--clock', 'server'], 'clock not set, now server'],
  [['--dedupe', 'platform'], 'dedupe user,event, now platform'],
  [['--dedupe', 'exact'], 'dedupe user,event, now exact'],
])('a state alone is not asked as if it had been read otherwise: %j', async (flags, message) => {
  await add(first(), '--dedupe', 'user,event')
  expect((await run(['sessions', '--state', state, '--dedupe', 'user,event'])).exit).toBe(0)
  const { exit, stderr } = await run(['sessions', '--state', state, ...flags])
  expect(exit).toBe(2)
  expect(stderr).toContain(message)
})
