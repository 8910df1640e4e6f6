import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { DOMParser } from 'linkedom'
import { describe, expect, it } from 'vitest'
import type { CheckReport } from '../../src/checks/result.js'
import { CHECK_FORMATS } from '../../src/report/check/format-names.js'
import { checkFormats } from '../../src/report/check/formats.js'
import { stepSummary } from '../../src/report/check/github.js'
import { artifactUri } from '../../src/report/check/sarif.js'
import { textWidth } from '../../src/report/width.js'
import { HOSTILE, HUGE, hostileReport, reportOf, result, SAMPLE } from './samples.js'

const look = { color: false, unicode: true, columns: 80 }
const rendered = (format: keyof typeof checkFormats, report: CheckReport): string =>
  checkFormats[format](report, look)

/** What a terminal would act on rather than show. */
const obeyed = /(?!\n)\p{Cc}|\p{Bidi_Control}|\p{Cs}/u

const read = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'))

describe('the place of a file in SARIF', () => {
  it.each([
    ['data/events.csv', 'data/events.csv'],
    ['a b/ü#1.csv', 'a%20b/%C3%BC%231.csv'],
    ['day: 1/x.csv', 'day%3A%201/x.csv'],
    ['/data/export.zip!day/1.json', 'file:///data/export.zip'],
    ['back\\slash.csv', 'back%5Cslash.csv'],
    ['C:/exports/x.csv', 'C%3A/exports/x.csv'],
  ])('%s on POSIX', (label, uri) => {
    expect(artifactUri(label, false)).toBe(uri)
  })

  it.each([
    ['data/events.csv', 'data/events.csv'],
    ['C:/exports of May/x.zip!1.json', 'file:///C:/exports%20of%20May/x.zip'],
    ['//server/share/x.csv', 'file://server/share/x.csv'],
  ])('%s on Windows', (label, uri) => {
    expect(artifactUri(label, true)).toBe(uri)
  })
})

describe('as JSON', () => {
  const schema = read(join(import.meta.dirname, '../../docs/schemas/check.v1.json'))
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)

  it.each([SAMPLE, ...HOSTILE.map(hostileReport)])('is what the schema says (%#)', (report) => {
    const text = rendered('json', report)
    expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true)
    expect(text).not.toMatch(obeyed)
    expect(JSON.parse(text)).toEqual(report)
  })

  it('of another shape is refused', () => {
    expect(validate({ ...SAMPLE, checks: [] })).toBe(false)
    expect(validate({ ...SAMPLE, extra: 1 })).toBe(false)
  })
})

describe('as SARIF', () => {
  const packaged = createRequire(import.meta.url).resolve('@microsoft/jest-sarif')
  // The official schema, as that package ships it. It says draft-04, whose words that it uses mean
  // the same in draft-07, but for the name of `id`.
  const {
    $schema: _draft,
    id: _id,
    ...official
  } = read(join(dirname(packaged), 'schemas/sarif-2.1.0-rtm.5.json'))
  const validate = new Ajv({
    strict: false,
    unicodeRegExp: false,
    formats: { uri: true, 'uri-reference': true, 'date-time': true },
  }).compile(official)

  it.each([SAMPLE, reportOf([result({})]), ...HOSTILE.map(hostileReport), hostileReport(HUGE)])(
    'is valid (%#)',
    (report) => {
      const log: unknown = JSON.parse(rendered('sarif', report))
      expect(validate(log), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true)
    },
  )

  it('holds failures and warnings, each with a rule, a level and a file', () => {
    const log = JSON.parse(rendered('sarif', SAMPLE))
    const [{ results, tool }] = log.runs
    expect(
      results.map((one: { ruleId: string; level: string; kind: string }) => [
        one.ruleId,
        one.level,
        one.kind,
      ]),
    ).toEqual([
      ['missing-user', 'error', 'fail'],
      ['volume-change', 'warning', 'fail'],
    ])
    for (const one of results) expect(tool.driver.rules[one.ruleIndex].id).toBe(one.ruleId)
    const uris = results.map(
      (one: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
        one.locations.map((location) => location.physicalLocation.artifactLocation.uri),
    )
    expect(uris).toEqual([['data/events.csv', 'export.zip'], ['data/events.csv']])
  })
})

describe('as JUnit', () => {
  const parsed = (text: string) => new DOMParser().parseFromString(text, 'text/xml')

  it('counts what it lists', () => {
    const suite = parsed(rendered('junit', SAMPLE)).querySelector('testsuite')
    expect(suite?.getAttribute('tests')).toBe('5')
    expect(suite?.getAttribute('failures')).toBe('1')
    expect(suite?.getAttribute('skipped')).toBe('1')
    expect(suite?.querySelectorAll('testcase').length).toBe(5)
    expect(suite?.querySelectorAll('failure').length).toBe(1)
    expect(suite?.querySelector('failure')?.textContent).toContain('data/events.csv, row 12')
  })

  it('fails warnings too where they fail the run', () => {
    const suite = parsed(rendered('junit', { ...SAMPLE, failOn: 'warn' })).querySelector(
      'testsuite',
    )
    expect(suite?.getAttribute('failures')).toBe('2')
    expect(suite?.querySelectorAll('failure').length).toBe(2)
  })

  it.each([...HOSTILE, HUGE])('takes no text for markup (%#)', (text) => {
    const xml = rendered('junit', hostileReport(text))
    // Every character is one that XML 1.0 allows.
    expect(xml).not.toMatch(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
    const tags = [...xml.matchAll(/<\/?([a-z-]+)/gi)].map((match) => match[1])
    const known = ['testsuites', 'testsuite', 'testcase', 'failure', 'skipped', 'system-out']
    expect(tags.filter((tag) => !known.includes(tag ?? ''))).toEqual([])
    expect(xml.replace(/&(amp|lt|gt|quot);/g, '')).not.toContain('&')
  })
})

describe('as GitHub commands', () => {
  it('has one line per problem and one for the verdict', () => {
    const lines = rendered('github', SAMPLE).trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/^::error file=data\/events\.csv,title=sessionize missing-user::/)
    expect(lines[1]).toMatch(/^::warning title=sessionize volume-change::/)
    expect(lines[2]).toBe(
      '::notice title=sessionize::Checks failed: 1 failed, 1 warning, 2 passed, 1 skipped',
    )
  })

  it.each([...HOSTILE, HUGE])('lets no text give a command (%#)', (text) => {
    const lines = rendered('github', hostileReport(text)).trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/^::error file=[^:,]*,title=sessionize own-rule::/)
    for (const line of lines) expect(line).not.toMatch(obeyed)
  })

  it('keeps the step summary under its limit', () => {
    const example = { file: null, row: null, values: { event: 'y'.repeat(900) } }
    const checks = Array.from({ length: 400 }, (_, at) =>
      result({
        id: `rule-${at}`,
        verdict: 'fail',
        value: 1,
        examples: Array.from({ length: 5 }, () => example),
      }),
    )
    expect(Buffer.byteLength(stepSummary(reportOf(checks)))).toBeLessThan(1_048_576)
  })
})

describe('as Markdown', () => {
  it.each([...HOSTILE, HUGE])('takes no text for markup (%#)', (text) => {
    const markdown = rendered('markdown', hostileReport(text))
    expect(markdown).not.toMatch(/<(?!0\.1%|1ms)/)
    expect(markdown).not.toMatch(/\]\(/)
    for (const line of markdown.split('\n')) {
      if (!line.startsWith('|')) expect(line.split('|')).toHaveLength(1)
    }
    expect(markdown.length).toBeLessThan(40_000)
  })
})

describe('on a terminal', () => {
  it.each([40, 80, 200])('is no wider than %i columns', (columns) => {
    for (const report of [SAMPLE, ...HOSTILE.map(hostileReport), hostileReport(HUGE)]) {
      const text = checkFormats.terminal(report, { ...look, columns })
      expect(text).not.toMatch(obeyed)
      for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(columns)
    }
  })

  it('says what was found, where, and what it should be', () => {
    const text = rendered('terminal', SAMPLE)
    expect(text).toContain('Checks failed: 1 failed, 1 warning, 2 passed, 1 skipped')
    expect(text).toContain('3.2% (32 of 1,000); should be at most 1.0%')
    expect(text).toContain('data/events.csv, row 12')
    expect(text).toContain('at least 10 and at most 20')
  })
})

describe('the formats', () => {
  it('all end in one newline', () => {
    for (const format of CHECK_FORMATS) expect(rendered(format, SAMPLE)).toMatch(/[^\n]\n$/)
  })
})
