/** A state answers as one run over all files does, in whatever portions and order they came. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { DEDUPE, eventsCsv, MAPPING, pack } from '../oracle/datasets.js'
import { output } from '../oracle/run.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-increments-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let made = 0

const COLUMNS = ['--property=country', '--count=view*', '--converted=a', '--sum=sid']

const DEFINITIONS = [
  ['--gap=30m'],
  ['--gap=10m', '--boundary=at'],
  ['--gap=30m', '--gap=platform=ios:5m', '--gap=platform=Web:60m'],
  ['--gap=30m', '--cut-at-midnight=Asia/Tokyo', '--ignore-event=Z'],
]

/** Every event goes to one of the files; each group of files is one run, in this order. */
const portions = fc.record({
  events: pack(25),
  seed: fc.nat(1_000),
  files: fc.integer({ min: 2, max: 5 }),
  groups: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
  together: fc.integer({ min: 1, max: 2 }),
})

test.each(DEFINITIONS.map((flags) => [flags.join(' '), flags] as const))(
  'by %s',
  async (_, definition) => {
    await fc.assert(
      fc.asyncProperty(portions, async ({ events, seed, files, groups, together }) => {
        const here = join(folder, String(made++))
        const paths = Array.from({ length: files }, (_, i) => `${here}-${i}.csv`)
        const parts = paths.map((_, i) =>
          events.filter((_, at) => (Math.imul(at + seed, 2_654_435_761) >>> 8) % files === i),
        )
        for (const [i, path] of paths.entries()) writeFileSync(path, eventsCsv(parts[i] ?? []))
        // A file of no rows is refused by itself, with or without a state.
        const filled = paths.filter((_, i) => (parts[i] ?? []).length > 0)
        const common = [...MAPPING, DEDUPE, ...definition]
        const columns = [...common, ...COLUMNS]
        const order = groups.flatMap((i) => filled[i] ?? [])
        const state = [`--state=${here}`]
        for (let at = 0; at < order.length; at += together) {
          await output(['sessions', ...order.slice(at, at + together), ...columns, ...state])
        }
        const whole = await output(['sessions', ...filled, ...columns])
        expect(await output(['sessions', ...columns, ...state])).toBe(whole)
        // Nothing changes when files come again, or when the segments are put together.
        const before = contents(here)
        expect(await output(['sessions', ...order.slice(0, 1), ...columns, ...state])).toBe(whole)
        expect(contents(here)).toEqual(before)
        await output(['state', 'compact', here])
        expect(await output(['sessions', ...columns, ...state])).toBe(whole)
        const told: Told = JSON.parse(await output([...common, ...state, '--format=json']))
        const wanted: Told = JSON.parse(await output([...filled, ...common, '--format=json']))
        const { files: of, ...totals } = wanted.ledger
        expect({ ...told, ledger: undefined }).toEqual({ ...wanted, ledger: undefined })
        expect(told.ledger).toMatchObject(totals)
        expect(told.ledger.files.map(({ label, read }) => [label, read])).toEqual(
          of.map(({ label, read }) => [label, read]),
        )
      }),
      { numRuns: 2, endOnFailure: true },
    )
  },
  300_000,
)

interface Told {
  readonly ledger: { readonly files: readonly { readonly label: string; readonly read: number }[] }
}

const contents = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory).map((name) => [
      name,
      readFileSync(join(directory, name)).toString('base64'),
    ]),
  )
