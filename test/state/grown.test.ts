/** A file whose bytes are not those by which it was identified is not added. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { output, run } from '../oracle/run.js'

/** What happens once the files are hashed, and before anything else looks at them. */
let between = (): void => undefined

vi.mock('../../src/state/content.js', async (original) => {
  const content = await original<typeof import('../../src/state/content.js')>()
  return {
    ...content,
    identify: async (...files: Parameters<typeof content.identify>) => {
      const identified = await content.identify(...files)
      between()
      return identified
    },
  }
})

const root = mkdtempSync(join(tmpdir(), 'sessionize-grown-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let tests = 0
let folder = ''
const at = (name: string): string => join(folder, name)
beforeEach(() => {
  folder = join(root, String(tests++))
  mkdirSync(folder)
  between = () => undefined
})

const HEADER = 'user,time,event\n'
const row = (minute: number, user = 'a'): string => `${user},2024-01-01T10:0${minute}:00Z,x\n`
const add = (...names: readonly string[]) =>
  run(['sessions', ...names.map(at), '--state', at('state')])
const events = async (): Promise<string> =>
  output(['sessions', '--state', at('state'), '--columns', 'user,events'])

/** Each leaves a file of other rows where one was hashed. */
const changes: Readonly<Record<string, (path: string) => void>> = {
  'has grown': (path) => appendFileSync(path, row(2)),
  'has grown, with its time put back': (path) => {
    const { atime, mtime } = statSync(path)
    appendFileSync(path, row(2))
    utimesSync(path, atime, mtime)
  },
  'has other rows of the same size': (path) => writeFileSync(path, HEADER + row(3)),
  'has other rows of the same size and time': (path) => {
    const { atime, mtime } = statSync(path)
    writeFileSync(path, HEADER + row(3))
    utimesSync(path, atime, mtime)
  },
  'was replaced by another': (path) => {
    const { atime, mtime } = statSync(path)
    writeFileSync(`${path}.new`, HEADER + row(3))
    utimesSync(`${path}.new`, atime, mtime)
    renameSync(`${path}.new`, path)
  },
}

test.each(Object.entries(changes))('a file that %s', async (_, change) => {
  writeFileSync(at('0.csv'), HEADER + row(0))
  writeFileSync(at('1.csv'), HEADER + row(1))
  expect((await add('0.csv')).exit).toBe(0)
  const before = readFileSync(at('state/manifest.json'), 'utf8')
  const files = readdirSync(at('state'))
  between = () => change(at('1.csv'))
  const { exit, stderr } = await add('1.csv')
  expect([exit, stderr]).toEqual([3, expect.stringContaining('1.csv was changed while')])
  expect(readFileSync(at('state/manifest.json'), 'utf8')).toBe(before)
  expect(readdirSync(at('state'))).toEqual(files)
  // Once it rests, it is added once, however often it is named.
  between = () => undefined
  const rows = readFileSync(at('1.csv'), 'utf8').split('\n').length - 2
  for (let time = 0; time < 2; time++) {
    expect((await add('1.csv')).exit).toBe(0)
    expect(await events()).toBe(`user,events\na,${1 + rows}\n`)
  }
})

test('a file that grows while a later one is hashed', async () => {
  writeFileSync(at('1.csv'), HEADER + row(1))
  writeFileSync(at('2.csv'), HEADER + row(1, 'b'))
  between = () => appendFileSync(at('1.csv'), row(2))
  expect((await add('1.csv', '2.csv')).exit).toBe(3)
  between = () => undefined
  expect((await add('1.csv', '2.csv')).exit).toBe(0)
  expect((await add('1.csv', '2.csv')).stderr).toContain('Nothing to add.')
  expect(await events()).toBe('user,events\na,2\nb,1\n')
})

test('a file that was only touched is added', async () => {
  writeFileSync(at('1.csv'), HEADER + row(1))
  between = () => utimesSync(at('1.csv'), new Date(0), new Date(0))
  expect((await add('1.csv')).exit).toBe(0)
  expect(await events()).toBe('user,events\na,1\n')
})
