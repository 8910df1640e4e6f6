import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { RULES } from '../../src/checks/registry.js'
import { COMMANDS } from '../../src/cli/commands/index.js'
import { CONFIGURABLE_FLAGS, parseConfig } from '../../src/cli/config/config.js'
import { SessionizeError } from '../../src/errors/errors.js'

const FILE = 'sessionize.config.yaml'
const parsed = (text: string) => parseConfig(text, FILE, RULES)

function problem(text: string): string {
  try {
    parsed(text)
  } catch (error) {
    if (error instanceof SessionizeError) return error.message
    throw error
  }
  throw new Error('it was taken')
}

const FULL = `
input:
  user: [user_id, device_id]
  time: event_time
  strict: true
sessions:
  gap: [30m, "platform=iOS:5m"]
  max-events: 500
  cut-at-midnight: Europe/Berlin
segments:
  by: platform
resources:
  threads: 2
checks:
  fail-on: warn
  exclude: [zero-length]
  baseline: baseline.json
  rules:
    late-events: {warn: 0.05, error: null}
    heartbeats: off
    clock-skew: false
  own:
    - id: no-test-users
      meaning: test accounts
      sql: SELECT user FROM events WHERE user LIKE 'test%'
    - id: orders
      sql: SELECT count(*) FROM events WHERE event = 'order'
      min: 10
      severity: warn
presets:
  - name: shop
    detect: [visitor, at]
    user: visitor
    time: at
`

describe('a config file', () => {
  it('says what flags, checks and presets are', () => {
    const config = parsed(FULL)
    expect(Object.fromEntries(config.flags)).toEqual({
      user: ['user_id', 'device_id'],
      time: 'event_time',
      strict: true,
      gap: ['30m', 'platform=iOS:5m'],
      'max-events': 500,
      'cut-at-midnight': 'Europe/Berlin',
      by: 'platform',
      threads: 2,
    })
    expect(config.checks).toMatchObject({
      failOn: 'warn',
      exclude: ['zero-length'],
      baseline: 'baseline.json',
      settings: {
        'late-events': { warn: 0.05, error: null },
        heartbeats: 'off',
        'clock-skew': 'off',
      },
    })
    expect(config.checks.own).toEqual([
      {
        id: 'no-test-users',
        meaning: 'test accounts',
        sql: "SELECT user FROM events WHERE user LIKE 'test%'",
        severity: 'error',
        place: `${FILE}:23:7`,
      },
      {
        id: 'orders',
        meaning: 'orders',
        sql: "SELECT count(*) FROM events WHERE event = 'order'",
        min: 10,
        severity: 'warn',
        place: `${FILE}:26:7`,
      },
    ])
    expect(config.presets[0]).toMatchObject({ name: 'shop', user: ['visitor'], time: ['at'] })
    expect(config.place('gap')).toBe(`${FILE}:7:3`)
  })

  it('may be empty, all comments, or JSON', () => {
    for (const text of ['', '# nothing yet\n', '{}']) expect(parsed(text).flags.size).toBe(0)
    expect([...parsed('{"sessions": {"gap": "10m"}}').flags]).toEqual([['gap', '10m']])
  })

  it.each([
    ['input:\n  usr: a', `${FILE}:2:3: no key \`usr\` in \`input\`. Did you mean \`user\`?`],
    ['inputs: {}', `${FILE}:1:1: no key \`inputs\`. Did you mean \`input\`?`],
    ['a: b: c', `${FILE}:1:4: Nested mappings`],
    ['sessions:\n  gap: 30', `${FILE}:2:3: \`sessions.gap\` must be a text or a list of texts.`],
    ['sessions:\n  boundary: before', `${FILE}:2:3: \`sessions.boundary\` must be after or at.`],
    ['resources: {threads: 1.5}', `${FILE}:1:13: \`resources.threads\` must be a whole number.`],
    [
      'checks:\n  rules:\n    late-event: off',
      `${FILE}:3:5: no rule \`late-event\`. Did you mean \`late-events\`?`,
    ],
    [
      'checks:\n  rules:\n    late-events: maybe',
      `${FILE}:3:5: \`checks.rules.late-events\` must be \`off\`, or thresholds`,
    ],
    [
      'checks:\n  rules:\n    late-events:\n      warn: high',
      `${FILE}:4:7: \`checks.rules.late-events.warn\` must be a number.`,
    ],
    [
      'checks:\n  rules:\n    late-events:\n      warning: 1',
      `${FILE}:4:7: no key \`warning\` in \`checks.rules.late-events\`.`,
    ],
    [
      'checks:\n  rules:\n    zero-length: {tolerance: 5}',
      `${FILE}:3:19: \`zero-length\` has no tolerance.`,
    ],
    [
      'checks:\n  rules:\n    late-events:\n      tolerance: 5',
      `${FILE}:4:7: \`tolerance\` must be a length of time here, such as 10m.`,
    ],
    [
      'checks:\n  rules:\n    late-events:\n      tolerance: long',
      `${FILE}:4:7: tolerance long is not a length of time.`,
    ],
    [
      'checks:\n  rules:\n    device-pool:\n      tolerance: 5m',
      `${FILE}:4:7: \`tolerance\` must be a whole number here.`,
    ],
    ['checks:\n  select:\n    - zero-length\n    - zero', `${FILE}:4:7: no rule \`zero\`.`],
    ['checks:\n  own:\n    - id: a\n', `${FILE}:3:7: \`checks.own.0.sql\` is missing.`],
    [
      'checks:\n  own:\n    - {id: late-events, sql: SELECT 1}',
      `${FILE}:3:8: there is already a rule \`late-events\`.`,
    ],
    [
      'checks:\n  own:\n    - {id: A b, sql: SELECT 1}',
      `${FILE}:3:8: \`checks.own.0.id\` must be small letters`,
    ],
    [
      'checks:\n  own:\n    - {id: a, sql: SELECT 1, min: 3, max: 1}',
      `${FILE}:3:30: min 3 is more than max 1.`,
    ],
    ['presets:\n  - name: shop', `${FILE}:2:5: Preset \`shop\` needs \`user\`.`],
    ['- a list', `${FILE}:1:1: a config file holds keys and values.`],
    ['input: nothing', `${FILE}:1:1: \`input\` must hold keys and values.`],
  ])('with a mistake says where: %j', (text, message) => {
    expect(problem(text)).toContain(message)
  })

  it('can only hold flags that some command has', () => {
    const terminal = {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      env: {},
    }
    const commands = COMMANDS.map((make) =>
      make({ terminal, signal: new AbortController().signal }),
    )
    const flags = new Set(commands.flatMap((command) => command.options.map(({ long }) => long)))
    expect(
      CONFIGURABLE_FLAGS.filter((flag) => !flags.has(`--${flag}`) && !flags.has(`--no-${flag}`)),
    ).toEqual([])
  })
})
