import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Summary } from '../../src/analysis/summary.js'
import { FORMATS } from '../../src/report/formats.js'
import { summaryFormats } from '../../src/report/summary/formats.js'
import { textWidth } from '../../src/report/width.js'
import { anyColumns, anySummary } from './arbitraries.js'
import { ascii, coloured, DETAILED, EMPTY, plain, SAMPLE, SINGLE } from './samples.js'

const golden = (name: string): string =>
  readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8')

/** What a terminal would act on rather than show. */
const obeyed = /(?!\n)\p{Cc}|\p{Bidi_Control}|\p{Cs}/u

describe('the summary, exactly', () => {
  it.each([
    ['sample-80.txt', 'terminal', SAMPLE, plain(80)],
    ['sample-80-ascii.txt', 'terminal', SAMPLE, ascii(80)],
    ['sample-60.txt', 'terminal', SAMPLE, plain(60)],
    ['sample-120.txt', 'terminal', SAMPLE, plain(120)],
    ['empty-80.txt', 'terminal', EMPTY, plain(80)],
    ['single-80.txt', 'terminal', SINGLE, plain(80)],
    ['detailed-80.txt', 'terminal', DETAILED, plain(80)],
    ['detailed-60-ascii.txt', 'terminal', DETAILED, ascii(60)],
    ['detailed-markdown.txt', 'markdown', DETAILED, plain()],
    ['sample-markdown.txt', 'markdown', SAMPLE, plain()],
    ['empty-markdown.txt', 'markdown', EMPTY, plain()],
    ['sample.csv', 'csv', SAMPLE, plain()],
    ['empty.csv', 'csv', EMPTY, plain()],
  ] as const)('%s', (name, format, summary, look) => {
    expect(summaryFormats[format](summary, look)).toBe(golden(name))
  })
})

describe('on a terminal', () => {
  const terminal = summaryFormats.terminal

  it('differs in colour by escapes alone, and has none without colour', () => {
    const text = terminal(SAMPLE, coloured())
    expect(text).not.toBe(terminal(SAMPLE, plain()))
    expect(stripVTControlCharacters(text)).toBe(terminal(SAMPLE, plain()))
    expect(terminal(SAMPLE, plain())).not.toContain('\u001b')
  })

  it('is plain ASCII where it must be, but for what the data says', () => {
    expect(terminal({ ...SAMPLE, segments: null }, ascii())).toMatch(/^[\n\x20-\x7e]*$/)
    expect(terminal(EMPTY, ascii())).toMatch(/^[\n\x20-\x7e]*$/)
  })

  it('is never wider than the terminal, and no control character gets through', () => {
    fc.assert(
      fc.property(anySummary, anyColumns, fc.boolean(), (summary, columns, unicode) => {
        const text = terminal(summary, { color: false, unicode, columns })
        expect(text).not.toMatch(obeyed)
        for (const line of text.split('\n')) {
          expect(textWidth(line)).toBeLessThanOrEqual(columns)
          expect(line).toBe(line.trimEnd())
        }
      }),
      { numRuns: 300 },
    )
  })

  it('shows the first 40 segments and says how many more there are', () => {
    const [row] = SAMPLE.segments?.rows ?? []
    if (row === undefined) throw new Error('the sample has segments')
    const many = (count: number): Summary => ({
      ...SAMPLE,
      segments: {
        dimensions: ['city'],
        rest: null,
        rows: Array.from({ length: count }, (_, at) => ({ ...row, values: [`city ${at}`] })),
      },
    })
    expect(terminal(many(41), plain())).toContain('\nand 1 more segment: --format csv has all\n')
    expect(terminal(many(1_240), plain())).toContain('\nand 1,200 more segments: ')
    expect(terminal(many(40), plain())).not.toContain('more segment')
  })

  it('names of many files only those with rejected rows', () => {
    const [file] = SAMPLE.ledger.files
    if (file === undefined) throw new Error('the sample has files')
    const files = Array.from({ length: 744 }, (_, at) => ({
      ...file,
      label: `hour ${at}.json`,
      rejected: { ...file.rejected, no_user: at === 7 ? 3 : 0 },
    }))
    const text = terminal({ ...SAMPLE, ledger: { ...SAMPLE.ledger, files } }, plain())
    expect(text).toContain('hour 7.json')
    expect(text).not.toContain('hour 8.json')
    expect(text).toContain('\nand 743 more files: --format json has all\n')
    expect(text).toContain('read     744 files\n')
  })

  it('does not hide a ledger that does not add up', () => {
    const ledger = { ...SAMPLE.ledger, read: SAMPLE.ledger.read + 17 }
    expect(terminal({ ...SAMPLE, ledger }, plain())).toMatch(/ {2}unaccounted for +17 /)
    expect(terminal(SAMPLE, plain())).not.toContain('unaccounted')
  })

  it('says what a gap of exactly the timeout does', () => {
    const definition = { gapMicros: 5_400_000_000, boundary: 'at' as const }
    expect(terminal({ ...SAMPLE, definition }, plain())).toContain(
      'session  gap 1h30m, a gap of exactly the timeout closes\n',
    )
  })
})

describe('as CSV', () => {
  /** Half a surrogate pair cannot be written in UTF-8, by anyone. */
  const wellFormed = (text: string): string => Buffer.from(text).toString()

  const records = (summary: Summary): string[][] =>
    parse(summaryFormats.csv(summary, plain()), { relaxColumnCount: false })

  it('holds every value as it was, and no two columns of one name of ours', () => {
    fc.assert(
      fc.property(anySummary, (summary) => {
        const [heading = [], ...rows] = records(summary)
        const dimensions = summary.segments?.dimensions ?? ['segment']
        if (summary.segments !== null || summary.detail === null)
          expect(heading).toHaveLength(dimensions.length + 24)
        const other = summary.segments?.rest ? [dimensions.map(() => '(other)')] : []
        expect(rows.map((row) => row.slice(0, dimensions.length))).toEqual([
          ...(summary.segments?.rows ?? [{ values: ['all'] }]).map(({ values }) =>
            values.map((value) => wellFormed(value ?? '')),
          ),
          ...other,
        ])
      }),
      { numRuns: 200 },
    )
  })

  it('renames a dimension called as a figure', () => {
    const segments = { dimensions: ['users', 'plan'], rows: [], rest: null }
    expect(records({ ...SAMPLE, segments })[0]?.slice(0, 3)).toEqual([
      'by_users',
      'plan',
      'sessions',
    ])
  })

  it('keeps null and the empty string apart', () => {
    const lines = summaryFormats.csv(SAMPLE, plain()).split('\n')
    expect(lines[4]).toMatch(/^Web,,1049,/)
    expect(lines[5]).toMatch(/^Smart TV 📺 living-room edition,"",1,/)
  })
})

describe('as JSON', () => {
  it('reads back as the same value, with nothing in it that a terminal would obey', () => {
    fc.assert(
      fc.property(anySummary, (summary) => {
        const text = summaryFormats.json(summary, plain())
        // As JSON has it: -0 is 0, and a hint that is not there is not there.
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(summary)))
        expect(text).not.toMatch(obeyed)
      }),
      { numRuns: 200 },
    )
  })
})

describe('as Markdown', () => {
  it('lets no value become markup or break a table', () => {
    fc.assert(
      fc.property(anySummary, (summary) => {
        const text = summaryFormats.markdown(summary, plain())
        expect(text.match(/<(?!0\.1%|1ms)[^\n>]*>?/g)).toEqual([
          '<details>',
          '<summary>',
          '</summary>',
          '</details>',
        ])
        let width = 0
        for (const line of text.split('\n')) {
          const pipes = line.split('|').length
          if (line.startsWith('|')) {
            if (width !== 0) expect(pipes).toBe(width)
            width = pipes
          } else {
            expect(pipes).toBe(1)
            width = 0
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('the formats', () => {
  it('all have a renderer that ends its text with one newline', () => {
    expect(Object.keys(summaryFormats)).toEqual([...FORMATS])
    for (const format of FORMATS) {
      expect(summaryFormats[format](SAMPLE, plain())).toMatch(/[^\n]\n$/)
    }
  })
})
