/** Every file of a state is the one that was written, or the run ends and names it. */
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { output, run } from '../oracle/run.js'

const root = mkdtempSync(join(tmpdir(), 'sessionize-damage-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const at = (name: string): string => join(root, name)

const FLAGS = ['--dedupe', 'insert_id', '--by', 'platform']
const MANIFEST = 'manifest.json'
/** One of each kind that a state can have. */
const FILES = [
  MANIFEST,
  'blocks-000001.parquet',
  'rows-000001.parquet',
  'blocks-000002.parquet',
  'voided-000002.parquet',
  'rows-000002.parquet',
  'beaten-000002.parquet',
]
/** What an answer is made of; the others are for what is added. */
const READ = /^(manifest|blocks|voided)/

const csv = (name: string, rows: readonly string[]): string => {
  writeFileSync(at(name), ['user,time,event,insert_id,platform', ...rows, ''].join('\n'))
  return at(name)
}

const day = (of: number, from: number): string[] =>
  Array.from({ length: 60 }, (_, i) => {
    const minute = String((i * 7) % 60).padStart(2, '0')
    return `u${i % 9},2024-01-0${of}T1${i % 8}:${minute}:00Z,e${i % 4},${from + i},${i % 2 === 0 ? 'web' : 'ios'}`
  })

let healthy = ''
let answer = ''
let state = ''
let tests = 0

beforeAll(async () => {
  healthy = at('healthy')
  await output(['sessions', csv('1.csv', day(1, 0)), ...FLAGS, '--state', healthy])
  cpSync(healthy, at('older'), { recursive: true })
  // A copy of what the state has, but earlier: the row that it has is taken back.
  const earlier = ['u1,2024-01-01T09:59:00Z,e1,1,ios', ...day(2, 60)]
  await output(['sessions', csv('2.csv', earlier), ...FLAGS, '--state', healthy])
  csv('3.csv', day(3, 120))
  await output(['sessions', csv('other.csv', day(4, 500)), ...FLAGS, '--state', at('other')])
  for (const more of [5, 6]) {
    const rows = day(more, more * 100)
    await output(['sessions', csv(`${more}.csv`, rows), ...FLAGS, '--state', at('other')])
  }
  expect(readdirSync(healthy).sort()).toEqual([...FILES, 'committed-000002'].sort())
  answer = await output(['summary', '--state', healthy, ...FLAGS, '--format', 'json'])
})

beforeEach(() => {
  state = at(`state-${tests++}`)
  cpSync(healthy, state, { recursive: true })
})

const ask = () => run(['summary', '--state', state, ...FLAGS, '--format', 'json'])
const verify = () => run(['state', 'verify', state])
const add = () => run(['sessions', at('3.csv'), '--state', state, ...FLAGS])
const compact = () => run(['state', 'compact', state])

/** Ends with an error of ours that names the file, and the state stays as it is. */
async function refused(
  what: () => ReturnType<typeof run>,
  name: string,
  how: string | RegExp = `${name} is not as it was written`,
): Promise<void> {
  const before = contents()
  const { exit, stdout, stderr } = await what()
  expect([exit, stdout, stderr]).toEqual([3, '', expect.stringMatching(how)])
  expect(stderr).toContain(`error: The state in ${state} is damaged: `)
  expect(stderr).toContain(name)
  expect(stderr).toContain(`sessionize state drop ${state} --force`)
  expect(contents()).toEqual(before)
}

const contents = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(state)
      .filter((name) => statSync(join(state, name)).isFile())
      .map((name) => [name, hashed(readFileSync(join(state, name)))]),
  )

const hashed = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const flip = (name: string, bit: number): void => {
  const bytes = readFileSync(join(state, name))
  const byte = Math.floor(bit / 8)
  bytes[byte] = (bytes[byte] ?? 0) ^ (1 << (bit % 8))
  writeFileSync(join(state, name), bytes)
}

/** Spread over the file, its beginning and its end among them; the same in every run. */
const bitsOf = (name: string, count: number): number[] => {
  const bits = statSync(join(healthy, name)).size * 8
  return Array.from({ length: count }, (_, i) =>
    i === 0 ? 0 : i === 1 ? bits - 1 : Math.imul(i, 2_654_435_761) >>> 0,
  ).map((bit) => bit % bits)
}

describe.each(FILES)('%s', (name) => {
  const notAsWritten = name === MANIFEST ? MANIFEST : `${name} is not as it was written`

  test('with a bit flipped is found by `verify`', async () => {
    for (const bit of bitsOf(name, 80)) {
      flip(name, bit)
      await refused(verify, name, notAsWritten)
      flip(name, bit)
    }
    expect(await verify()).toMatchObject({ exit: 0, stderr: '' })
  })

  test('with a bit flipped changes no answer', async () => {
    for (const bit of bitsOf(name, 8)) {
      flip(name, bit)
      if (READ.test(name)) await refused(ask, name, notAsWritten)
      else expect(await ask()).toEqual({ exit: 0, stdout: answer, stderr: '' })
      flip(name, bit)
    }
  })

  test('with a bit flipped is not added to, and not made new', async () => {
    for (const bit of bitsOf(name, 4)) {
      flip(name, bit)
      await refused(add, name, notAsWritten)
      await refused(compact, name, notAsWritten)
      flip(name, bit)
    }
    expect((await add()).exit).toBe(0)
  })

  test.each([
    ['cut', () => truncateSync(join(state, name), 20)],
    ['emptied', () => truncateSync(join(state, name))],
    ['grown', () => appendFileSync(join(state, name), 'PAR1')],
    ['removed', () => rmSync(join(state, name))],
  ])('%s', async (_, change) => {
    change()
    const how = new RegExp(
      name === MANIFEST ? MANIFEST : `${name} (is missing|is not as it was written|has \\d+ bytes)`,
    )
    await refused(verify, name, how)
    await refused(add, name, how)
    if (READ.test(name)) await refused(ask, name, how)
    else expect((await ask()).stdout).toBe(answer)
  })
})

test.each(FILES.filter((name) => name !== MANIFEST))('%s of another state', async (name) => {
  // Where that has none of this kind, another file will do.
  const theirs = readdirSync(at('other')).includes(name) ? name : 'blocks-000001.parquet'
  cpSync(join(at('other'), theirs), join(state, name))
  const how = new RegExp(`${name} (is not as it was written|has \\d+ bytes)`)
  await refused(verify, name, how)
  await refused(add, name, how)
})

test('a manifest of another state does not fit its files', async () => {
  cpSync(join(at('other'), MANIFEST), join(state, MANIFEST))
  for (const what of [ask, verify, add]) await refused(what, 'blocks-000001.parquet', / (is|has) /)
})

test.each([
  ['blocks-000001.parquet', 'blocks-000002.parquet'],
  ['rows-000001.parquet', 'rows-000002.parquet'],
])('%s and %s swapped', async (one, two) => {
  cpSync(join(healthy, one), join(state, two))
  cpSync(join(healthy, two), join(state, one))
  await refused(verify, `${two} `, new RegExp(`${one} .*; ${two} `))
  await refused(add, one, one)
})

test('a manifest from before the last run', async () => {
  cpSync(join(at('older'), MANIFEST), join(state, MANIFEST))
  for (const what of [ask, verify, add, compact]) {
    await refused(what, MANIFEST, 'manifest.json is an older one, from before run 2')
  }
})

test('a folder in the place of a file', async () => {
  const name = 'blocks-000002.parquet'
  rmSync(join(state, name))
  mkdirSync(join(state, name))
  for (const what of [ask, verify, add]) {
    const { exit, stderr } = await what()
    expect([exit, stderr]).toEqual([3, expect.stringContaining(`Cannot read ${name} of the state`)])
  }
})

test('what is damaged can be dropped, also without its manifest', async () => {
  rmSync(join(state, MANIFEST))
  expect((await run(['state', 'drop', state])).exit).toBe(3)
  expect(readdirSync(state)).toHaveLength(FILES.length)
  expect((await run(['state', 'drop', state, '--force'])).exit).toBe(0)
  expect(readdirSync(root)).not.toContain(`state-${tests - 1}`)
})

test('a run that was killed before it marked its manifest is whole, and marked by the next', async () => {
  rmSync(join(state, 'committed-000002'))
  writeFileSync(join(state, 'committed-000001'), '')
  expect(await ask()).toEqual({ exit: 0, stdout: answer, stderr: '' })
  expect((await verify()).exit).toBe(0)
  expect((await run(['sessions', at('1.csv'), '--state', state, ...FLAGS])).exit).toBe(0)
  expect(readdirSync(state).filter((name) => name.startsWith('committed'))).toEqual([
    'committed-000002',
  ])
})

describe('a state without checksums', () => {
  /** As the first version wrote it. */
  beforeEach(() => {
    const path = join(state, MANIFEST)
    const old = readFileSync(path, 'utf8')
      .replace('sessionize/state/v2', 'sessionize/state/v1')
      .replace(/,\n "checksum": "[0-9a-f]{64}"/, '')
    const { segments, ...rest }: { segments: Segment[] } = JSON.parse(old)
    const without = segments.map((segment) =>
      Object.fromEntries(
        Object.entries(segment).map(([key, value]) => {
          if (typeof value !== 'object' || value === null) return [key, value]
          const { sha256: _, ...file } = value
          return [key, file]
        }),
      ),
    )
    writeFileSync(path, `${JSON.stringify({ ...rest, segments: without }, null, 1)}\n`)
    rmSync(join(state, 'committed-000002'))
    expect(readFileSync(path, 'utf8')).not.toMatch(/sha256": "[^"]+",\n\s+"rows|checksum/)
  })
  type Segment = Readonly<Record<string, number | null | { readonly sha256: string }>>

  test('is read with a warning', async () => {
    const { exit, stdout, stderr } = await ask()
    expect([exit, stdout]).toEqual([0, answer])
    expect(stderr).toContain(
      `warning: The state in ${state} is of an older version, and its files have no checksums.`,
    )
    expect(stderr).toContain(`sessionize state compact ${state}`)
    const verified = await verify()
    expect([verified.exit, verified.stdout]).toEqual([
      0,
      expect.stringContaining('no checksums to compare with'),
    ])
  })

  test('is refused in words of ours when the engine cannot read it', async () => {
    const name = join(state, 'blocks-000001.parquet')
    writeFileSync(name, Buffer.alloc(statSync(name).size, 7))
    const { exit, stdout, stderr } = await ask()
    expect([exit, stdout]).toEqual([3, ''])
    expect(stderr).toContain(`error: The state in ${state} is damaged: its files have no checksums`)
    expect(stderr).toContain(`sessionize state drop ${state} --force`)
  })

  test('is refused when a file is missing or not of its size', async () => {
    truncateSync(join(state, 'blocks-000001.parquet'), 20)
    await refused(ask, 'blocks-000001.parquet', 'has 20 bytes instead of')
    rmSync(join(state, 'blocks-000001.parquet'))
    await refused(verify, 'blocks-000001.parquet', 'is missing')
  })

  test.each([
    ['adds a file', add],
    ['compacts', compact],
  ])('gets them from the next run that %s', async (_, write) => {
    expect((await write()).exit).toBe(0)
    const after = await ask()
    expect([after.exit, after.stderr]).toEqual([0, ''])
    const [name = ''] = readdirSync(state).filter((one) => one.startsWith('blocks'))
    flip(name, 8_000)
    await refused(ask, name)
  })
})
