/**
 * The batch's golden cases, followed: whatever can come as one stream gives the same sessions. Cases
 * that a stream cannot have (several files, archives, flags of the batch alone) are left out by rule,
 * and those whose result differs are named here with the reason.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { compareText } from '../../src/units/text-order.js'
import { run } from '../oracle/run.js'

interface Case {
  readonly about: string
  readonly args: readonly string[]
  readonly inputs?: readonly string[]
  readonly exit?: number
}

const ROOT = join(import.meta.dirname, '..', 'cases')

/** Flags of the batch that a stream does not take; `--dedupe none` asks for what it does anyway. */
const BATCH_FLAGS =
  /^--(by|by-recorded|where|from|to|columns|property|strict|dedupe|format|rejects|plan|stitch|clock|sum|count|contains|state|merged-ids)$/

const DIFFERENT: Readonly<Record<string, string>> = {
  'epoch-fraction-cut': 'times after the present are too far ahead of the clock',
  'far-future': 'years after 2255 are out of range',
  'before-1970': 'the years 1 and 1600 are out of range',
  'json-array': 'a stream has one object per line',
  'json-array-one-line': 'a stream has one object per line',
  'json-objects-over-lines': 'a stream has one object per line',
}

function streamOf(
  name: string,
): { input: string; about: string; args: readonly string[] } | undefined {
  const folder = join(ROOT, name)
  const {
    about,
    args,
    inputs,
    exit = 0,
  }: Case = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8'))
  const files =
    inputs ?? readdirSync(folder).filter((file) => !/^(case\.json|expected\.csv)$/.test(file))
  const [file = ''] = files
  const fits =
    files.length === 1 &&
    !/[*?[]/.test(file) &&
    /\.(csv|tsv|ndjson|json|log)(\.gz)?$/.test(file) &&
    exit === 0
  if (!fits || args.some((arg) => BATCH_FLAGS.test(arg))) return undefined
  return { input: join(folder, file), about, args }
}

const cases = readdirSync(ROOT).flatMap((name) => {
  const stream = streamOf(name)
  return stream === undefined || name in DIFFERENT ? [] : [{ name, ...stream }]
})

test('most golden cases can be followed', () => expect(cases.length).toBeGreaterThanOrEqual(45))

describe.each(cases)('$name', ({ name, input, about, args }) => {
  test(about, async () => {
    const result = await run(['follow', input, '--flush-on-end', '--lateness', '10000d', ...args])
    expect(result.stderr).not.toContain('error:')
    expect(result.exit).toBe(0)
    const expected: Record<string, string>[] = parse(
      readFileSync(join(ROOT, name, 'expected.csv'), 'utf8'),
      { columns: true },
    )
    const followed = result.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Record<string, unknown> => JSON.parse(line))
      .sort(byUserAndStart)
    const columns = Object.keys(expected[0] ?? {})
    expect(followed.map((session) => columns.map((column) => textOf(session[column])))).toEqual(
      expected.map((session) =>
        columns.map((column) => expectedText(column, session[column] ?? '')),
      ),
    )
  })
})

const byUserAndStart = (a: Record<string, unknown>, b: Record<string, unknown>): number =>
  compareText(String(a['user']), String(b['user'])) ||
  Number(a['session_number']) - Number(b['session_number'])

const textOf = (value: unknown): string =>
  value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)

/** `60.0` as JavaScript writes it. */
const expectedText = (column: string, text: string): string =>
  /seconds/.test(column) && text !== '' ? String(Number(text)) : text
