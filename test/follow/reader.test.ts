/**
 * What a stream's lines become: the batch's own reader reads them, so wherever its batches end, the
 * sessions, the labels and the ledger are those of the whole file.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { createGzip, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { main } from '../../src/cli/main.js'
import { REASONS, REJECT_REASONS } from '../../src/events/ledger.js'
import { Inbox } from '../../src/follow/inbox.js'
import { pipeInput } from '../../src/follow/input.js'
import { type FollowOptions, follow } from '../../src/library/follow.js'
import { output, run } from '../oracle/run.js'
import { byUserAndNumber, comparable, type Line, parseLines, runOn } from './streams.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'follow-reader-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const T = Date.UTC(2024, 2, 5, 10)
const iso = (minutes: number): string => new Date(T + minutes * 60_000).toISOString()

/** Chunks of so many bytes, wherever that cuts a line. */
function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function* lineByLine(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at) + 1 || bytes.length
    yield bytes.subarray(at, end)
    at = end
  }
}

interface Heard {
  readonly lines: string
  readonly said: readonly string[]
}

/** Each chunk is a batch of its own, as the clock runs ahead; the first are those of the head. */
async function followed(options: FollowOptions, chunks: Iterable<Buffer>): Promise<Heard> {
  const lines: string[] = []
  const said: string[] = []
  let now = 0
  await follow(
    { flushOnEnd: true, lateness: '10000d', ...options },
    {
      input: pipeInput(Readable.from(chunks)),
      openOutput: () => ({
        write: (line) => lines.push(line),
        flush: async () => undefined,
        position: () => null,
        close: () => undefined,
      }),
      say: (message) => said.push(message),
      now: Date.now,
      clock: () => (now += 1_000),
      memory: { isFull: () => false, usedBytes: 0, limitBytes: 0 },
      signal: new AbortController().signal,
    },
  )
  return { lines: lines.join(''), said }
}

/** `1,234 lines: 1,230 in sessions, 4 rejected (no user: 3, no time: 1)` as counts by reason. */
function rejectedOf(said: readonly string[]): Record<string, number> {
  const ledger = said.find((line) => / lines?: /.test(line)) ?? ''
  return Object.fromEntries(
    REASONS.map((reason) => {
      const [, count = '0'] = new RegExp(`${REJECT_REASONS[reason]}: ([\\d,]+)`).exec(ledger) ?? []
      return [reason, Number(count.replaceAll(',', ''))]
    }),
  )
}

const repeated = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('')

const event = (i: number, more: object = {}): string =>
  `${JSON.stringify({ user_id: `u${i % 7}`, timestamp: iso(i * 3), event: `e${i % 4}`, campaign: `c${i % 90 < 45}`, ...more })}\n`

/** Lines that are no events, or only with some effort, each between others. */
const ODD_LINES: readonly (string | Buffer)[] = [
  'not json\n',
  '{"user_id":\n',
  '{"user_id":"cut","timestamp":[\n',
  '[1,2]\n',
  '"text"\n',
  '\n',
  '   \n',
  event(3).replace('\n', '\r\n'),
  event(4, { big: 1 }).replace('1}', '12345678901234567890123}'),
  event(5, { n: 1 }).replace('"n":1', '"n":NaN,"m":-Infinity,'),
  event(6).replace('"u6"', '1e3'),
  event(6).replace('"u6"', '1.0'),
  event(6).replace('"u6"', 'true'),
  event(6).replace('"u6"', '{"id": 7}'),
  event(6).replace('"u6"', '"  "'),
  event(7).replace('user_id', 'USER_ID'),
  event(8).replace('user_id', 'User_Id').replace('timestamp', 'Timestamp'),
  event(9).replace('"user_id"', '"USER_ID":"upper","User_Id"'),
  event(9).replace('"user_id"', '"user_id":null,"User_Id"'),
  event(10).replace('"event"', '"Event"'),
  event(11, { timestamp: 'soon' }),
  event(11, { timestamp: null }),
  event(11, { timestamp: '2024-03-05T10:00:00 America/New_York' }),
  event(11, { timestamp: '2024-03-05 10:00:00.1234567' }),
  event(11, { timestamp: '12024-03-05T10:00:00Z' }),
  event(12, { late: 'a key that others have not' }),
  Buffer.from(event(13).replace('u6', 'M\u00fcller'), 'latin1'),
  event(14, { text: 'a \u0000 in it' }),
  Buffer.concat([Buffer.from([0]), Buffer.from(event(15))]),
  `{"user_id":"deep","timestamp":"${iso(50)}","event":"e","deep":${'['.repeat(900)}${']'.repeat(900)}}\n`,
  `{"user_id":"deeper","timestamp":"${iso(51)}","event":"e","deep":${'{"a":'.repeat(1_100)}1${'}'.repeat(1_100)}}\n`,
  `{"user_id":"deepest","timestamp":"${iso(52)}","deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}\n`,
  event(16, { text: '[{'.repeat(1_200) }),
  event(17, { text: 'x'.repeat(3_000) }),
]

const ndjson = (): Buffer =>
  Buffer.concat([
    Buffer.from(`\uFEFF${repeated(110, event)}`),
    ...ODD_LINES.flatMap((line, i) => [Buffer.from(line), Buffer.from(event(200 + i))]),
    Buffer.from(repeated(10, (i) => event(i + 300))),
    Buffer.from(event(400).trimEnd()),
  ])

const severalOnALine = (): Buffer =>
  Buffer.from(
    `${repeated(110, event)}not json\n${repeated(20, (i) => `${event(i * 2).trim()},${event(i * 2 + 1)}`)}[${event(1).trim()},${event(2).trim()}]\n${event(3)}`,
  )

const listsOnLines = (): Buffer =>
  Buffer.from(
    `${repeated(120, (i) => `[${event(i * 2).trim()},${event(i * 2 + 1).trim()}]\n`)}not json\n`,
  )

/** RFC 7464. */
const sequence = (): Buffer =>
  Buffer.from(`${repeated(120, (i) => `\u001e${event(i)}`)}\u001e{"user_id":\n`)

const record = (i: number): string => `u${i % 7},${iso(i * 3)},e${i % 4},"c, ""${i % 90 < 45}"""`

const ODD_RECORDS: readonly (string | Buffer)[] = [
  'too,few\n',
  'far,too,many,values,here\n',
  '\n',
  '   \n',
  `"u\n1",${iso(1)},"e\r\n2",c\r\n`,
  `"u""1",${iso(1)},e2,c\n`,
  `"u"1,${iso(1)},e2,c\n`,
  `u"1,${iso(1)},e"2,c\n`,
  `,${iso(1)},e2,c\n`,
  'u1,,e2,c\n',
  'u1,soon,e2,c\n',
  'u1,2024-03-05 10:00:00.1234567,,\n',
  `u1,${iso(1)},"",c\n`,
  Buffer.from(`M\u00fcller,${iso(1)},e2,c\n`, 'latin1'),
  Buffer.from(`u1,${iso(1)},e2,M\u00fcller\n`, 'latin1'),
  `u1,${iso(1)},nul\0nul,c\n`,
  `u1,${iso(1)},e,${'x'.repeat(4_000)}\n`,
  `u1,${iso(1)},e,c\r`,
]

const csv = (end: string): Buffer =>
  Buffer.concat([
    Buffer.from(`user_id,timestamp,event,campaign${end}${repeated(110, (i) => record(i) + end)}`),
    ...ODD_RECORDS.flatMap((line, i) => [Buffer.from(line), Buffer.from(record(200 + i) + end)]),
    Buffer.from(record(300)),
  ])

const titled = (): Buffer =>
  Buffer.from(
    `Events of March\n\nuser_id,timestamp,event\n${repeated(130, (i) => `u${i % 7},${iso(i * 3)},e${i % 4}\n`)}too,few\n`,
  )

/** As databases write them: a backslash before what is data. */
const bare = (): Buffer =>
  Buffer.from(
    `user_id,timestamp,event\n${repeated(130, (i) => `u${i % 7}\\,x,${iso(i * 3)},e\\\n${i % 4}\n`)}too,few\n`,
  )

const access = (i: number): string =>
  `10.0.0.${i % 7} - - [05/Mar/2024:${String(10 + (i % 9)).padStart(2, '0')}:00:0${i % 10} +0100] "GET /p/${i} HTTP/1.1" 200 12 "-" "agent ${i % 3}"\n`

const accessLog = (): Buffer =>
  Buffer.concat([
    Buffer.from(repeated(110, access)),
    Buffer.from('no line of a log\n\n'),
    Buffer.from(access(7).replace('agent', 'ag\u00e9nt'), 'latin1'),
    Buffer.from(access(8).replace('05/Mar', '35/Mar')),
    Buffer.from(repeated(10, access)),
  ])

const W3C = '#Fields: date time c-ip cs-method cs-uri-stem cs(User-Agent)\n'
const w3c = (i: number): string =>
  `2024-03-05 1${i % 9}:00:0${i % 10} 10.0.0.${i % 7} GET /p/${i} agent-${i % 3}\n`

const w3cLog = (): Buffer =>
  Buffer.from(
    `#Version: 1.0\n${W3C}${repeated(110, w3c)}too few\n#Version: 1.0\n${W3C}${repeated(10, w3c)}`,
  )

const STREAMS: readonly {
  of: string
  file: string
  bytes: Buffer
  labelled?: true
  options?: FollowOptions
}[] = [
  { of: 'NDJSON', file: 'odd.ndjson', bytes: ndjson(), labelled: true },
  {
    of: 'NDJSON, by rules',
    file: 'rules.ndjson',
    bytes: ndjson(),
    options: { cutOn: ['campaign'] },
  },
  { of: 'NDJSON of several on some lines', file: 'several.ndjson', bytes: severalOnALine() },
  { of: 'a list on each line', file: 'lists.ndjson', bytes: listsOnLines() },
  { of: 'a sequence of JSON', file: 'sequence.ndjson', bytes: sequence() },
  {
    of: 'NDJSON, a user of two keys',
    file: 'two.ndjson',
    bytes: ndjson(),
    options: { user: 'user_id+campaign' },
  },
  {
    of: 'NDJSON, times of a zone',
    file: 'zone.ndjson',
    bytes: ndjson(),
    options: { timezone: 'Europe/Berlin' },
  },
  { of: 'CSV', file: 'odd.csv', bytes: csv('\n'), options: { cutOn: ['campaign'] } },
  {
    of: 'CSV that ends lines in CRLF',
    file: 'crlf.csv',
    bytes: csv('\r\n'),
    labelled: true,
    options: { cutOn: ['campaign'] },
  },
  {
    of: 'CSV that begins with a mark',
    file: 'mark.csv',
    bytes: Buffer.concat([Buffer.from('\uFEFF'), csv('\n')]),
    options: { cutOn: ['campaign'] },
  },
  { of: 'CSV below a title', file: 'title.csv', bytes: titled() },
  { of: 'CSV with escapes and no quotes', file: 'bare.csv', bytes: bare(), labelled: true },
  { of: 'an access log', file: 'access.log', bytes: accessLog() },
  { of: 'a W3C log', file: 'w3c.log', bytes: w3cLog(), labelled: true },
]

const flagsOf = ({ cutOn, user, timezone }: FollowOptions): string[] => [
  ...[cutOn].flat().flatMap((name) => (name === undefined ? [] : ['--cut-on', String(name)])),
  ...(user === undefined ? [] : ['--user', String(user)]),
  ...(timezone === undefined ? [] : ['--timezone', timezone]),
]

describe.each(STREAMS)('$of', ({ file, bytes, labelled = false, options = {} }) => {
  const batches: Readonly<Record<string, () => Iterable<Buffer>>> = {
    'of a line': () => lineByLine(bytes),
    'of 1 kB': () => cut(bytes, 1_000),
    'of 4 MB': () => cut(bytes, 4_000_000),
  }

  test('its sessions and its ledger are those of the batch', async () => {
    const path = join(folder, file)
    writeFileSync(path, bytes)
    const flags = flagsOf(options)
    const expected = parseLines(
      await output(['sessions', path, '--format', 'ndjson', '--dedupe', 'none', ...flags]),
    )
    const summary = await output([
      'summary',
      path,
      '--format',
      'json',
      '--dedupe',
      'none',
      ...flags,
    ])
    const { ledger }: { ledger: { rejected: Record<string, number> } } = JSON.parse(summary)
    const { lines, said } = await followed(options, cut(bytes, 4_000_000))
    const got = parseLines(lines).sort(byUserAndNumber)
    expect(got.map((session) => comparable(session, expected[0] ?? {}))).toEqual(expected)
    expect(rejectedOf(said)).toEqual(ledger.rejected)
    expect(Object.values(ledger.rejected).some((count) => count > 0)).toBe(true)
  })

  test('batches of any size give the same bytes', async () => {
    for (const label of labelled ? [false, true] : [false]) {
      const whole = await followed({ ...options, label }, [bytes])
      expect(whole.lines.length).toBeGreaterThan(1_000)
      for (const [name, chunks] of Object.entries(batches)) {
        const heard = await followed({ ...options, label }, chunks())
        expect(heard.said, name).toEqual(whole.said)
        expect(heard.lines === whole.lines, name).toBe(true)
      }
      for (const line of parseLines(label ? whole.lines : '')) {
        expect(line).toHaveProperty('event_number')
      }
    }
  })
})

test.each(STREAMS.filter(({ labelled }) => labelled))(
  '$of that grows is read on from its last whole line',
  async ({ file, bytes, options = {} }) => {
    const path = join(folder, `grown-${file}`)
    const out = join(folder, `grown-${file}.out`)
    const flags = [...flagsOf(options), '--lateness', '10000d']
    const argv = ['follow', path, '-o', out, '--checkpoint', join(folder, `grown-${file}.state`)]
    const step = Math.ceil(bytes.length / 6) + 1
    for (let upTo = step; upTo < bytes.length; upTo += step) {
      writeFileSync(path, bytes.subarray(0, upTo))
      const { exit, stderr } = await run([...argv, ...flags])
      expect(exit, stderr).toBe(0)
    }
    writeFileSync(path, bytes)
    const last = await run([...argv, ...flags, '--flush-on-end'])
    const whole = await run(['follow', path, ...flags, '--flush-on-end'])
    expect(readFileSync(out, 'utf8')).toBe(whole.stdout)
    expect(rejectedOf([last.stderr])).toEqual(rejectedOf([whole.stderr]))
  },
)

describe('every preset', () => {
  const presets = join(import.meta.dirname, '..', '..', 'fixtures', 'presets')
  const files = readdirSync(presets).filter((name) => /\.(csv|tsv|ndjson|log)$/.test(name))
  test.each(files)('%s', async (name) => {
    const path = join(presets, name)
    const expected = parseLines(
      await output(['sessions', path, '--format', 'ndjson', '--dedupe', 'none']),
    )
    const flags = ['--flush-on-end', '--lateness', '10000d']
    const { exit, stdout, stderr } = await run(['follow', path, ...flags])
    expect(exit, stderr).toBe(0)
    const got = parseLines(stdout).sort(byUserAndNumber)
    expect(got.map((session) => comparable(session, expected[0] ?? {}))).toEqual(expected)
    const labelled = await run(['follow', path, '--label'])
    expect(labelled.exit, labelled.stderr).toBe(0)
    const events = expected.reduce((sum, session) => sum + Number(session['events']), 0)
    expect(parseLines(labelled.stdout)).toHaveLength(events)
  })

  test('of several events in a line', async () => {
    const visits: Line[] = JSON.parse(readFileSync(join(presets, 'matomo.json'), 'utf8'))
    const text = visits.map((visit) => `${JSON.stringify(visit)}\n`).join('')
    const path = join(folder, 'matomo.ndjson')
    writeFileSync(path, text)
    const expected = parseLines(
      await output(['sessions', path, '--format', 'ndjson', '--dedupe', 'none']),
    )
    const { lines } = await followed({}, lineByLine(Buffer.from(text)))
    const got = parseLines(lines).sort(byUserAndNumber)
    expect(got.map((session) => comparable(session, expected[0] ?? {}))).toEqual(expected)
    const { exit, stderr } = await runOn(['follow', '--label'], text)
    expect(exit).toBe(4)
    expect(stderr).toContain('holds several')
  })
})

describe('gzip', () => {
  const lines = (from: number, to: number): Buffer =>
    Buffer.from(repeated(to - from, (i) => event(from + i)))

  test('is read as it comes', async () => {
    const stdin = new PassThrough()
    const packed = createGzip()
    packed.pipe(stdin)
    const out = new PassThrough()
    const heard: Buffer[] = []
    out.on('data', (chunk: Buffer) => heard.push(chunk))
    const running = main(['follow', '--label'], {
      stdin,
      stdout: out,
      stderr: new PassThrough().resume(),
      env: {},
    })
    const written = (): number => Buffer.concat(heard).toString().split('\n').length - 1
    for (const upTo of [1, 2, 120]) {
      packed.write(lines(upTo === 1 ? 0 : written(), upTo))
      packed.flush()
      await vi.waitFor(() => expect(written()).toBe(upTo), { timeout: 60_000, interval: 20 })
    }
    packed.end()
    expect(await running).toBe(0)
  })

  test('of several members, of a file too, gives what the text gives', async () => {
    const text = lines(0, 300)
    const packed = Buffer.concat([
      gzipSync(text.subarray(0, 9_999)),
      gzipSync(text.subarray(9_999)),
    ])
    const path = join(folder, 'events.gz')
    writeFileSync(path, packed)
    const expected = await followed({}, [text])
    expect((await followed({}, cut(packed, 700))).lines).toBe(expected.lines)
    const { stdout } = await run(['follow', path, '--flush-on-end', '--lateness', '10000d'])
    expect(stdout).toBe(expected.lines)
  })

  test('goes on from a checkpoint after the last whole line', async () => {
    const text = lines(0, 400)
    const path = join(folder, 'grown.gz')
    const out = join(folder, 'grown.out')
    const argv = ['follow', path, '-o', out, '--checkpoint', join(folder, 'grown.state')]
    const members: Buffer[] = []
    for (const part of cut(text, 7_777)) {
      members.push(gzipSync(part))
      writeFileSync(path, Buffer.concat(members))
      const { exit, stderr } = await run(argv)
      expect(exit, stderr).toBe(0)
    }
    await run([...argv, '--flush-on-end'])
    const { stdout } = await runOn(['follow', '--flush-on-end'], text)
    expect(readFileSync(out, 'utf8')).toBe(stdout)
  })

  test.each([
    ['is cut short', (packed: Buffer) => packed.subarray(0, -9), 'cut short'],
    [
      'goes on as something else',
      (packed: Buffer) => Buffer.concat([packed, Buffer.from('more')]),
      'after the end',
    ],
  ])('that %s', async (_name, damage, message) => {
    const { exit, stderr } = await runOn(['follow'], damage(gzipSync(lines(0, 300))))
    expect(exit).toBe(3)
    expect(stderr).toContain(message)
  })
})

test('UTF-16 is read as it comes', async () => {
  const text = `\uFEFF${repeated(200, (i) => event(i, { name: 'M\u00fcller' }))}`
  const bytes = Buffer.from(text, 'utf16le')
  const expected = await followed({ label: true }, [Buffer.from(text)])
  expect((await followed({ label: true }, cut(bytes, 333))).lines).toBe(expected.lines)
})

test('nothing is read while nothing arrives', async () => {
  const put = vi.spyOn(Inbox.prototype, 'put')
  const stdin = new PassThrough()
  const out = new PassThrough().resume()
  const said: string[] = []
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said.push(chunk.toString())
      done()
    },
  })
  const running = main(['follow', '--stats-every', '5ms'], { stdin, stdout: out, stderr, env: {} })
  stdin.write(repeated(150, event))
  const told = (): number => said.filter((line) => line.includes('150 lines')).length
  const until = { timeout: 60_000, interval: 10 }
  await vi.waitFor(() => expect(told()).toBeGreaterThan(0), until)
  const before = put.mock.calls.length
  const then = told()
  await vi.waitFor(() => expect(told()).toBeGreaterThan(then + 20), until)
  expect(put).toHaveBeenCalledTimes(before)
  stdin.end()
  expect(await running).toBe(0)
  put.mockRestore()
})

test('a W3C log whose columns change on the way is refused', async () => {
  const text = `${W3C}${repeated(150, w3c)}#Fields: date time c-ip cs-uri-stem\n2024-03-05 10:00:00 10.0.0.1 /\n`
  await expect(followed({}, lineByLine(Buffer.from(text)))).rejects.toThrow('different #Fields')
})

test('a line that is longer than any that is read counts as malformed, and takes no other along', async () => {
  const long = event(151, { text: 'x'.repeat(33 * 1024 * 1024) })
  const bytes = Buffer.from(repeated(150, event) + long + event(152))
  for (const size of [1_000_000, bytes.length - 3]) {
    const { said } = await followed({}, cut(bytes, size))
    expect(said).toContain(
      '152 lines: 151 in sessions, 1 rejected (row that could not be parsed: 1)',
    )
  }
})

test('a line of 20 MB is an event', async () => {
  const long = event(151, { text: 'x'.repeat(20 * 1024 * 1024) })
  const { said } = await followed({}, cut(Buffer.from(repeated(150, event) + long), 1_000_000))
  expect(said).toContain('151 lines: 151 in sessions')
})
