/** A file is replaced whole or not at all, and nobody reads it meanwhile who could not before. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ownerMark } from '../../src/files/leftovers.js'
import { isPartialOf, Replacement, replaceFile } from '../../src/files/replacement.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sessionize-files-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)
const writing = { what: 'it', otherwise: 'choose another path' }

test('pieces are one file, of any size, and nothing else is left', () => {
  const piece = 'é'.repeat(700_000)
  replaceFile(at('a.txt'), ['x', piece, piece, ''], writing)
  expect(readFileSync(at('a.txt'), 'utf8')).toBe(`x${piece}${piece}`)
  expect(readdirSync(folder)).toEqual(['a.txt'])
})

test('what goes wrong on the way leaves the old file, and goes on as it is', () => {
  writeFileSync(at('a.txt'), 'old')
  function* broken(): Generator<string> {
    yield 'new'
    throw new RangeError('no more')
  }
  expect(() => replaceFile(at('a.txt'), broken(), writing)).toThrow(RangeError)
  expect(readFileSync(at('a.txt'), 'utf8')).toBe('old')
  expect(readdirSync(folder)).toEqual(['a.txt'])
  expect(() => replaceFile(at('nowhere/a.txt'), ['new'], writing)).toThrow(
    'Cannot write it: its folder does not exist.',
  )
})

describe.skipIf(process.platform === 'win32')('access', () => {
  test.for([0o600, 0o640, 0o644, 0o444, 0o400])('of the file before is that of %o', (mode) => {
    writeFileSync(at('a.txt'), 'old')
    chmodSync(at('a.txt'), mode)
    const replacement = Replacement.beside(at('a.txt'))
    // From its first moment; its owner has to write it.
    expect(modeOf(replacement.path)).toBe((mode | 0o600).toString(8))
    writeFileSync(replacement.path, 'new')
    replacement.commit()
    expect(modeOf(at('a.txt'))).toBe(mode.toString(8))
    expect(readFileSync(at('a.txt'), 'utf8')).toBe('new')
  })

  test('to a new file is as the user has it, or its owner’s alone', () => {
    const before = process.umask(0o027)
    try {
      replaceFile(at('shared.txt'), ['a'], writing)
      replaceFile(at('private.txt'), ['a'], { ...writing, isPrivate: true })
    } finally {
      process.umask(before)
    }
    expect([modeOf(at('shared.txt')), modeOf(at('private.txt'))]).toEqual(['640', '600'])
  })
})

describe('names', () => {
  test('on the way are never the same, and are told apart by where they go', () => {
    const [one, two] = [Replacement.beside(at('a.txt')), Replacement.beside(at('a.txt'))]
    const [first = '', second = ''] = readdirSync(folder)
    expect(first).not.toBe(second)
    expect([first, second].every((name) => isPartialOf(name, 'a.txt'))).toBe(true)
    expect([first, second].some((name) => isPartialOf(name, 'b.txt'))).toBe(false)
    expect(isPartialOf('.a.txt.partial', 'a.txt')).toBe(false)
    one.discard()
    two.discard()
    expect(readdirSync(folder)).toEqual([])
  })

  test('that are as long as they may be, are cut', () => {
    const name = 'ä'.repeat(127)
    replaceFile(at(name), ['a'], writing)
    expect(readFileSync(at(name), 'utf8')).toBe('a')
  })

  test.skipIf(process.platform === 'win32')('that could be guessed are not used', () => {
    writeFileSync(at('victim'), 'precious')
    for (const name of [`.a.txt.${ownerMark()}.partial`, 'a.txt.partial', '.a.txt.partial']) {
      symlinkSync(at('victim'), at(name))
    }
    replaceFile(at('a.txt'), ['new'], writing)
    expect(readFileSync(at('victim'), 'utf8')).toBe('precious')
    expect(readFileSync(at('a.txt'), 'utf8')).toBe('new')
  })
})

test.skipIf(process.platform === 'win32')('a link stays one, also to what is not there yet', () => {
  mkdirSync(at('inner'))
  symlinkSync('inner/real.txt', at('link.txt'))
  for (const content of ['first', 'second']) {
    replaceFile(at('link.txt'), [content], writing)
    expect(readFileSync(at('inner/real.txt'), 'utf8')).toBe(content)
    expect(readlinkSync(at('link.txt'))).toBe('inner/real.txt')
  }
  expect(readdirSync(at('inner'))).toEqual(['real.txt'])
})

test('what a dead run left goes, and what a living one is writing stays', () => {
  const [, place = ''] = ownerMark().split('-')
  const dead = at(`.a.txt.999999999-${place}-0123456789abcdef.partial`)
  const elsewhere = at('.a.txt.999999999-00000000-0123456789abcdef.partial')
  const living = at(`.a.txt.${process.pid}-${place}-0123456789abcdef.partial`)
  for (const path of [dead, elsewhere, living]) writeFileSync(path, 'part')
  replaceFile(at('b.txt'), ['b'], writing)
  expect([dead, elsewhere, living].map((path) => existsSync(path))).toEqual([false, true, true])
})
