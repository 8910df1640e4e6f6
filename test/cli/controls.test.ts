/**
 * What a terminal would obey (C0, C1 and DEL, bidi controls, line separators), in every value and name
 * that comes from outside, through every command and format: shown or escaped, never sent.
 */
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.js'
import { Folder } from '../checks/export.js'
import { type Run, run } from '../oracle/run.js'

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)

const ALL = String.fromCharCode(
  ...range(0x01, 0x1f),
  ...range(0x7f, 0x9f),
  ...[0x61c, 0x200e, 0x200f, 0x2028, 0x2029],
  ...range(0x202a, 0x202e),
  ...range(0x2066, 0x2069),
)
/** Binary files are told by too many of them. */
const FEW = '\u001b[2J\u007f\u0085\u009b2J\u202e\u2028'
/** Without ends of lines, which CSV and lists of users have their own ways with. */
const ONE_LINE = ALL.replaceAll(/[\n\r]/g, '')

/** Our own lines end in line feeds. */
const obeyed = /(?!\n)\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}/u

const folder = new Folder()
afterAll(() => folder.remove())

const events = range(0, 29).map((i) => ({
  user_id: `u${i % 3}${ALL}`,
  time: `2024-01-0${1 + (i % 5)}T0${i % 10}:00:00Z`,
  event: `e${i % 2}${ALL}`,
  platform: `p${i % 2}${ALL}`,
  session_id: `s${i}${ALL}`,
  [`column${ALL}`]: { [`key${ALL}`]: [`value${ALL}`] },
}))
const ndjson = folder.file(
  `events ${ONE_LINE.slice(0, 60)}.ndjson`,
  `${events.map((event) => JSON.stringify(event)).join('\n')}\n{"broken ${ONE_LINE}\n${JSON.stringify({ user_id: 'q', time: `soon${ALL}`, event: 'v' })}\n`,
)
const csvRows = range(10, 29).map((i) =>
  [`u${FEW}`, `2024-01-01T00:${i}:00Z`, `e${FEW}`, `p${FEW}`].join(','),
)
const csv = folder.file(
  `table ${ONE_LINE.slice(0, 60)}.csv`,
  `user_id,time,event,platform${FEW}\n${csvRows.join('\n')}\n`,
)
const lines = folder.file(
  'lines.ndjson',
  `${events.map((event) => JSON.stringify({ ...event, user_id: `u${ONE_LINE}` })).join('\n')}\n`,
)
const rules = folder.file(
  'rules.yaml',
  `checks:\n  own:\n    - id: own\n      meaning: ${JSON.stringify(`m${FEW}`)}\n      sql: "SELECT * FROM events"\n`,
)
const twice = folder.file(
  'twice.ndjson',
  `${JSON.stringify({ user_id: 'u', time: '2024-01-01T00:00:00Z', event: `e${ALL}`, User: ALL, user: ALL })}\n`,
)
const state = join(folder.path, `state ${ONE_LINE.slice(0, 60)}`)
const beside = (name: string): string => join(folder.path, `${ONE_LINE.slice(0, 60)}${name}`)

const withDebug = async (argv: readonly string[]): Promise<readonly [Run, Run]> => [
  await run(argv),
  await run([...argv, '--debug']),
]

describe('on standard output and in messages', () => {
  it.each<[readonly string[], number]>([
    ...['terminal', 'json', 'markdown'].flatMap((format): [readonly string[], number][] => [
      [[ndjson, '--by', 'platform', '--format', format], 0],
      [['compare', ndjson, '--by', 'platform', '--format', format], 0],
      [['trend', ndjson, '--by', 'platform', '--format', format], 0],
      [['gap', ndjson, '--format', format], 0],
      [['audit', ndjson, '--format', format], 0],
      [['query', 'SELECT * FROM sessions', ndjson, '--by', 'platform', '--format', format], 0],
      [['query', `SELECT 'v${ALL}' AS "n${FEW}"`, ndjson, '--format', format], 0],
      [[csv, '--by', `platform${FEW}`, '--format', format], 0],
    ]),
    ...['terminal', 'json'].map((format): [readonly string[], number] => [
      ['inspect', ndjson, '--format', format],
      0,
    ]),
    ...['terminal', 'json', 'markdown', 'junit', 'sarif', 'github'].map(
      (format): [readonly string[], number] => [
        ['check', ndjson, '--config', rules, '--format', format],
        1,
      ],
    ),
    ...['html', 'markdown'].map((format): [readonly string[], number] => [
      ['report', ndjson, '--by', 'platform', '--title', `t${ALL}`, '--format', format],
      0,
    ]),
    [['sessions', ndjson, '--by', 'platform', '--property', 'platform', '--format', 'ndjson'], 0],
    [['events', ndjson, '--format', 'ndjson'], 0],
    [['events', csv, '--format', 'ndjson'], 0],
    [['events', twice, '--user', 'user', '--format', 'ndjson'], 0],
    [['query', 'SELECT * FROM events', ndjson, '--by', 'platform', '--format', 'ndjson'], 0],
    [['query', `SELECT {'k': ['${ALL}']} AS x`, ndjson, '--format', 'ndjson'], 0],
    [['users', ndjson, '--where', 'sessions >= 1', '--format', 'json'], 0],
    [['users', ndjson, '--where', 'sessions >= 1', '--format', 'ndjson'], 0],
    [['follow', ndjson, '--flush-on-end'], 0],
    [['follow', ndjson, '--flush-on-end', '--label'], 0],
    [['init', ndjson, '-o', '-'], 0],
    [['init', ndjson, '-o', beside('.yaml')], 0],
    [['sql', '--by', `a${ALL}`], 2],
    [['sql', '--start-event', `a${FEW}`, '--end-event', 'b'], 2],
    [['sql', '--from-table', 'a', '--user', `u${FEW}`, '--time', 't'], 2],
    [['sql', '--dbt', beside('dbt'), '--from-table', 'a', '--user', 'u', '--time', 't'], 0],
    [['sessions', ndjson, '--state', state, '-o', beside('.sessions')], 0],
    [['state', 'list', state], 0],
    [['state', 'list', state, '--format', 'json'], 0],
    [['state', 'verify', state], 0],
    [['state', 'compact', state], 0],
    [['state', 'drop', state], 0],
    [['state', 'list', state], 3],
    [[ndjson, '--rejects', beside('.csv')], 0],
    [[ndjson, '--rejects', beside('.ndjson'), '--verbose'], 0],
    [[ndjson, '--strict'], 3],
    [[ndjson, '--user', `x${ALL}`], 2],
    [[ndjson, '--where', `${ALL} = 1`], 2],
    [[ndjson, '--where', `platform = '${ALL}`], 2],
    [['query', `SELECT error('${ALL}') FROM sessions`, ndjson], 2],
    [['query', `SELECT CAST('${ALL}' AS INTEGER) FROM sessions`, ndjson], 2],
    [['query', `FROM "f${FEW}"()`, ndjson], 2],
    [['sessions', ndjson, '--columns', `a${ALL}`], 2],
    [[beside('.none.csv')], 3],
    [[`--flag${ALL}`], 2],
    [['check', ndjson, '--select', ALL], 2],
    [['generate', '-o', beside('.generated.csv'), '--events', '100'], 0],
    [['generate', '-o', `/none${FEW}/x.csv`], 4],
    [[ndjson, '--config', `/none${FEW}.yaml`], 2],
    [[ndjson, '--timezone', FEW], 2],
    [[ndjson, '--temp-dir', `/none${FEW}`], 4],
    [['pull', FEW], 2],
    [['pull', 'amplitude', '--start', FEW, '--end', 'x', '-o', 'y'], 2],
    [['--engine', 'clickhouse', '--url', `http://x${FEW}`, '--table', FEW], 2],
  ])('nothing is obeyed: %j', async (argv, exit) => {
    const [plain, debug] = await withDebug(argv)
    expect(plain.exit, plain.stderr).toBe(exit)
    for (const { stdout, stderr } of [plain, debug]) {
      expect(stdout).not.toMatch(obeyed)
      expect(stderr).not.toMatch(obeyed)
    }
    if (exit > 1) expect(debug.stderr).toMatch(/^ +at /m)
  })

  it('--debug shows what the data said, and does not send it', async () => {
    const file = folder.file('soon.ndjson', '{"user_id":"u","time":"\\u001b[2Jsoon","event":"v"}\n')
    const { stderr } = await run([file, '--debug'])
    expect(stderr).toContain('\\x1b[2Jsoon')
    expect(stderr).not.toMatch(obeyed)
  })
})

describe('JSON keeps the values', () => {
  const parsed = (text: string): Record<string, unknown>[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

  it.each([
    ['sessions', ['sessions', ndjson, '--format', 'ndjson']],
    ['follow', ['follow', ndjson, '--flush-on-end']],
  ])('%s', async (_name, argv) => {
    const rows = parsed((await run(argv)).stdout)
    expect(new Set(rows.map(({ user }) => user))).toEqual(
      new Set(events.map(({ user_id }) => user_id)),
    )
    expect(rows.every((row) => events.some(({ event }) => event === row['first_event']))).toBe(true)
  })

  it.each([
    ['events', ['events', ndjson, '--format', 'ndjson']],
    ['follow --label', ['follow', ndjson, '--flush-on-end', '--label']],
  ])('%s, names and nested values too', async (_name, argv) => {
    const rows = parsed((await run(argv)).stdout)
    expect(rows.length).toBe(events.length)
    for (const row of rows) {
      expect(Object.keys(row)).toContain(`column${ALL}`)
      const value = row[`column${ALL}`]
      const nested: unknown = typeof value === 'string' ? JSON.parse(value) : value
      expect(nested).toEqual({ [`key${ALL}`]: [`value${ALL}`] })
    }
  })
})

describe('tables that hold the data as it is', () => {
  const TABLES: readonly (readonly string[])[] = [
    ['sessions', ndjson, '--format', 'csv'],
    ['events', csv, '--format', 'csv'],
    [ndjson, '--by', 'platform', '--format', 'csv'],
    ['trend', ndjson, '--by', 'platform', '--format', 'csv'],
    ['users', lines, '--where', 'sessions >= 1', '--format', 'list'],
    ['query', `SELECT '${ALL}' AS x`, ndjson, '--format', 'csv'],
  ]

  /** On a terminal. */
  async function shown(argv: readonly string[]): Promise<Run> {
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    const stream = (chunks: Buffer[]) =>
      Object.assign(
        new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk)),
        { isTTY: true, columns: 80 },
      )
    const exit = await main(argv, {
      stdin: new PassThrough().end(),
      stdout: stream(out),
      stderr: Object.assign(stream(err), { isTTY: false }),
      env: { NO_COLOR: '1' },
    })
    return { exit, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
  }

  it.each(TABLES)('%s %s: in a file or a pipe as it is, on a terminal shown', async (...argv) => {
    const piped = await run(argv)
    expect(piped.exit, piped.stderr).toBe(0)
    expect(piped.stdout).toContain('\u009b')
    const onTerminal = await shown(argv)
    expect(onTerminal.exit).toBe(0)
    expect(onTerminal.stdout).not.toMatch(obeyed)
    expect(onTerminal.stdout).toContain('\\x9b')
  })

  it.each(['parquet', 'arrow'])('%s is not for a terminal', async (format) => {
    for (const argv of [
      ['sessions', ndjson, '--format', format],
      ['sessions', ndjson, '-o', '-', '--format', format],
    ]) {
      const { exit, stdout, stderr } = await shown(argv)
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toContain('is not for a terminal')
    }
    const { exit, stderr } = await shown([
      'sessions',
      ndjson,
      '--format',
      format,
      '-o',
      join(folder.path, `t.${format}`),
    ])
    expect(exit, stderr).toBe(0)
  })
})
