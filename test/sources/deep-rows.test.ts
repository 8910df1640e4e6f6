import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineDepths } from '../../src/sources/deep-rows.js'
import { DEEPEST, SHORTEST_DEEP } from '../../src/sources/nesting.js'

const opening = (line: string): number => line.replaceAll(/[^[{]/g, '').length

/** Lines of text and brackets, long and short. */
const line = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 30 }).map((n) => '[{}'.repeat(n)),
      fc.integer({ min: 480, max: 520 }).map((n) => '[{'.repeat(n)),
      fc.integer({ min: 0, max: 2_500 }).map((n) => 'x'.repeat(n)),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''))

test('finds lines with more brackets than levels, however they come', () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 0, max: 3 }),
      (lines, sizes, offset) => {
        const expected = lines.some(
          (text) => text.length >= SHORTEST_DEEP && opening(text) > DEEPEST,
        )
        // At any address, as chunks of a pool are.
        const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(lines.join('\n'))])
        const depths = new LineDepths()
        for (let at = offset, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] ?? 1
          depths.add(bytes.subarray(at, at + size))
          at += size
        }
        expect(depths.suspect).toBe(expected)
      },
    ),
    { numRuns: 500 },
  )
})
