/** Imports go down the data's path only, type-only and dynamic ones too. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseSync } from 'oxc-parser'
import { expect, test } from 'vitest'
import { ROOT } from './docs/world.js'

/** From the ground up: a folder, or a file beside them, imports what stands before it. */
const ORDER = [
  ...['package.ts', 'errors', 'units', 'sql', 'dialects', 'files', 'engines', 'figures'],
  ...['sources', 'events', 'sessions', 'state', 'remote', 'analysis', 'checks', 'report'],
  ...['warehouse', 'generate', 'pull', 'follow', 'library', 'index.ts', 'cli'],
]

const SRC = join(ROOT, 'src')
const floorOf = (path: string): number => ORDER.indexOf(path.split('/')[0] ?? '')

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /(?<!\.d)\.ts$/.test(path),
)

test.each(files)('%s imports nothing from above', (path) => {
  const text = readFileSync(join(SRC, path), 'utf8')
  const { module } = parseSync(path, text)
  const targets = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
      text.slice(start + 1, end - 1),
    ),
  ].filter((target) => target.startsWith('.'))
  const above = targets.filter((target) => {
    const to = relative(SRC, join(SRC, dirname(path), target)).replace(/\.js$/, '.ts')
    return floorOf(to) > floorOf(path)
  })
  expect(floorOf(path), 'has its place in the order').toBeGreaterThanOrEqual(0)
  expect(above).toEqual([])
})
