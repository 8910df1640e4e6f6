/**
 * What is loaded before a command does anything. Help and completion answer while somebody waits, so
 * what only the work needs is loaded by the work. A count of files is the same on every machine.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = new URL('../../', import.meta.url).href
const PROGRAM = fileURLToPath(new URL('bin/sessionize.js', ROOT))

/** The files of one run, as paths within the project. */
function loaded(args: readonly string[]): string[] {
  const log = join(tmpdir(), `startup-${process.pid}.txt`)
  const hook = `
    import { appendFileSync } from 'node:fs'
    export async function load(url, context, next) {
      appendFileSync(${JSON.stringify(log)}, url + '\\n')
      return next(url, context)
    }`
  const asModule = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`
  const register = `import { register } from 'node:module'; register(${JSON.stringify(asModule(hook))})`
  try {
    execFileSync(process.execPath, ['--import', asModule(register), PROGRAM, ...args])
    return [...new Set(readFileSync(log, 'utf8').trim().split('\n'))]
      .filter((url) => url.startsWith(ROOT))
      .map((url) => url.slice(ROOT.length))
  } finally {
    rmSync(log, { force: true })
  }
}

/** The modules in the bundled files among them. */
const modules = (files: readonly string[]): string[] =>
  files
    .filter((file) => file.startsWith('bundle/'))
    .flatMap((file) => [
      ...readFileSync(new URL(file, ROOT), 'utf8').matchAll(/^\/\/ (dist\/\S+\.js)$/gm),
    ])
    .map(([, name = '']) => name)

test.for([['--help'], ['--version'], ['sessions', '--help']])('%s loads little', (args) => {
  const files = loaded(args)
  const bytes = files.reduce((sum, file) => sum + readFileSync(new URL(file, ROOT)).length, 0)
  expect(modules(files)).toContain('dist/cli/main.js')
  expect(files.length, files.join('\n')).toBeLessThanOrEqual(30)
  expect(bytes).toBeLessThan(165_000)
})

test('help loads neither the engine nor what writes reports', () => {
  const files = loaded(['--help'])
  const packages = new Set(
    files.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []),
  )
  expect([...packages]).toEqual(['commander'])
  const folders = new Set(modules(files).flatMap((name) => /^dist\/(\w+)\//.exec(name)?.[1] ?? []))
  expect([...folders]).toContain('cli')
  for (const folder of ['engines', 'analysis', 'sources', 'state', 'sql', 'html']) {
    expect([...folders], folder).not.toContain(folder)
  }
})
