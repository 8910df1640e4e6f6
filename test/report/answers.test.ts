/** What compare, trend, gap, users and query write, in every format. */
import { readFileSync, writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type CompareAnswer,
  compare,
  type GapAnswer,
  gap,
  type Trend,
  trend,
} from '../../src/index.js'
import { compareFormats } from '../../src/report/compare.js'
import { FORMATS, type ReportFormat } from '../../src/report/formats.js'
import { gapFormats } from '../../src/report/gap.js'
import { trendFormats } from '../../src/report/trend.js'
import { textWidth } from '../../src/report/width.js'
import { csvFile, sessionEvents, type TestEvent } from '../analysis/files.js'
import { run } from '../oracle/run.js'
import { ascii, coloured, plain } from './samples.js'

const HOSTILE = '\u001b[2J|<b>`x`</b>\u202e https://evil.example @you'

/** Visits of a few minutes, days apart, on three platforms. */
const events: TestEvent[] = ['ios', 'web', HOSTILE].flatMap((platform, p) =>
  Array.from({ length: 40 }, (_, user) =>
    sessionEvents(
      { [`${p}-${user}`]: [0, 40, ((user * 37 * (p + 1)) % 101) * 12] },
      { platform },
    ).map((event) => ({ ...event, at: (Number(event.at) % 9_000_000) / 3 + user * 4_111 })),
  ).flat(),
)

interface Answers {
  readonly compare: CompareAnswer
  readonly baseline: CompareAnswer
  readonly trend: Trend
  readonly heatmap: Trend
  readonly gap: GapAnswer
  readonly nothing: CompareAnswer
}

let answers: Answers | undefined
let file = ''

beforeAll(async () => {
  file = csvFile(events, ['platform'])
  const by = ['platform']
  const one = csvFile(events.slice(0, 1), ['platform'])
  answers = {
    compare: await compare(file, { by }),
    baseline: await compare(file, { baseline: csvFile(events.slice(90), ['platform']) }),
    trend: await trend(file, { per: 'week', by }),
    heatmap: await trend(file, { per: 'hour-of-week', by }),
    gap: await gap(file, { by: 'platform' }),
    nothing: await compare(one, { by }),
  }
})

type Rendered = Readonly<Record<ReportFormat, (look: ReturnType<typeof plain>) => string>>

function rendered(name: keyof Answers): Rendered {
  if (answers === undefined) throw new Error('made before all tests')
  const all = answers
  const formats: Readonly<Record<keyof Answers, Rendered>> = {
    compare: eachFormat((format, look) => compareFormats[format](all.compare, look)),
    baseline: eachFormat((format, look) => compareFormats[format](all.baseline, look)),
    nothing: eachFormat((format, look) => compareFormats[format](all.nothing, look)),
    trend: eachFormat((format, look) => trendFormats[format](all.trend, look)),
    heatmap: eachFormat((format, look) => trendFormats[format](all.heatmap, look)),
    gap: eachFormat((format, look) => gapFormats[format](all.gap, look)),
  }
  return formats[name]
}

const eachFormat = (
  render: (format: ReportFormat, look: ReturnType<typeof plain>) => string,
): Rendered => ({
  terminal: (look) => render('terminal', look),
  json: (look) => render('json', look),
  csv: (look) => render('csv', look),
  markdown: (look) => render('markdown', look),
})

const NAMES = ['compare', 'baseline', 'nothing', 'trend', 'heatmap', 'gap'] as const

/** What a terminal would act on rather than show. */
const obeyed = /(?!\n)\p{Cc}|\p{Bidi_Control}|\p{Cs}/u

describe.each(NAMES)('%s', (name) => {
  it('ends with one newline in every format', () => {
    for (const format of FORMATS) {
      expect(rendered(name)[format](plain())).toMatch(/[^\n]\n$/)
    }
  })

  it('is never wider than the terminal, and obeys nothing', () => {
    for (const columns of [40, 57, 80, 120, 200]) {
      for (const look of [plain(columns), ascii(columns)]) {
        const text = rendered(name).terminal(look)
        expect(text).not.toMatch(obeyed)
        for (const line of text.split('\n')) {
          expect(textWidth(line)).toBeLessThanOrEqual(columns)
          expect(line).toBe(line.trimEnd())
        }
      }
    }
  })

  it('is plain ASCII where it must be', () => {
    expect(rendered(name).terminal(ascii())).toMatch(/^[\n\x20-\x7e]*$/)
  })

  it('differs in colour by escapes alone', () => {
    const { terminal } = rendered(name)
    expect(stripVTControlCharacters(terminal(coloured()))).toBe(terminal(plain()))
  })

  it('lets no value become markup', () => {
    const text = rendered(name).markdown(plain())
    expect(text).not.toMatch(/<[a-z]/i)
    expect(text).not.toMatch(obeyed)
    let width = 0
    for (const line of text.split('\n')) {
      const pipes = line.split('|').length
      if (line.startsWith('|')) {
        if (width !== 0) expect(pipes).toBe(width)
        width = pipes
      } else width = 0
    }
  })

  it('is CSV of equal rows under different names', () => {
    const [heading = [], ...rows]: string[][] = parse(rendered(name).csv(plain()))
    expect(new Set(heading).size).toBe(heading.length)
    for (const row of rows) expect(row).toHaveLength(heading.length)
  })
})

const compiled = (command: string) => {
  const url = new URL(`../../docs/schemas/${command}.v1.json`, import.meta.url)
  const schema: unknown = JSON.parse(readFileSync(url, 'utf8'))
  if (typeof schema !== 'object' || schema === null) throw new Error('a schema is an object')
  const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(
    schema,
  )
  return (value: unknown): readonly string[] =>
    validate(value)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

describe('the JSON schemas', () => {
  it.each(NAMES)('describe %s', (name) => {
    const schema = { baseline: 'compare', nothing: 'compare', heatmap: 'trend' }[name as string]
    const problems = compiled(schema ?? name)
    const value: { schema: string } = JSON.parse(rendered(name).json(plain()))
    expect(problems(value)).toEqual([])
    expect(problems({ ...value, extra: 1 })).not.toEqual([])
    expect(problems({ ...value, schema: 'sessionize/other/v1' })).not.toEqual([])
    expect(problems({ ...value, ledger: undefined })).not.toEqual([])
  })

  it.each([
    ['users', ['users', '--where', 'sessions > 1']],
    ['users', ['users', '--where', 'sessions > 1000']],
    ['query', ['query', 'SELECT * FROM sessions']],
    ['query', ['query', 'SELECT * FROM sessions WHERE false']],
  ] as const)('describe %s, %o', async (command, [name, ...argv]) => {
    const argument = command === 'query' ? [name, ...argv, file] : [name, file, ...argv]
    const { stdout } = await run([...argument, '--format=json'])
    expect(compiled(command)(JSON.parse(stdout))).toEqual([])
    expect(stdout).not.toMatch(obeyed)
  })
})

const golden = (name: string): string =>
  readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8')

describe('exactly, at 80 columns', () => {
  it.each(NAMES)('%s-80.txt', (name) => {
    const text = rendered(name).terminal(plain(80))
    if (process.env['UPDATE_GOLDENS'] === '1') {
      writeFileSync(new URL(`golden/${name}-80.txt`, import.meta.url), text)
    }
    expect(text).toBe(golden(`${name}-80.txt`))
  })
})
