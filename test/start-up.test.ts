/** What starting costs: the modules that are read before a command is known, and their size. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const PROGRAM = join(import.meta.dirname, '../bin/sessionize.js')

/** Read only by the commands that need them. */
const HEAVY =
  /node_modules\/(@duckdb|@observablehq|apache-arrow|csv-parse|d3|jstat|linkedom|valibot|yaml|yauzl|yazl)\b/

test('--help reads few modules, and none that is heavy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sessionize-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync(process.execPath, [PROGRAM, '--help'], {
    stdio: 'ignore',
    env: { ...process.env, NODE_V8_COVERAGE: folder },
  })
  const modules = readdirSync(folder)
    .flatMap((name): { result: { url: string }[] } =>
      JSON.parse(readFileSync(join(folder, name), 'utf8')),
    )
    .flatMap(({ result }) => result)
    .filter(({ url }) => url.startsWith('file:'))
    .map(({ url }) => fileURLToPath(url))
  expect(modules).toContain(PROGRAM)
  expect(modules.filter((path) => HEAVY.test(path.replaceAll('\\', '/')))).toEqual([])
  expect(modules.length).toBeLessThan(110)
  const bytes = modules.reduce((sum, path) => sum + statSync(path).size, 0)
  expect(bytes).toBeLessThan(420_000)
})
