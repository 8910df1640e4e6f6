/**
 * Every folder in `test/cases` is a test: its files go in, and the session table that comes out
 * must equal `expected.csv`, byte for byte. The expected files are worked out by hand; nothing here
 * can write them.
 *
 * `case.json`: what the case shows (`about`), the flags (`args`), and where they matter the inputs
 * (default: every other file of the folder), the file that comes on stdin, the exit code, a part of
 * the message on stderr, and figures of the row ledger.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CASES, readCase } from './cases.js'
import { type Run, run } from './oracle/run.js'

const names = readdirSync(CASES).sort()

test('there are cases', () => expect(names.length).toBeGreaterThanOrEqual(30))

describe.each(names)('%s', (name) => {
  const folder = join(CASES, name)
  const expectedPath = join(folder, 'expected.csv')
  const { about, args, paths, stdin, exit = 0, stderr, ledger } = readCase(name)
  const ran = (argv: readonly string[]): Promise<Run> => run(argv, stdin)

  test(about, async () => {
    const result = await ran(['sessions', ...paths, '--format', 'csv', ...args])
    const said = { exit: result.exit, stderr: exit === result.exit ? '' : result.stderr }
    expect(said).toEqual({ exit, stderr: '' })
    expect(result.stdout).toBe(exit === 0 ? readFileSync(expectedPath, 'utf8') : '')
    if (exit !== 0) expect(existsSync(expectedPath)).toBe(false)
    if (stderr !== undefined) expect(result.stderr).toContain(stderr)
    expect(result.stderr).not.toMatch(/\n\s+at .*\(.*:\d+:\d+\)/)
  })

  if (ledger === undefined) return
  test('its row ledger', async () => {
    // A summary has no columns to choose.
    const other = args.filter((arg, i) => arg !== '--columns' && args[i - 1] !== '--columns')
    const result = await ran([...paths, '--format', 'json', ...other])
    expect(result.exit, result.stderr).toBe(0)
    const summary: { ledger: LedgerShape } = JSON.parse(result.stdout)
    expect(summary.ledger).toMatchObject(ledger)
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
