import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  csvField,
  jsonText,
  markdownText,
  markdownValue,
  visible,
  visibleExcerpt,
} from '../../src/report/untrusted.js'
import { untrustedText } from './arbitraries.js'

describe('on a terminal', () => {
  it.each([
    ['plain text', 'plain text'],
    ['Côte d’Ivoire 日本 👨‍👩‍👧', 'Côte d’Ivoire 日本 👨‍👩‍👧'],
    ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
    ['\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
    ['\u009b2J', '\\x9b2J'],
    ['a\nb\r\n\tc\u0000\u007f', 'a\\nb\\r\\n\\tc\\x00\\x7f'],
    ['\u202eevil\u202c', '\\u202eevil\\u202c'],
    ['\u2066\u2067\u2068\u2069\u200e\u200f', '\\u2066\\u2067\\u2068\\u2069\\u200e\\u200f'],
    ['a\u2028b\u200bc\ufeffd', 'a\\u2028b\\u200bc\\ufeffd'],
    ['half \ud83d of a pair', 'half \\ud83d of a pair'],
    [`e${'\u0301'.repeat(50)}!`, `e${'\u0301'.repeat(8)}!`],
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown)
  })

  it('is the same when it is made safe twice', () => {
    fc.assert(
      fc.property(untrustedText, (text) => {
        expect(visible(visible(text))).toBe(visible(text))
      }),
    )
  })

  it('cuts a name of a megabyte, between characters', () => {
    expect(visibleExcerpt(`${'x'.repeat(999)}😀${'y'.repeat(1_000_000)}`, '…')).toBe(
      `${'x'.repeat(999)}…`,
    )
  })
})

describe('in Markdown', () => {
  it.each([
    ['iOS', '`iOS`'],
    ['living room *bold*', '`living room *bold*`'],
    ['@someone', '`@someone`'],
    ['', '`""`'],
    ['a|b', 'a&#124;b'],
    ['\\|', '\\\\&#124;'],
    ['#1|#2', '#\u200b1&#124;#\u200b2'],
    ['`code`', '\\`code\\`'],
    ['<img src=x>', '&lt;img src=x&gt;'],
    ['a\nb', 'a\\\\nb'],
    [' padded', ' padded'],
  ])('a value %j is %j', (text, markdown) => {
    expect(markdownValue(text)).toBe(markdown)
  })

  it.each([
    ['*a* _b_ [c](d) ~e~', '\\*a\\* \\_b\\_ \\[c\\]\\(d\\) \\~e\\~'],
    ['AT&T &lt;', 'AT&amp;T &amp;lt;'],
    ['@someone and #12', '@\u200bsomeone and #\u200b12'],
    ['https://evil.example', 'https:\u200b//evil.example'],
    ['www.evil.example', 'www\u200b.evil.example'],
  ])('prose %j is %j', (text, markdown) => {
    expect(markdownText(text)).toBe(markdown)
  })
})

describe('in CSV', () => {
  it.each([
    [null, ''],
    ['', '""'],
    [0, '0'],
    [0.25, '0.25'],
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    [' padded ', '" padded "'],
  ])('%j is %s', (value, field) => {
    expect(csvField(value)).toBe(field)
  })

  it('is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(untrustedText, { minLength: 2, maxLength: 5 }), (values) => {
        expect(parse(`${values.map(csvField).join(',')}\n`)).toEqual([
          // Half a surrogate pair cannot be written in UTF-8, by anyone.
          values.map((value) => Buffer.from(value).toString()),
        ])
      }),
    )
  })
})

describe('in JSON', () => {
  it('is escaped where a terminal would obey, and means the same', () => {
    const value = { name: '\u001b[31m \u009b \u202e "日本" \\' }
    expect(jsonText(value)).toBe('{\n  "name": "\\u001b[31m \\u009b \\u202e \\"日本\\" \\\\"\n}')
    expect(JSON.parse(jsonText(value))).toEqual(value)
  })
})
