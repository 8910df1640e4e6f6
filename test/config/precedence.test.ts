/** Flags > environment > config file, and rules of one's own. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.js'
import { Folder } from '../checks/export.js'

const folder = new Folder()
afterAll(() => folder.remove())

const events = folder.file(
  'events.csv',
  'who,at,what\na,2024-01-01T00:00:00Z,open\na,2024-01-01T00:20:00Z,close\nb,2024-01-01T00:00:00Z,open\n',
)

const shopEvents = folder.file('shop.csv', 'visitor,at\na,2024-01-01T00:00:00Z\n')

let count = 0
/** Runs in a folder with this config file. */
async function configured(
  config: string,
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<{ exit: number; stdout: string; stderr: string }> {
  const cwd = join(folder.path, `cwd-${count++}`)
  mkdirSync(cwd)
  if (config !== '') writeFileSync(join(cwd, 'sessionize.config.yaml'), config)
  const streams = { stdout: [] as string[], stderr: [] as string[] }
  const into = (name: keyof typeof streams): Writable =>
    new Writable({
      write(chunk, _, done) {
        streams[name].push(String(chunk))
        done()
      },
    })
  const exit = await main(argv, {
    stdin: new PassThrough().end(),
    stdout: into('stdout'),
    stderr: into('stderr'),
    env,
    cwd,
  })
  return { exit, stdout: streams.stdout.join(''), stderr: streams.stderr.join('') }
}

const MAPPING = 'input: {user: who, time: at, event: what}\n'
const gapOf = async (config: string, flags: string[] = [], env = {}): Promise<number> => {
  const { stdout, stderr } = await configured(config, [events, '--format', 'json', ...flags], env)
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout).definition.gapMicros / 60_000_000
}

describe('defaults of flags', () => {
  it.each([
    ['input: {header: false, user: column1, time: column2}', 3],
    ['input: {header: true, user: who, time: at}', 2],
    ['input: {header: false, skip: 1, user: column1, time: column2}', 2],
    ["input: {skip: '0', user: who, time: at}", 2],
  ])('say how CSV is laid out: %s', async (config, rows) => {
    const table = folder.file(
      'laid-out.csv',
      'who,at\na,2024-01-01T00:00:00Z\nb,2024-01-01T00:20:00Z\n',
    )
    const { stdout, stderr } = await configured(config, [table, '--format', 'json'])
    if (stdout === '') throw new Error(stderr)
    expect(JSON.parse(stdout).ledger.read).toBe(rows)
  })

  it('come from the config file', async () => {
    expect(await gapOf(`${MAPPING}sessions: {gap: 10m}`)).toBe(10)
    expect(await gapOf(MAPPING)).toBe(30)
  })

  it('give way to flags', async () => {
    expect(await gapOf(`${MAPPING}sessions: {gap: 10m}`, ['--gap', '7m'])).toBe(7)
    expect(await gapOf('', ['--user', 'who', '--time', 'at', '--no-config'])).toBe(30)
  })

  it('are read from a file that is named', async () => {
    const named = folder.file(
      'other.json',
      '{"input": {"user": "who", "time": "at"}, "sessions": {"gap": "3m"}}',
    )
    expect(await gapOf('sessions: {gap: 10m}', ['--config', named])).toBe(3)
    const { exit, stderr } = await configured('', [events, '--config', 'nowhere.yaml'])
    expect(exit).toBe(2)
    expect(stderr).toContain('Cannot read the config file')
  })

  it('are not read with --no-config', async () => {
    const { exit } = await configured('sessions: {gap: 10m', [
      events,
      '--user',
      'who',
      '--time',
      'at',
      '--no-config',
    ])
    expect(exit).toBe(0)
  })

  it('are checked as flags are, and the place is named', async () => {
    const { exit, stderr } = await configured(`${MAPPING}resources: {threads: 0}`, [events])
    expect(exit).toBe(2)
    expect(stderr).toMatch(
      /sessionize\.config\.yaml:2:13: `threads`: It must be a whole number from 1\./,
    )
  })

  it('hold presets', async () => {
    const preset =
      'presets:\n  - {name: mine, detect: [who, at], user: who, time: at, event: what}\n'
    const { stdout } = await configured(preset, [events, '--format', 'json'])
    expect(JSON.parse(stdout).mapping.preset).toBe('mine')
  })
})

const ruled = (rules: string): string => `${MAPPING}checks:\n  own:\n${rules}`
const checkedBy = async (rules: string, ...flags: string[]) =>
  configured(ruled(rules), ['check', events, '--format', 'json', ...flags])

describe("rules of one's own", () => {
  it('fail by their rows, which are shown', async () => {
    const { exit, stdout } = await checkedBy(
      "    - id: only-a\n      meaning: users but a\n      sql: SELECT file, user, event FROM events WHERE user <> 'a' -- all others\n",
    )
    expect(exit).toBe(1)
    const [first] = JSON.parse(stdout).checks
    expect(first).toMatchObject({
      id: 'only-a',
      origin: 'own',
      verdict: 'fail',
      value: 1,
      examples: [{ file: events, row: null, values: { user: 'b', event: 'open' } }],
    })
  })

  it.each(['random() < 0.5', 'uuid() IS NOT NULL'])('must be steady: %s', async (condition) => {
    const rule = `checks: {own: [{id: odd, sql: "SELECT * FROM sessions WHERE ${condition}"}]}\n`
    const { exit, stderr } = await configured(`${MAPPING}${rule}`, ['check', events])
    expect(exit).toBe(2)
    expect(stderr).toMatch(/rule `odd`.* does not say the same twice/)
    const users = await configured(MAPPING, ['users', events, '--where', condition])
    expect(users.exit).toBe(2)
    expect(users.stderr).toContain('does not say the same twice')
  })

  it.each([
    ['min: 2, max: 3', 'pass'],
    ['min: 3', 'fail'],
    ['max: 1', 'fail'],
    ['max: 1, severity: warn', 'warn'],
  ])('hold a number to its bounds: %s', async (bounds, verdict) => {
    const { stdout, stderr } = await checkedBy(
      `    - {id: sessions, sql: "SELECT count(*) FROM sessions", ${bounds}}\n`,
      '--select',
      'sessions',
    )
    expect(stderr === '' || verdict === 'fail', stderr).toBe(true)
    expect(JSON.parse(stdout).checks).toMatchObject([{ id: 'sessions', verdict, value: 2 }])
  })

  it('see instants, names and the columns of the session table', async () => {
    const { exit, stderr } = await checkedBy(
      `    - {id: times, sql: "SELECT * FROM events WHERE time < '2024-01-01' OR event NOT IN ('open', 'close')"}
    - {id: lengths, sql: "SELECT * FROM sessions WHERE length_seconds < 0 OR end_reason IS NULL OR user_is_gone", severity: warn}\n`,
      '--select',
      'times,lengths',
    )
    expect(exit).toBe(2)
    expect(stderr).toMatch(
      /sessionize\.config\.yaml:5:8: rule `lengths`: Binder Error: Referenced column "user_is_gone"/,
    )
  })

  it.each([
    ["SELECT * FROM read_csv('/etc/passwd')", 'has no function'],
    ["SELECT * FROM '/etc/passwd'", 'rule `evil`'],
    ["COPY events TO '/tmp/evil.csv'", 'cannot be run'],
    ['SELECT 1; SELECT 2', 'must be one statement'],
    ['DROP TABLE events', 'cannot be run'],
    ["SELECT 1) ; ATTACH '/tmp/evil.db' ; SELECT (1", 'cannot be run'],
    ['SET memory_limit = 1', 'cannot be run'],
    ['SELEC 1', 'cannot be run'],
    ['SELECT * FROM rows', 'rows'],
  ])('can do nothing but read them: %s', async (sql, message) => {
    const { exit, stderr } = await checkedBy(
      `    - id: evil\n      sql: ${JSON.stringify(sql)}\n`,
      '--select',
      'evil',
    )
    expect(exit).toBe(2)
    expect(stderr).toContain(message)
  })

  it.each([
    ['SELECT user FROM events', 'it gave more than one value'],
    ['SELECT 1 WHERE false', 'it gave no row'],
    ['SELECT NULL', 'it gave no number'],
  ])('with bounds must give one number: %s', async (sql, message) => {
    const { exit, stderr } = await checkedBy(
      `    - {id: one, sql: "${sql}", max: 1}\n`,
      '--select',
      'one',
    )
    expect(exit).toBe(2)
    expect(stderr).toMatch(
      message === 'it gave more than one value' ? /one number|Conversion Error/ : message,
    )
  })
})

describe('thresholds', () => {
  const small = (rules: string): string => `${MAPPING}checks:\n  rules:\n${rules}`

  it('are set per rule, and off leaves one out unless it is named', async () => {
    const strict = await configured(small('    zero-length: {warn: 0.1, error: 0.4}\n'), [
      'check',
      events,
    ])
    expect(strict.exit).toBe(1)
    expect(strict.stderr).toContain('zero-length')
    const off = await configured(small('    zero-length: off\n'), [
      'check',
      events,
      '--format',
      'json',
    ])
    expect(off.stdout).not.toContain('zero-length')
    const named = await configured(small('    zero-length: off\n'), [
      'check',
      events,
      '--select',
      'zero-length',
    ])
    expect(named.stdout).toContain('zero-length')
  })

  it('are listed as they are set', async () => {
    const rules = '    clock-skew: {tolerance: 10m, warn: 0.5}\n    zero-length: off\n'
    const flags = ['check', '--list', '--select', 'clock-skew,zero-length']
    const listed = await configured(small(rules), [...flags, '--format', 'json'])
    expect(JSON.parse(listed.stdout)).toMatchObject({
      schema: 'sessionize/rules/v1',
      rules: [
        { id: 'clock-skew', warn: 0.5, tolerance: '10m' },
        { id: 'zero-length', warn: 0.7 },
      ],
    })
    expect((await configured('', ['check', '--list'])).stdout).toContain('drift-volume')
    const refused = await configured('', ['check', '--list', '--format', 'junit'])
    expect(refused.exit).toBe(2)
    expect(refused.stderr).toContain('cannot be written as junit')
    expect((await configured('', ['check', '--list', '--select', 'nope'])).exit).toBe(2)
  })

  it('count from a tolerance, which can be set, and say so', async () => {
    const checkOf = async (rules: string, id: string) => {
      const { stdout, stderr } = await configured(small(rules), [
        ...['check', events, '--select', id, '--format', 'json'],
      ])
      expect(stdout, stderr).not.toBe('')
      return JSON.parse(stdout).checks[0]
    }
    const future = '    future-time: {tolerance: 20000000d}\n'
    const refused = await configured(small(future), ['check', events])
    expect(refused.stderr).toContain('out of range')
    expect(
      await checkOf('    round-the-clock-user: {tolerance: 1}\n', 'round-the-clock-user'),
    ).toMatchObject({
      meaning: 'users active in 1 or more hours of one day',
      value: 1,
      verdict: 'fail',
    })
    expect(
      await checkOf('    round-the-clock-user: {warn: 0.5}\n', 'round-the-clock-user'),
    ).toMatchObject({ meaning: 'users active in 20 or more hours of one day', value: 0, warn: 0.5 })
  })
})

describe('follow', () => {
  it('knows the presets of the file, and says what it cannot heed', async () => {
    const { exit, stdout, stderr } = await configured(
      `input: {preset: shop, where: visitor = 'a', stitch: false}
presets:
  - {name: shop, detect: [visitor, at], user: visitor, time: at}\n`,
      ['follow', shopEvents, '--flush-on-end'],
    )
    expect(exit, stderr).toBe(0)
    expect(stderr).toContain('preset shop')
    expect(stderr).toMatch(/follow: where of .*sessionize\.config\.yaml does not apply here\n/)
    expect(JSON.parse(stdout)).toMatchObject({ user: 'a', events: 1 })
  })
})
