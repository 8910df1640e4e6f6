import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Column } from '../../src/report/document.js'
import { bar, renderHistogram } from '../../src/report/histogram.js'
import { renderTable } from '../../src/report/table.js'
import { pad, shorten, shortenStart, textWidth, wrap } from '../../src/report/width.js'
import { anyColumns, untrustedText } from './arbitraries.js'
import { ascii, plain } from './samples.js'

const lines = (...text: string[]): string => text.join('\n')

describe('a table', () => {
  it('aligns by what a terminal shows, not by characters', () => {
    const table = {
      columns: [
        { header: 'country', align: 'left' },
        { header: 'sessions', align: 'right' },
      ],
      rows: [
        ['日本', '1,204'],
        ['กรุงเทพฯ', '12'],
        ['👨‍👩‍👧 family', '7'],
        ['cafe\u0301', '1'],
      ],
    } as const
    expect(renderTable(table, plain())).toBe(
      lines(
        'country    sessions',
        '日本          1,204',
        'กรุงเทพฯ          12',
        '👨‍👩‍👧 family         7',
        'cafe\u0301              1',
      ),
    )
    const widths = renderTable(table, plain()).split('\n').map(textWidth)
    expect(new Set(widths).size).toBe(1)
  })

  it('has no heading line when it has no headings', () => {
    const columns = [
      { header: '', align: 'left' } as const,
      { header: '', align: 'right' } as const,
    ]
    expect(
      renderTable(
        {
          columns,
          rows: [
            ['rows', '1'],
            ['duplicates', '20'],
          ],
        },
        plain(),
      ),
    ).toBe(lines('rows         1', 'duplicates  20'))
  })

  const columns: readonly Column[] = [
    { header: 'name', align: 'left' },
    { header: 'sessions', align: 'right' },
    { header: 'mean', align: 'right', giveUp: 1 },
    { header: 'p99', align: 'right', giveUp: 2 },
  ]
  const rows = [['a name that is rather long', '12,345', '4m 12s', '1h 03m']]

  it.each([
    [
      60,
      'name                        sessions    mean     p99',
      'a name that is rather long    12,345  4m 12s  1h 03m',
    ],
    [40, 'name            sessions    mean     p99', 'a name that i…    12,345  4m 12s  1h 03m'],
    [36, 'name                sessions    mean', 'a name that is ra…    12,345  4m 12s'],
    [24, 'name            sessions', 'a name that i…    12,345'],
    [14, 'name  sessions', 'a n…    12,345'],
    [8, 'name   …', 'a na…  …'],
  ])('at %s columns cuts text, then gives up columns', (width, heading, row) => {
    expect(renderTable({ columns, rows }, plain(width))).toBe(lines(heading, row))
  })

  it('keeps the end where that tells rows apart', () => {
    const files: readonly Column[] = [{ header: 'file', align: 'left', keep: 'end' }]
    expect(renderTable({ columns: files, rows: [['export/2024-01-01_0.json']] }, ascii(13))).toBe(
      lines('file', '...-01_0.json'),
    )
  })

  it('fits any width with any text in it', () => {
    const anyTable = fc.integer({ min: 1, max: 20 }).chain((width) =>
      fc.record({
        columns: fc.array(
          fc.record({
            header: untrustedText,
            align: fc.constantFrom('left' as const, 'right' as const),
            giveUp: fc.nat(5),
            keep: fc.constantFrom('start' as const, 'end' as const),
          }),
          { minLength: width, maxLength: width },
        ),
        rows: fc.array(fc.array(untrustedText, { minLength: width, maxLength: width }), {
          maxLength: 4,
        }),
      }),
    )
    fc.assert(
      fc.property(anyTable, anyColumns, fc.boolean(), (table, width, unicode) => {
        for (const line of renderTable(table, { color: false, unicode, columns: width }).split(
          '\n',
        )) {
          expect(textWidth(line)).toBeLessThanOrEqual(width)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('takes more rows than a call takes arguments', () => {
    const many = Array.from({ length: 200_000 }, (_, at) => [String(at)])
    const text = renderTable({ columns: [{ header: 'n', align: 'right' }], rows: many }, plain())
    expect(text.endsWith('\n199999')).toBe(true)
  })
})

describe('widths', () => {
  it.each([
    ['short', 10, 'short', 'short'],
    ['exactly ten', 11, 'exactly ten', 'exactly ten'],
    ['a longer text', 8, 'a longe…', '…er text'],
    ['日本語です', 6, '日本…', '…です'],
    ['日本語です', 7, '日本語…', '…語です'],
    ['👨‍👩‍👧👨‍👩‍👧', 3, '👨‍👩‍👧…', '…👨‍👩‍👧'],
    ['anything', 1, '…', '…'],
    ['anything', 0, '', ''],
  ])('%j in %s columns is %j or %j', (text, width, start, end) => {
    expect(shorten(text, width, '…')).toBe(start)
    expect(shortenStart(text, width, '…')).toBe(end)
  })

  it('pads by columns', () => {
    expect(pad('日本', 6, 'right')).toBe('  日本')
    expect(pad('日本', 6, 'left')).toBe('日本  ')
    expect(pad('too long', 3, 'left')).toBe('too long')
  })

  it.each([
    ['', 10, ['']],
    ['one two three', 8, ['one two', 'three']],
    ['a veryverylongword b', 6, ['a', 'veryve', 'rylong', 'word b']],
    ['日本語です', 4, ['日本', '語で', 'す']],
    ['日', 1, ['日']],
  ])('%j wraps at %s', (text, width, expected) => {
    expect(wrap(text, width)).toEqual(expected)
  })
})

describe('a bar', () => {
  it.each([
    [0, '', ''],
    [0.000_1, '▏', '#'],
    [0.5, '█████', '#####'],
    [0.45, '████▌', '#####'],
    [1, '██████████', '##########'],
    [7, '██████████', '##########'],
    [-1, '', ''],
  ])('of %s', (fraction, unicode, plainText) => {
    expect(bar(fraction, 10, true)).toBe(unicode)
    expect(bar(fraction, 10, false)).toBe(plainText)
  })

  it('is never wider than it may be', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 80 }),
        fc.boolean(),
        (fraction, width, unicode) => {
          expect(textWidth(bar(fraction, width, unicode))).toBeLessThanOrEqual(width)
        },
      ),
    )
  })
})

describe('a histogram', () => {
  it('leaves out the empty bins at the end, not those between', () => {
    const bins = [
      { label: '0s', count: 4 },
      { label: '1s', count: 0 },
      { label: '10s', count: 12 },
      { label: '1m', count: 0 },
    ]
    expect(renderHistogram({ of: 'length', counted: 'sessions', bins }, plain(40))).toBe(
      lines(
        'length  sessions  share',
        '0s             4  25.0%  █████',
        '1s             0     0%',
        '10s           12  75.0%  ███████████████',
      ),
    )
  })
})
