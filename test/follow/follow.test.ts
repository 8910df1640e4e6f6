/** The command: `main(['follow', ...])` with a stream on its standard input. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { main } from '../../src/cli/main.js'
import { withoutExtensions } from '../../src/follow/json-text.js'
import { output, run } from '../oracle/run.js'
import { byUserAndNumber, comparable, type Line, parseLines, runOn } from './streams.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'follow-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const T = Date.UTC(2024, 2, 5, 10)
const iso = (minutes: number): string => new Date(T + minutes * 60_000).toISOString()
const line = (user: string, minutes: number, more = {}): string =>
  `${JSON.stringify({ user_id: user, timestamp: iso(minutes), event: 'a', ...more })}\n`

/** Deterministic, so that a failure can be looked at. */
function randomly(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function randomLines(seed: number, count: number): string[] {
  const random = randomly(seed)
  return Array.from({ length: count }, (_, i) => {
    const late = random() < 0.3 ? random() * 9 : 0
    return line(`user ${Math.floor(random() * 12)}`, i - late, {
      event: random() < 0.1 ? null : `e${Math.floor(random() * 4)}`,
      platform: random() < 0.5 ? 'iOS' : 'Web',
      session_id: Math.floor(random() * 3),
    })
  })
}

async function batch(path: string, flags: readonly string[] = []): Promise<Line[]> {
  return parseLines(await output(['sessions', path, '--format', 'ndjson', ...flags]))
}

describe('the same sessions as the batch', () => {
  const DEFINITIONS: readonly (readonly string[])[] = [
    [],
    ['--gap', '4m', '--boundary', 'at'],
    ['--gap', '20m', '--gap', 'platform=iOS:3m', '--max-events', '5'],
    ['--max-length', '15m'],
    ['--cut-at-midnight', 'Europe/Berlin'],
    ['--cut-on', 'platform', '--start-event', 'e0', '--end-event', 'e3'],
    ['--ignore-event', 'e1'],
  ]
  test.each(DEFINITIONS.map((flags, i) => ({ flags, i })))('$flags', async ({ flags, i }) => {
    const path = join(folder, `events-${i}.ndjson`)
    writeFileSync(path, randomLines(i + 1, 900).join(''))
    const expected = await batch(path, flags)
    const { exit, stdout, stderr } = await run([
      'follow',
      path,
      '--lateness',
      '10m',
      '--flush-on-end',
      ...flags,
    ])
    expect(exit, stderr).toBe(0)
    const got = parseLines(stdout).sort(byUserAndNumber)
    expect(got.map((session) => comparable(session, expected[0] ?? {}))).toEqual(expected)
  })

  test('of CSV, with quoted line ends, whatever the chunks', async () => {
    const text = `user_id,timestamp,event\r\n${Array.from(
      { length: 200 },
      (_, i) => `"u\n${i % 7}",${iso(i)},"e ""${i % 3}"""\r\n`,
    ).join('')}`
    const path = join(folder, 'events.csv')
    writeFileSync(path, text)
    const expected = await batch(path, ['--gap', '5m'])
    const bytes = Buffer.from(text)
    const chunks = Array.from({ length: Math.ceil(bytes.length / 13) }, (_, i) =>
      bytes.subarray(i * 13, i * 13 + 13),
    )
    const { stdout } = await runOn(
      ['follow', '--gap', '5m', '--flush-on-end'],
      Readable.from(chunks),
    )
    const got = parseLines(stdout).sort(byUserAndNumber)
    expect(got.map((session) => comparable(session, expected[0] ?? {}))).toEqual(expected)
  })
})

describe('what is said on stderr', () => {
  test('the columns, and where every line went', async () => {
    const { stderr } = await runOn(
      ['follow'],
      `${line('ann', 0)}not json\n\n{"user_id":"","timestamp":"${iso(1)}"}\n{"user_id":"ann"}\n${line('ann', 2, { timestamp: 'soon' })}${line('ann', 3, { revenue: 1 }).replace('1}', 'NaN,}')}`,
    )
    expect(stderr).toContain(
      'ndjson, reading user user_id, time timestamp (iso), event event; preset generic',
    )
    expect(stderr).toContain(
      '6 lines: 2 in sessions, 4 rejected (row that could not be parsed: 1, no user: 1, no time: 1, time that could not be parsed: 1)',
    )
    expect(stderr).toContain('--flush-on-end writes them')
  })

  test('nothing at all is no error', async () => {
    expect(await runOn(['follow'], '')).toEqual({
      exit: 0,
      stdout: '',
      stderr: expect.stringContaining('0 lines'),
    })
  })

  test('live figures, as often as asked', async () => {
    const stdin = new PassThrough()
    const running = runOn(['follow', '--stats-every', '20ms'], stdin)
    stdin.write(line('ann', 0) + line('ann', 10) + line('bob', 100))
    // The columns are judged a second after the first line of a stream that gives no more.
    await new Promise((resolve) => setTimeout(resolve, 1_600))
    stdin.end()
    expect((await running).stderr).toMatch(
      /3 lines \(.*\/s\), 1 session, 1 user with open ones of 2, 0 late; length p50 (9m 5|10m 0)\ds?/,
    )
  })

  test.each([
    [
      'an Amplitude session_id of -1 is out of session',
      { amplitude_id: 1, event_type: 'a', event_time: iso(0), session_id: -1, uuid: 'x' },
    ],
  ])('%s', async (_name, event) => {
    const { stderr } = await runOn(['follow'], `${JSON.stringify(event)}\n`)
    expect(stderr).toContain('1 out of session')
  })
})

describe('refused', () => {
  test.each([
    ['zstd', Buffer.from('28b52ffd2004210000646174610a', 'hex'), 'zstdcat'],
    ['Parquet', Buffer.from('PAR1 and more'), 'Unpack or convert'],
    ['JSON over several lines', Buffer.from('[\n{"user_id":"a"},\n{"user_id":"b"}\n]\n'), 'jq'],
  ])('%s', async (_name, bytes, hint) => {
    const { exit, stderr } = await runOn(['follow'], bytes)
    expect(exit).toBe(4)
    expect(stderr).toContain(hint)
  })

  test('a quote that is never closed', async () => {
    const { exit, stderr } = await runOn(
      ['follow'],
      `user_id,timestamp\nann,${iso(0)}\n"bob,${iso(0)}\n`,
    )
    expect(exit).toBe(3)
    expect(stderr).toContain('never closed')
  })

  test('a terminal, a missing file, a bad flag, columns that cannot be told', async () => {
    const tty = Object.assign(new PassThrough(), { isTTY: true })
    expect((await runOn(['follow'], tty)).stderr).toContain('tail -F')
    expect((await run(['follow', join(folder, 'none.ndjson')])).exit).toBe(3)
    expect((await run(['follow', '--lateness', 'soon'])).exit).toBe(2)
    expect((await run(['follow', '--max-users', '0'])).exit).toBe(2)
    expect((await run(['follow', '--max-users', '17000000'])).exit).toBe(2)
    expect((await runOn(['follow'], '{"a":1}\n')).stderr).toContain('holds the user')
    expect((await runOn(['follow', '--by-recorded'], line('ann', 0))).exit).toBe(4)
  })
})

describe('stopped', () => {
  test('open sessions are written and marked', async () => {
    const stdin = new PassThrough()
    const stop = new AbortController()
    const running = runOn(['follow'], stdin, stop.signal)
    stdin.write(line('ann', 0) + line('ann', 10))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    stop.abort()
    const { exit, stdout } = await running
    expect(exit).toBe(0)
    expect(parseLines(stdout)).toMatchObject([
      { user: 'ann', events: 2, open: true, end_reason: 'data_end' },
    ])
  })

  test('before a line came, there is nothing to write', async () => {
    const stop = new AbortController()
    const running = runOn(['follow'], new PassThrough(), stop.signal)
    stop.abort()
    expect(await running).toMatchObject({ exit: 0, stdout: '' })
  })
})

test('a slow reader is waited for', async () => {
  let pending = 0
  let most = 0
  let written = 0
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      written += chunk.length
      pending += chunk.length
      most = Math.max(most, pending)
      setTimeout(() => {
        pending -= chunk.length
        done()
      }, 2)
    },
  })
  let given = 0
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let i = 0; i < 60; i++) {
      given++
      yield Buffer.from(
        Array.from({ length: 400 }, (_, j) => line(`u${i} ${j}`, (i * 400 + j) * 60)).join(''),
      )
    }
  }
  const exit = await main(['follow'], {
    stdin: Readable.from(chunks()),
    stdout: slow,
    stderr: new PassThrough().resume(),
    env: {},
  })
  expect(exit).toBe(0)
  expect(given).toBe(60)
  expect(most).toBeLessThan(2_000_000)
  expect(written).toBeGreaterThan(8_000_000)
})

describe('--label', () => {
  test('every event goes on as it came, with its session', async () => {
    const { stdout } = await runOn(
      ['follow', '--label'],
      `${line('ann', 0)}${line('ann', 10, { big: 1 }).replace('1}', '12345678901234567890}')}${line('ann', 50)}`,
    )
    const lines = stdout.split('\n')
    expect(lines[1]).toContain('"big":12345678901234567890,"session_id":')
    expect(parseLines(stdout)).toMatchObject([
      { session_id: T, session_number: 1, event_number: 1 },
      { session_id: T, session_number: 1, event_number: 2 },
      { session_id: T + 50 * 60_000, session_number: 2, event_number: 1 },
    ])
  })

  test('a name that is taken is kept under another', async () => {
    const { stdout } = await runOn(
      ['follow', '--label'],
      line('ann', 0, { session_id: { session_id: 7 } }),
    )
    expect(parseLines(stdout)).toMatchObject([
      { session_id: T, recorded_session_id: { session_id: 7 } },
    ])
  })

  test('CSV becomes NDJSON', async () => {
    const { stdout } = await runOn(
      ['follow', '--label'],
      `user_id,timestamp,event\nann,${iso(0)},\n`,
    )
    expect(parseLines(stdout)).toEqual([
      {
        user_id: 'ann',
        timestamp: iso(0),
        event: null,
        session_id: T,
        session_number: 1,
        event_number: 1,
      },
    ])
  })
})

test('columns are fixed by the first lines', async () => {
  const later = line('bob', 5).replace('user_id', 'uid')
  const { stdout, stderr } = await runOn(
    ['follow', '--flush-on-end'],
    line('ann', 0).repeat(150) + later,
  )
  expect(parseLines(stdout)).toMatchObject([{ user: 'ann', events: 150 }])
  expect(stderr).toContain('no user: 1')
})

test('-o writes a file', async () => {
  const path = join(folder, 'out.ndjson')
  await runOn(['follow', '--flush-on-end', '-o', path], line('ann', 0))
  expect(parseLines(readFileSync(path, 'utf8'))).toMatchObject([{ user: 'ann' }])
  expect((await runOn(['follow', '-o', join(folder, 'no', 'x')], line('ann', 0))).exit).toBe(4)
})

test.each(['-', '/dev/stdout'])('-o %s is standard output', async (path) => {
  const { exit, stdout } = await runOn(['follow', '--flush-on-end', '-o', path], line('ann', 0))
  expect(exit).toBe(0)
  expect(parseLines(stdout)).toMatchObject([{ user: 'ann' }])
})

test('what an output held before stays where nothing can be followed', async () => {
  const path = join(folder, 'kept.ndjson')
  writeFileSync(path, 'before\n')
  const missing = await run(['follow', join(folder, 'none.ndjson'), '-o', path])
  expect(missing.exit).toBe(3)
  expect((await runOn(['follow', '-o', path], '{"a":1}\n')).exit).toBe(2)
  expect(readFileSync(path, 'utf8')).toBe('before\n')
  expect((await runOn(['follow', '-o', path], line('ann', 0))).exit).toBe(0)
  expect(readFileSync(path, 'utf8')).toBe('')
})

test('a checkpoint that cannot be written is told before the stream is read', async () => {
  const stdin = new PassThrough()
  for (const path of [join(folder, 'no', 'x'), folder]) {
    const { exit, stdout, stderr } = await runOn(['follow', '--checkpoint', path], stdin)
    expect([exit, stdout]).toEqual([4, ''])
    expect(stderr).toContain(`Cannot write the checkpoint ${path}`)
  }
})

test('a long text beside what JSON does not have', () => {
  const text = `"${'x'.repeat(20_000_000)}"`
  expect(withoutExtensions(`{"a":${text},"b":NaN,}`) === `{"a":${text},"b":null}`).toBe(true)
  expect(withoutExtensions('{"nan":"-inf, ]","b":[-Infinity,inf , ],"c":"\\"NaN"}')).toBe(
    '{"nan":"-inf, ]","b":[null,null  ],"c":"\\"NaN"}',
  )
  expect(withoutExtensions('{"a":"nan')).toBe('{"a":"nan')
})

test('a session that was written and can still be corrected is not told as open', async () => {
  const lines = line('ann', 0) + line('bob', 60)
  const flags = ['--revisions', '24h']
  const { stdout, stderr } = await runOn(['follow', ...flags], lines)
  expect(parseLines(stdout)).toMatchObject([{ user: 'ann' }])
  expect(stderr).toContain('1 user with open sessions, which were not written')
  const ended = await runOn(['follow', '--flush-on-end', ...flags], lines)
  expect(parseLines(ended.stdout)).toMatchObject([{ user: 'ann' }, { user: 'bob' }])
  expect(ended.stderr).not.toContain('open sessions')
})

describe('a clock that is ahead', () => {
  const lines = [
    ...Array.from({ length: 200 }, (_, i) => line(`u${i % 5}`, i)),
    `${JSON.stringify({ user_id: 'x', timestamp: '2045-01-01T00:00:00Z', event: 'a' })}\n`,
    ...Array.from({ length: 200 }, (_, i) => line(`u${i % 5}`, 200 + i)),
  ]

  test('makes nothing too late that comes after it, and is counted', async () => {
    const { stdout, stderr } = await runOn(['follow', '--flush-on-end'], lines.join(''))
    expect(stderr).toContain('401 lines: 400 in sessions, 1 too far ahead of the clock')
    expect(parseLines(stdout).reduce((sum, { events }) => sum + Number(events), 0)).toBe(400)
  })

  test('is passed over with --label too', async () => {
    const { stdout, stderr } = await runOn(['follow', '--label'], lines.join(''))
    expect(parseLines(stdout)).toHaveLength(400)
    expect(stderr).toContain('1 too far ahead of the clock')
  })

  test('stays counted in a checkpoint, and does not move time there', async () => {
    const path = join(folder, 'ahead.ndjson')
    const checkpoint = ['--checkpoint', join(folder, 'ahead.cp'), '-o', join(folder, 'ahead.out')]
    writeFileSync(path, lines.slice(0, 201).join(''))
    await run(['follow', path, ...checkpoint])
    writeFileSync(path, lines.join(''))
    const { stderr } = await run(['follow', path, ...checkpoint])
    expect(stderr).toContain('401 lines: 400 in sessions, 1 too far ahead of the clock')
  })

  test('is an event like others within --max-ahead', async () => {
    const allowed = ['follow', '--flush-on-end', '--max-ahead', '10000d']
    const { stderr } = await runOn(allowed, lines.slice(0, 201).join(''))
    expect(stderr).toContain('201 lines: 201 in sessions')
  })
})
