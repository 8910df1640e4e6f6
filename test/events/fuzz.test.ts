/**
 * Bytes of good files changed at random. Whatever comes out, a run ends with events or with an error
 * of exit code 2 or 3, and the ledger adds up.
 *
 * The seed is fixed, so that a failure is the same for everyone: `FUZZ_SEED=7 FUZZ_RUNS=20000` looks
 * further. Files are small and share one engine; an engine that breaks is a failure.
 */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../../src/engines/duckdb.js'
import { SessionizeError } from '../../src/errors/errors.js'
import { withEvents } from '../../src/events/dataset.js'
import { openSources } from '../../src/sources/open.js'
import { Workspace } from '../../src/sources/workspace.js'
import { sql } from '../../src/sql/sql.js'
import { expectAddsUp, Scratch } from './opened.js'

const SEED = Number(process.env['FUZZ_SEED'] ?? 20240305)
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2000)
const PRESETS = join(import.meta.dirname, '..', '..', 'fixtures', 'presets')

const scratch = new Scratch()
let engine: Engine

const start = async (): Promise<void> => {
  engine = await Engine.open({ threads: 1, tempDirectory: join(scratch.path, 'spill') })
}
const restart = async (): Promise<void> => {
  engine.close()
  await start()
}
beforeAll(start)
afterAll(() => engine.close())

interface Fixture {
  readonly name: string
  readonly bytes: Buffer
}

const fixtures: Fixture[] = readdirSync(PRESETS)
  .filter((name) => name.includes('.'))
  .map((name) => ({ name, bytes: readFileSync(join(PRESETS, name)) }))
for (const name of ['amplitude.ndjson', 'generic.csv']) {
  const found = fixtures.find((fixture) => fixture.name === name)
  if (found !== undefined) fixtures.push({ name: `${name}.gz`, bytes: gzipSync(found.bytes) })
}

/** Bytes that mean something to some format, and any other. */
const byte = fc.oneof(
  fc.constantFrom(...Buffer.from('\0\t\n\r",;{}[]:\\0123456789-+.eZT# |\'*')),
  fc.constantFrom(0xff, 0xfe, 0xe9, 0xef, 0xc3, 0x80),
  fc.nat(255),
)
const edit = fc.record({
  kind: fc.constantFrom('set', 'insert', 'delete', 'repeat', 'cut', 'swap'),
  /** Where, of a thousand. */
  at: fc.nat(999),
  length: fc.integer({ min: 1, max: 60 }),
  byte,
})
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never

function edited(bytes: Buffer, { kind, at, length, byte: value }: Edit): Buffer {
  const from = Math.floor((at / 1000) * bytes.length)
  const to = Math.min(bytes.length, from + length)
  const [before, part, after] = [
    bytes.subarray(0, from),
    bytes.subarray(from, to),
    bytes.subarray(to),
  ]
  switch (kind) {
    case 'set':
      return Buffer.concat([before, Buffer.from([value]), bytes.subarray(from + 1)])
    case 'insert':
      return Buffer.concat([before, Buffer.from([value]), bytes.subarray(from)])
    case 'delete':
      return Buffer.concat([before, after])
    case 'repeat':
      return Buffer.concat([before, part, part, after])
    case 'cut':
      return before
    case 'swap':
      return Buffer.concat([before, Buffer.from(part).reverse(), after])
  }
}

async function read(path: string): Promise<'events' | number> {
  const workspace = Workspace.create(scratch.path)
  try {
    const sources = await openSources([path], { workspace })
    return await withEvents({ engine, workspace, sources }, { threads: 1 }, async (dataset) => {
      const { events } = dataset
      expectAddsUp(events.ledger)
      const { n } = await dataset.engine.row<{ n: bigint }>(sql`SELECT count(*) AS n FROM events`)
      expect(Number(n)).toBe(events.ledger.kept)
      for (const { row } of await events.rejects(100)) expect(row).toBeGreaterThan(0)
      if (dataset.engine !== engine) await restart()
      return 'events' as const
    })
  } catch (error) {
    if (error instanceof SessionizeError && [2, 3].includes(error.exitCode)) return error.exitCode
    if (process.env['FUZZ_KEEP'] !== undefined) copyFileSync(path, process.env['FUZZ_KEEP'])
    // What has broken the engine must not fail the runs after it.
    await restart()
    throw error
  } finally {
    workspace.close()
  }
}

test(`${RUNS} changed files`, { timeout: 600_000 }, async () => {
  const outcomes = new Map<string, number>()
  const path = (name: string): string => join(scratch.path, `fuzz-${name}`)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...fixtures),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      async ({ name, bytes }, edits) => {
        writeFileSync(path(name), edits.reduce(edited, bytes))
        const outcome = String(await read(path(name)))
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      },
    ),
    { numRuns: RUNS, seed: SEED },
  )
  // Most changes leave something to read; were it otherwise, this would test nothing.
  expect(outcomes.get('events') ?? 0).toBeGreaterThan(RUNS / 2)
})
