import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

interface Manifest {
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}
interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>
}

const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const lock: Lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
const rows = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
const nameOf = ([cell = '']: readonly string[]): string => cell.replaceAll('`', '')

test('docs/dependencies.md justifies exactly the production dependencies, optional ones too', () => {
  const all = { ...manifest.dependencies, ...manifest.peerDependencies }
  expect(rows.map(nameOf).sort()).toEqual(Object.keys(all).sort())
  for (const row of rows) {
    expect(row.length).toBe(6)
    expect(row.every((cell) => cell.length > 2)).toBe(true)
  }
})

test('it names the releases that are installed', () => {
  for (const row of rows) {
    const { version = '' } = lock.packages[`node_modules/${nameOf(row)}`] ?? {}
    expect(row[3]?.split(', ')[0], nameOf(row)).toBe(version)
  }
})
