import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REJECT_REASONS } from '../../src/events/ledger.js'
import { summaryFormats } from '../../src/report/summary/formats.js'
import { anySummary } from './arbitraries.js'
import { plain, SAMPLE, SAMPLES } from './samples.js'

const schema: unknown = JSON.parse(
  readFileSync(new URL('../../docs/schemas/summary.v1.json', import.meta.url), 'utf8'),
)
if (typeof schema !== 'object' || schema === null) throw new Error('a schema is an object')

const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(
  schema,
)

const problems = (value: unknown): readonly string[] =>
  validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)

describe('docs/schemas/summary.v1.json', () => {
  it.each(Object.entries(SAMPLES))('describes the output for %s', (_, summary) => {
    expect(problems(JSON.parse(summaryFormats.json(summary, plain())))).toEqual([])
  })

  it('describes every summary of the right shape', () => {
    fc.assert(
      fc.property(anySummary, (summary) => {
        expect(problems(JSON.parse(summaryFormats.json(summary, plain())))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['a key it does not know', { ...SAMPLE, extra: 1 }],
    ['an unknown key deep inside', { ...SAMPLE, overall: { ...SAMPLE.overall, median: 1 } }],
    ['a missing key', { ...SAMPLE, ledger: undefined }],
    ['another version', { ...SAMPLE, schema: 'sessionize/summary/v2' }],
    ['a share above 1', { ...SAMPLE, overall: { ...SAMPLE.overall, bounceShare: 34.2 } }],
    ['a fractional count', { ...SAMPLE, overall: { ...SAMPLE.overall, users: 1.5 } }],
    ['a time in another form', { ...SAMPLE, firstEvent: '2024-01-01 00:00:03' }],
  ])('refuses %s', (_, value) => {
    expect(problems(JSON.parse(JSON.stringify(value)))).not.toEqual([])
  })

  it('knows every reason for rejecting a row', () => {
    const rejected = { ...SAMPLE.ledger.rejected, another_reason: 1 }
    expect(problems({ ...SAMPLE, ledger: { ...SAMPLE.ledger, rejected } })).not.toEqual([])
    expect(Object.keys(SAMPLE.ledger.rejected)).toEqual(Object.keys(REJECT_REASONS))
  })
})
