/** The public API: documented as a whole, and docs/api.md says what it is. To write it anew: `npm run docs`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as library from '../src/index.js'
import { declarationsOf } from './api/declarations.js'
import { apiReference } from './api/reference.js'
import { ROOT } from './docs/world.js'

const INDEX = join(ROOT, 'src/index.ts')
const declarations = declarationsOf(INDEX)

/** Of the language, of Node and of Arrow. */
const KNOWN = [
  ...['AbortSignal', 'AsyncIterable', 'Date', 'Error', 'Exclude', 'Extract', 'Omit', 'Partial'],
  ...['Pick', 'Promise', 'Readable', 'Readonly', 'ReadonlyMap', 'Record', 'Table', 'const'],
]

describe('the public API', () => {
  test('is all that is exported', () => {
    const values = declarations.filter(({ kind }) => kind !== 'type').map(({ name }) => name)
    expect(values.toSorted()).toEqual(Object.keys(library).toSorted())
    expect(Object.keys(library.sessionize).toSorted()).toEqual(
      declarations
        .filter(({ kind, file }) => kind === 'function' && file.includes('library'))
        .map(({ name }) => name)
        .toSorted(),
    )
  })

  test('has a docstring for everything', () => {
    expect(declarations.filter(({ doc }) => doc === '').map(({ name }) => name)).toEqual([])
  })

  test('exports every type that it mentions', () => {
    const exported = new Set(
      declarations.map(({ code }) => /(?:interface|type|class) (\w+)/.exec(code)?.[1]),
    )
    const missing = declarations.flatMap(({ name, mentions }) =>
      mentions
        .filter((type) => !exported.has(type) && !KNOWN.includes(type))
        .map((type) => `${name}: ${type}`),
    )
    expect(missing).toEqual([])
  })

  test('is documented in docs/api.md', async () => {
    const [, header = ''] = /^\/\*\*\n([\s\S]*?)\n \*\//.exec(readFileSync(INDEX, 'utf8')) ?? []
    const introduction = header.replaceAll(/^ \* ?/gm, '').replace(/^The public API\.\n+/, '')
    const text = apiReference(introduction, declarations)
    await expect(text).toMatchFileSnapshot(join(ROOT, 'docs/api.md'))
  })
})
