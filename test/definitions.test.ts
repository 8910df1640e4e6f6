/** Definitions: what is refused, what `sessionize sql` says of them, and that all are documented. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import { SessionizeError } from '../src/errors/errors.js'
import { asFlag, spelled } from '../src/errors/option.js'
import {
  DEFAULT_DEFINITION,
  RULES,
  rulesOf,
  type SessionDefinition,
} from '../src/sessions/definition.js'
import { NAMED_DEFINITIONS } from '../src/sessions/definitions.js'
import { assertDefinition, commonName } from '../src/sessions/validity.js'
import { output, run } from './oracle/run.js'

const CASES = join(import.meta.dirname, 'cases')

function refusal(definition: Partial<SessionDefinition>): string {
  try {
    assertDefinition({ ...DEFAULT_DEFINITION, ...definition })
  } catch (error) {
    if (!(error instanceof SessionizeError)) throw error
    expect(error.code).toBe('bad_definition')
    const { message, hint } = error.inFlags()
    return `${message} ${hint}`
  }
  return 'none'
}

const GAP_RULE = { property: 'platform', value: 'iOS', gapMicros: 1 }

describe('refused', () => {
  test.each<[string, Partial<SessionDefinition>, string]>([
    ['no gap', { gapMicros: 0 }, '--gap is 0 microseconds.'],
    ['half a microsecond', { gapMicros: 0.5 }, '--gap is 0.5 microseconds.'],
    ['a gap that is no number', { gapMicros: Number.NaN }, '--gap is NaN microseconds.'],
    ['no length', { maxLengthMicros: 0 }, '--max-length is 0 microseconds.'],
    [
      'a value without a gap',
      { gaps: [{ ...GAP_RULE, gapMicros: 0 }] },
      '--gap platform=iOS is 0 microseconds.',
    ],
    ['no events', { maxEvents: 0 }, '--max-events is 0.'],
    ['a value twice', { gaps: [GAP_RULE, GAP_RULE] }, '--gap platform=iOS is given twice.'],
    ['a property without a name', { cutOn: [''] }, '--cut-on has an empty name.'],
    ['an event without a name', { startEvents: [''] }, '--start-event has an empty name.'],
    [
      'an unknown zone',
      { midnightZone: 'Europe/Berln' },
      '--cut-at-midnight Europe/Berln is not a time zone. Did you mean `Europe/Berlin`?',
    ],
    ['an offset', { midnightZone: '+02:00' }, '--cut-at-midnight +02:00 is not a time zone.'],
    [
      'an event that starts and ends',
      { startEvents: ['app_*'], endEvents: ['*_end'] },
      'An event called `app_end` would both start a session (--start-event app_*) and end it (--end-event *_end).',
    ],
    [
      'a start event that is ignored',
      { startEvents: ['push_open'], ignoreEvents: ['push*'] },
      'The event `push_open` is ignored, so --start-event push_open would do nothing.',
    ],
    ['to ignore everything', { ignoreEvents: ['*'] }, '--ignore-event * leaves no event.'],
    [
      'passive events only',
      { passiveEvents: ['*'] },
      '--passive-event * leaves no event to open a session.',
    ],
    [
      'rules over recorded sessions',
      { recorded: true, maxEvents: 3, cutOn: ['page'] },
      '--by-recorded takes the sessions as the export has them: --max-events, --cut-on cannot cut them.',
    ],
  ])('%s', (_about, definition, message) => {
    expect(refusal(definition)).toContain(message)
  })

  test('is told to a caller of the library by its own names', () => {
    expect(() => assertDefinition({ ...DEFAULT_DEFINITION, maxLengthMicros: 0 })).toThrow(
      'maxLength is 0 microseconds.',
    )
  })

  test('not: rules that make sense together', () => {
    expect(
      refusal({
        maxLengthMicros: 1,
        midnightZone: 'Asia/Kolkata',
        startEvents: ['open'],
        endEvents: ['close'],
        passiveEvents: ['*'],
        ignoreEvents: ['debug*'],
      }),
    ).toBe('none')
    expect(refusal({ recorded: true, ignoreEvents: ['ping'] })).toBe('none')
    for (const { definition } of NAMED_DEFINITIONS) expect(refusal(definition)).toBe('none')
  })

  test('on the command line, before any file is read', async () => {
    const { exit, stderr } = await run([
      'sessions',
      'nowhere.csv',
      '--by-recorded',
      '--cut-on',
      'a',
    ])
    expect(exit).toBe(2)
    expect(stderr).toContain('--cut-on cannot cut them')
    expect(stderr).toContain('hint: Leave out --by-recorded')
  })

  test('recorded sessions that were not recorded', async () => {
    const file = join(CASES, 'gap-equal-after', 'events.csv')
    const { exit, stderr } = await run(['sessions', file, '--by-recorded'])
    expect(exit).toBe(2)
    expect(stderr).toContain('These events have no recorded session id.')
    expect(stderr).toContain('hint: Name its column with --session COLUMN.')
  })
})

describe('a name that fits two patterns', () => {
  test.each([
    ['a', 'a', 'a'],
    ['a', 'b', undefined],
    ['', '', ''],
    ['*', '', ''],
    ['*', 'a*b', 'ab'],
    ['a*', '*b', 'ab'],
    ['a*c', 'ab*', 'abc'],
    ['a*b', 'a*c', undefined],
    ['x*y*z', '*', 'xyz'],
    ['ab*', 'a', undefined],
    ['*a*', '*b*', 'ab'],
  ])('%s and %s: %s', (a, b, name) => {
    expect([commonName(a, b), commonName(b, a) === undefined]).toEqual([name, name === undefined])
  })

  test('is found soon among many stars', () => {
    expect(commonName('*a'.repeat(60), '*b'.repeat(60))).toBeUndefined()
  })
})

test('the engine knows every zone that is let through', async () => {
  const zones = Intl.supportedValuesOf('timeZone')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const reader = await connection.runAndReadAll(
    `SELECT count(timezone(zone, TIMESTAMPTZ '2024-01-01'))
     FROM (SELECT unnest([${zones.map((zone) => `'${zone}'`).join()}]) AS zone)`,
  )
  expect(reader.getRows()).toEqual([[BigInt(zones.length)]])
  connection.closeSync()
  instance.closeSync()
})

describe('sessionize sql', () => {
  test.each([
    [[], 'blocks'],
    [['--plan', 'events'], 'events'],
    [['--max-length=24h', '--max-events=10', '--cut-at-midnight', '--gap=os=iOS:5m'], 'blocks'],
    [['--ignore-event=ping'], 'blocks'],
    [['--cut-on=campaign', '--passive-event=ping'], 'events, because of cut-on, passive-event'],
    [['--definition=ga-universal'], 'events, because of cut-on'],
    [['--by-recorded'], 'recorded ids'],
  ])('%s take the path: %s', async (flags, path) => {
    expect(await output(['sql', ...flags])).toContain(`-- Path: ${path}\n`)
  })

  test('says which columns its table needs', async () => {
    const text = await output(['sql', '--by=platform', '--cut-on=utm campaign'])
    expect(text).toContain(
      '-- `events` has file, user, t (BIGINT: microseconds since 0001-01-01 UTC), name, session, and as text "platform", "utm campaign".\n',
    )
  })
})

describe('docs/definitions.md', () => {
  const docs = readFileSync(join(import.meta.dirname, '../docs/definitions.md'), 'utf8')
  const section = (title: string): string =>
    docs.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''

  test.each(NAMED_DEFINITIONS.map((named) => [named.name, named] as const))(
    'has %s with its source and what differs',
    (name, { source, differs }) => {
      const row = section('Named definitions')
        .split('\n')
        .find((line) => line.startsWith(`| \`${name}\` |`))
      expect(row).toContain(source)
      if (differs !== undefined) expect(row).toContain(differs)
    },
  )

  test.each(RULES.map((rule) => [spelled(rule.flag, asFlag), rule] as const))(
    'has the rule %s with its path',
    (flag, { path }) => {
      const row = section('Rules')
        .split('\n')
        .find((line) => line.startsWith(`| \`${flag}`))
      expect(row).toMatch(new RegExp(`\\| ${path === 'none' ? '(–|recorded ids)' : path} \\|$`))
    },
  )

  test('the rules are told apart by their flags', () => {
    expect(rulesOf({ ...DEFAULT_DEFINITION, maxEvents: 1, recorded: true })).toHaveLength(2)
    expect(rulesOf({ ...DEFAULT_DEFINITION, cutOn: [] })).toEqual([])
  })
})
