/**
 * Every folder in `test/cases` is a test: its files go in, and the session table that comes out
 * must equal `expected.csv`, byte for byte. The expected files are worked out by hand; nothing here
 * can write them.
 *
 * `case.json`: what the case shows (`about`), the flags (`args`), and where they matter the inputs
 * (default: every other file of the folder), the exit code, a part of the message on stderr, and
 * figures of the row ledger.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from './oracle/run.js'

interface Case {
  readonly about: string
  readonly args: readonly string[]
  readonly inputs?: readonly string[]
  readonly exit?: number
  readonly stderr?: string
  readonly ledger?: Readonly<Record<string, unknown>>
}

const ROOT = join(import.meta.dirname, 'cases')
const names = readdirSync(ROOT).sort()

test('there are cases', () => expect(names.length).toBeGreaterThanOrEqual(30))

describe.each(names)('%s', (name) => {
  const folder = join(ROOT, name)
  const expectedPath = join(folder, 'expected.csv')
  const {
    about,
    args,
    inputs,
    exit = 0,
    stderr,
    ledger,
  }: Case = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8'))
  const paths = (inputs ?? inputsOf(folder)).map((input) => join(folder, input))

  test(about, async () => {
    const ran = await run(['sessions', ...paths, '--format', 'csv', ...args])
    const said = { exit: ran.exit, stderr: exit === ran.exit ? '' : ran.stderr }
    expect(said).toEqual({ exit, stderr: '' })
    expect(ran.stdout).toBe(exit === 0 ? readFileSync(expectedPath, 'utf8') : '')
    if (exit !== 0) expect(existsSync(expectedPath)).toBe(false)
    if (stderr !== undefined) expect(ran.stderr).toContain(stderr)
    expect(ran.stderr).not.toMatch(/\n\s+at .*\(.*:\d+:\d+\)/)
  })

  test.runIf(ledger !== undefined)('its row ledger', async () => {
    const ran = await run([...paths, '--format', 'json', ...args])
    expect(ran.exit, ran.stderr).toBe(0)
    const summary: { ledger: LedgerShape } = JSON.parse(ran.stdout)
    expect(summary.ledger).toMatchObject(ledger ?? {})
    for (const counts of [summary.ledger, ...summary.ledger.files]) {
      expect(accounted(counts)).toBe(counts.read)
    }
    for (const key of ['read', 'kept'] as const) {
      expect(summary.ledger.files.reduce((sum, file) => sum + file[key], 0)).toBe(
        summary.ledger[key],
      )
    }
  })
})

interface Counts {
  readonly read: number
  readonly kept: number
  readonly duplicates: number
  readonly rejected: Readonly<Record<string, number>>
  readonly filtered: number
  readonly ignored: number
  readonly outOfSession: number
}

type LedgerShape = Counts & { readonly files: readonly Counts[] }

const accounted = (counts: Counts): number =>
  counts.kept +
  counts.duplicates +
  Object.values(counts.rejected).reduce((sum, n) => sum + n, 0) +
  counts.filtered +
  counts.ignored +
  counts.outOfSession

const inputsOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file !== 'case.json' && file !== 'expected.csv')
    .sort()
