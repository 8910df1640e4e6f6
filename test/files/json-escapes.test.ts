/** JSON without characters that a terminal obeys, and with the same values. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { escapeJsonFile, harmlessJson } from '../../src/files/json-escapes.js'

const folder = mkdtempSync(join(tmpdir(), 'json-escapes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'x.ndjson')

async function inFile(text: string): Promise<string> {
  writeFileSync(path, text)
  await escapeJsonFile(path)
  return readFileSync(path, 'utf8')
}

const OBEYED = /(?!\n)\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}/u

test('every character of the plane, one at a time and together', async () => {
  const characters: string[] = []
  for (let code = 0; code < 0x10000; code++) {
    if (code < 0xd800 || code > 0xdfff) characters.push(String.fromCharCode(code))
  }
  const lines = characters.map((character) => JSON.stringify({ [character]: `a${character}b` }))
  const text = `${lines.join('\n')}\n`
  const harmless = await inFile(text)
  expect(harmless).toBe(harmlessJson(text))
  expect(harmless).not.toMatch(OBEYED)
  const read = harmless
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(read).toEqual(lines.map((line) => JSON.parse(line)))
  // What needs none is as it was.
  const same = harmless.split('\n').filter((line, at) => line === lines[at])
  expect(same.length).toBe(lines.length - 33 - 1 - 12 - 2 - 3)
})

test('a file that needs none is not touched', async () => {
  const text = '{"a":"Côte d’Ivoire 日本 👨‍👩‍👧 \\u0007"}\n'
  expect(await inFile(text)).toBe(text)
  expect(await inFile('')).toBe('')
})

test('over the ends of chunks, wherever a character falls', async () => {
  const chunk = 1024 * 1024
  for (const character of ['\u007f', '\u0085', '\u202e', '\ufeff', 'é', '日', '👨']) {
    for (let before = chunk - 5; before <= chunk + 1; before++) {
      const value = `${'x'.repeat(before)}${character.repeat(3)}${'y'.repeat(chunk)}\u0085`
      const text = `${JSON.stringify(value)}\n`
      expect(JSON.parse(await inFile(text)) === value).toBe(true)
      expect(readFileSync(path, 'utf8') === harmlessJson(text)).toBe(true)
    }
  }
})

test('a file that grows sixfold', async () => {
  const value = '\u007f'.repeat(3 * 1024 * 1024 + 17)
  expect(JSON.parse(await inFile(JSON.stringify(value))) === value).toBe(true)
})

test('any JSON', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json({ stringUnit: 'binary' }), async (text) => {
      const harmless = await inFile(text)
      expect(JSON.parse(harmless)).toEqual(JSON.parse(text))
      expect(harmless).not.toMatch(OBEYED)
    }),
  )
})
