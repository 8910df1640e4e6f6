/**
 * No regular expression of the program takes more than linear time, whatever text it meets: names in
 * archives, values of events, words of servers. `scslre` decides it for those that are written down.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { analyse } from 'scslre'
import { expect, test } from 'vitest'

const SOURCES = join(import.meta.dirname, '..', 'src')

interface Pattern {
  readonly place: string
  readonly source: string
  readonly flags: string
}

function patternsOf(text: string, file: string): Pattern[] {
  const found: Pattern[] = []
  new Visitor({
    Literal(node) {
      if (!('regex' in node)) return
      const line = text.slice(0, node.start).split('\n').length
      const { pattern: source, flags } = node.regex
      found.push({ place: `${file}:${line}`, source, flags })
    },
  }).visit(parseSync(file, text).program)
  return found
}

const faultsOf = ({ place, source, flags }: Pattern): string[] =>
  analyse({ source, flags }).reports.map(
    ({ type, exponential }) =>
      `${place} /${source}/${flags}: ${exponential ? 'exponential' : 'quadratic'} (${type})`,
  )

test('every pattern takes linear time', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
  const patterns = files.flatMap((file) =>
    patternsOf(readFileSync(join(SOURCES, file), 'utf8'), file),
  )
  expect(patterns.length).toBeGreaterThan(200)
  expect(patterns.flatMap(faultsOf)).toEqual([])
})

test.each([
  ['a start that is looked for everywhere', '/(^|[^/]*_)complete$/', 1],
  ['one repetition behind another', '/^\\s*x?\\s*$/', 1],
  ['a repetition in a repetition', '/^(a+)+$/', 1],
  ['linear', '/^[^/]*_complete$/', 0],
])('%s', (_, literal, faults) => {
  expect(patternsOf(`const p = ${literal}`, 'one.ts').flatMap(faultsOf)).toHaveLength(faults)
})
