/**
 * Inputs as they are found in the world, a folder each in `fixtures/reading`: `cmd.txt` is what is
 * typed there, `expected.txt` what is printed, worked out by hand or by an independent program, and
 * `source.txt` says where the symptom was reported.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from './oracle/run.js'

const CASES = join(import.meta.dirname, '..', 'fixtures', 'reading')

/** Words of a shell line: plain, or in single or double quotes. */
const words = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  )

describe.each(readdirSync(CASES).sort())('%s', (name) => {
  const folder = join(CASES, name)
  const text = (file: string): string => readFileSync(join(folder, file), 'utf8').trimEnd()

  test(text('source.txt'), async () => {
    const [program, ...args] = words(text('cmd.txt'))
    expect(program).toBe('sessionize')
    const { exit, stdout, stderr } = await run(
      args.map((word) => (existsSync(join(folder, word)) ? join(folder, word) : word)),
    )
    expect(stdout.trimEnd(), stderr).toBe(text('expected.txt'))
    expect(exit).toBe(0)
  })
})
