/** Pulling against a stand-in server that gives every answer of the documentation, cuts and delays. */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { main } from '../../src/cli/main.js'
import { SessionizeError } from '../../src/errors/errors.js'
import { retryAfterMillis, waitMillis } from '../../src/pull/backoff.js'
import { Credentials } from '../../src/pull/credentials.js'
import { Endpoint } from '../../src/pull/endpoint.js'
import { byDay, formatHour, halves, parseHour, without } from '../../src/pull/hours.js'
import { type Pulled, type PullOptions, pullAmplitude } from '../../src/pull/pull.js'
import { zipFault } from '../../src/pull/whole-zip.js'
import { run } from '../oracle/run.js'
import { ExportServer, exported, type Reply, send, sendZip } from './server.js'

const KEYS = { AMPLITUDE_API_KEY: 'api-key-1', AMPLITUDE_SECRET_KEY: 'secret-key-2' }
const BASIC = Buffer.from('api-key-1:secret-key-2').toString('base64')

let server: ExportServer
let root = ''
let folder = ''
let folders = 0
const said: string[] = []
const slept: number[] = []

beforeAll(async () => {
  server = await ExportServer.start()
  root = mkdtempSync(join(tmpdir(), 'pull-'))
})
afterAll(async () => {
  await server.stop()
  rmSync(root, { recursive: true, force: true })
})
beforeEach(() => {
  folder = join(root, String(folders++))
  server.reply = sendZip
  server.asked.length = 0
})
afterEach(() => {
  said.length = 0
  slept.length = 0
})

const hours = (start: string, end: string) => ({
  start: parseHour(start, ''),
  end: parseHour(end, ''),
})

function pull(start: string, end: string, options: Partial<PullOptions> = {}): Promise<Pulled> {
  return pullAmplitude({
    range: hours(start, end),
    folder,
    endpoint: Endpoint.of('us', server.url),
    credentials: Credentials.read(KEYS),
    now: () => Date.UTC(2025, 0, 1),
    random: () => 0.5,
    patienceMillis: 20_000,
    mostBytes: 1_000_000,
    signal: new AbortController().signal,
    say: (message) => said.push(message),
    onProgress: () => undefined,
    ...options,
    sleep: async (millis) => {
      slept.push(millis)
    },
  })
}

const ranges = (): string[] => server.asked.map(({ start, end }) => `${start}-${end}`)
const files = (): string[] => readdirSync(folder).sort()
const zips = (): string[] => files().filter((name) => name.endsWith('.zip'))

/** Answers in turn; the last goes on. */
const inTurn = (...replies: readonly Reply[]): Reply => {
  let next = 0
  return (asked, response) => replies[Math.min(next++, replies.length - 1)]?.(asked, response)
}

const status =
  (code: number, body = '', headers = {}): Reply =>
  (_asked, response) =>
    send(response, code, body, headers)

describe('two at once', () => {
  test('into one folder: the second is refused, and the first finds its own', async () => {
    let go = (): void => undefined
    const asked = new Promise<void>((resolve) => {
      server.reply = async (one, response) => {
        const answered = new Promise<void>((release) => {
          go = release
        })
        resolve()
        await answered
        server.reply = sendZip
        await sendZip(one, response)
      }
    })
    const first = pull('20240101', '20240104')
    await asked
    symlinkSync(folder, `${folder}-linked`)
    await expect(
      pull('20240104', '20240105', { folder: `${folder}-linked` }),
    ).rejects.toMatchObject({
      code: 'output_in_use',
      message: expect.stringContaining(`is in use by process ${process.pid}, since `),
    })
    go()
    expect(await first).toMatchObject({ hours: 72, files: 3 })
    expect(await pull('20240101', '20240105')).toMatchObject({ hours: 24, kept: 72 })
    expect(files().filter((name) => name.includes('lock'))).toEqual([])
  })

  test('a lock that is removed by hand stops the run before it counts anything', async () => {
    server.reply = (asked, response) => {
      rmSync(join(folder, '.sessionize-pull.lock'))
      return sendZip(asked, response)
    }
    await expect(pull('20240101', '20240102')).rejects.toThrow('was taken over')
    expect(files()).not.toContain('.sessionize-pull.json')
  })

  test('the lock of one that was killed is taken over', async () => {
    mkdirSync(folder)
    const { pid } = spawnSync(process.execPath, ['--version'])
    const holder = { pid, host: hostname(), processStart: '1', since: 'before', token: 'x' }
    writeFileSync(join(folder, '.sessionize-pull.lock'), JSON.stringify(holder))
    expect(await pull('20240101', '20240102')).toMatchObject({ hours: 24 })
  })
})

test('a bit flipped in what says which hours are there is found', async () => {
  await pull('20240101', '20240104')
  const path = join(folder, '.sessionize-pull.json')
  const whole = readFileSync(path)
  for (let i = 0; i < 200; i++) {
    const bit = (Math.imul(i, 2_654_435_761) >>> 0) % (whole.length * 8)
    const bytes = Buffer.from(whole)
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    writeFileSync(path, bytes)
    // A flip in the checksum itself leaves the rest as it was.
    const pulled = await pull('20240101', '20240104').catch((error: unknown) => error)
    if (pulled instanceof SessionizeError) expect(pulled.message).toBe(`${path} is damaged.`)
    else expect([bit, pulled]).toEqual([bit, expect.objectContaining({ hours: 0, kept: 72 })])
  }
})

describe('a whole pull', () => {
  test('goes day by day, with the keys, and can be read as it is', async () => {
    const pulled = await pull('20240101T06', '20240103T02')
    expect(ranges()).toEqual([
      '20240101T06-20240101T23',
      '20240102T00-20240102T23',
      '20240103T00-20240103T01',
    ])
    expect(
      server.asked.every(
        ({ authorization, path }) => authorization === `Basic ${BASIC}` && path === '/api/2/export',
      ),
    ).toBe(true)
    expect(pulled).toMatchObject({ hours: 44, kept: 0, emptyHours: 0, files: 3, tooEarly: 0 })
    const summary = await run([folder, '--format', 'json'])
    expect(summary.exit, summary.stderr).toBe(0)
    expect(JSON.parse(summary.stdout)).toMatchObject({ ledger: { read: 3, kept: 3 } })
  })

  test('404 is no data, and is remembered', async () => {
    server.reply = inTurn(sendZip, status(404, 'Raw data files were not found.'), sendZip)
    expect(await pull('20240101', '20240104')).toMatchObject({
      hours: 72,
      emptyHours: 24,
      files: 2,
    })
    expect(await pull('20240101', '20240104')).toMatchObject({ hours: 0, kept: 72 })
    expect(server.asked.length).toBe(3)
    expect(zips().length).toBe(2)
  })

  test('only what is missing is asked for', async () => {
    await pull('20240102T00', '20240102T06')
    await pull('20240103T12', '20240104')
    server.asked.length = 0
    await pull('20240102', '20240104')
    expect(ranges()).toEqual(['20240102T06-20240102T23', '20240103T00-20240103T11'])
  })

  test('a file that has changed since is pulled again', async () => {
    await pull('20240101', '20240103')
    writeFileSync(join(folder, zips()[0] ?? ''), 'PK')
    server.asked.length = 0
    await pull('20240101', '20240103')
    expect(ranges()).toEqual(['20240101T00-20240101T23'])
  })

  test('hours that cannot be exported in full yet are left for later', async () => {
    const now = () => Date.UTC(2024, 0, 1, 10, 30)
    expect(await pull('20240101', '20240102', { now })).toMatchObject({ hours: 8, tooEarly: 16 })
    expect(ranges()).toEqual(['20240101T00-20240101T07'])
    expect(said[0]).toContain('20240101T08')
  })
})

describe('too large', () => {
  test('a 400 halves the range, down to what the server gives', async () => {
    server.reply = (asked, response) =>
      Number(asked.end.slice(9)) - Number(asked.start.slice(9)) > 6
        ? send(response, 400, 'too large')
        : sendZip(asked, response)
    expect(await pull('20240101', '20240102')).toMatchObject({ hours: 24, files: 4 })
    expect(zips().map((name) => name.slice(10, 34))).toEqual([
      '20240101T00_20240101T05.',
      '20240101T06_20240101T11.',
      '20240101T12_20240101T17.',
      '20240101T18_20240101T23.',
    ])
  })

  test('an hour that is too large is an error that says so; hours before it are kept', async () => {
    server.reply = (asked, response) =>
      asked.end >= '20240101T03' && asked.start <= '20240101T03'
        ? send(response, 400, '<b>File is  too large.</b>')
        : sendZip(asked, response)
    await expect(pull('20240101', '20240102')).rejects.toMatchObject({
      message: 'The hour 20240101T03 cannot be exported (400): File is too large.',
      exitCode: 3,
    })
    expect(zips().map((name) => name.slice(10, 33))).toEqual(['20240101T00_20240101T02'])
  })
})

describe('tried again', () => {
  test.each([429, 500, 502, 503, 504])('%i', async (code) => {
    server.reply = inTurn(status(code), sendZip)
    expect(await pull('20240101', '20240102')).toMatchObject({ files: 1 })
    expect(slept).toEqual([750])
    expect(said).toEqual([
      expect.stringMatching(/^20240101T00: the server .*\(\d+\); trying again in 750ms$/),
    ])
  })

  test('later each time, and no sooner than the server asks', async () => {
    server.reply = inTurn(
      status(503),
      status(503),
      status(429, '', { 'retry-after': '30' }),
      status(503),
      sendZip,
    )
    await pull('20240101', '20240102')
    expect(slept).toEqual([750, 1_500, 30_000, 6_000])
  })

  test('in the end it gives up, and keeps what is finished', async () => {
    server.reply = (asked, response) =>
      asked.start < '20240102T00' ? sendZip(asked, response) : send(response, 500)
    await expect(pull('20240101', '20240103')).rejects.toMatchObject({
      message: expect.stringContaining('after 7 attempts'),
    })
    expect(zips().length).toBe(1)
  })

  test('a range that times out again and again is halved', async () => {
    server.reply = (asked, response) =>
      asked.end.endsWith('23') && asked.start.endsWith('00')
        ? send(response, 504)
        : sendZip(asked, response)
    expect(await pull('20240101', '20240102')).toMatchObject({ files: 2 })
    expect(ranges()).toEqual([
      '20240101T00-20240101T23',
      '20240101T00-20240101T23',
      '20240101T00-20240101T11',
      '20240101T12-20240101T23',
    ])
  })

  test('a connection that is refused', async () => {
    const endpoint = Endpoint.of('us', 'http://127.0.0.1:9')
    await expect(pull('20240101', '20240102', { endpoint })).rejects.toMatchObject({
      message: expect.stringContaining('connection failed'),
    })
    expect(slept.length).toBe(6)
  })
})

describe('a cut download is never taken for whole', () => {
  const cut =
    (headers: (zip: Buffer) => Record<string, string | number>): Reply =>
    (asked, response) => {
      const zip = exported(asked)
      response.writeHead(200, headers(zip))
      response.write(zip.subarray(0, zip.length / 2), () => response.destroy())
    }
  const short: Reply = (asked, response) => {
    // Without a length the end of the connection is the end of the file.
    response.shouldKeepAlive = false
    response.removeHeader('transfer-encoding')
    response.useChunkedEncodingByDefault = false
    response.end(exported(asked).subarray(0, -10))
  }

  test.each([
    ['in the middle, with a length', cut((zip) => ({ 'content-length': zip.length }))],
    ['in the middle, in chunks', cut(() => ({}))],
    ['so that only the end of the zip tells', short],
  ])('%s', async (_name, reply) => {
    server.reply = inTurn(reply, reply, sendZip)
    expect(await pull('20240101', '20240102')).toMatchObject({ files: 1 })
    expect(slept.length).toBe(2)
    expect(zips().length).toBe(1)
    expect(await zipFault(join(folder, zips()[0] ?? ''), 'it')).toBeUndefined()
    expect(files().filter((name) => name.endsWith('.partial'))).toEqual([])
  })

  test('a server that goes silent is given up on', async () => {
    server.reply = inTurn((asked, response) => {
      response.writeHead(200)
      response.write(exported(asked).subarray(0, 20))
    }, sendZip)
    expect(await pull('20240101', '20240102', { patienceMillis: 100 })).toMatchObject({ files: 1 })
    expect(said).toEqual([expect.stringContaining('nothing for too long')])
  })

  test('a slow server is not', async () => {
    server.reply = async (asked, response) => {
      const zip = exported(asked)
      response.writeHead(200, { 'content-length': zip.length })
      for (let at = 0; at < zip.length; at += 60) {
        await new Promise((resolve) => setTimeout(resolve, 30))
        response.write(zip.subarray(at, at + 60))
      }
      response.end()
    }
    expect(await pull('20240101', '20240102')).toMatchObject({
      files: 1,
    })
    expect(slept).toEqual([])
  })

  test('what a killed run was writing is removed', async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, '.amplitude_20240101T00_20240101T23.zip.partial'), 'PK\x03\x04')
    await pull('20240101', '20240102')
    expect(files()).toEqual(['.sessionize-pull.json', 'amplitude_20240101T00_20240101T23.zip'])
  })

  test.each([
    ['whole', (zip: Buffer) => zip, true],
    ['without its end', (zip: Buffer) => zip.subarray(0, -1), false],
    ['without its directory', (zip: Buffer) => zip.subarray(0, 40), false],
    ['with something after it', (zip: Buffer) => Buffer.concat([zip, Buffer.from('x')]), false],
    ['empty', () => Buffer.alloc(0), false],
  ])('a zip %s', async (_name, change, whole) => {
    const path = join(root, 'zip')
    writeFileSync(
      path,
      change(
        exported({
          start: '20240101T00',
          end: '',
          authorization: '',
          userAgent: undefined,
          path: '',
        }),
      ),
    )
    expect((await zipFault(path, 'it')) === undefined).toBe(whole)
  })
})

describe('refused at once', () => {
  test.each([
    [401, /does not accept the keys \(401\)/, /AMPLITUDE_API_KEY/],
    [403, /does not accept the keys \(403\)/, /--region eu/],
    [410, /answered 410: gone/, /--base-url/],
    [302, /answered 302/, /points elsewhere/],
  ])('%i', async (code, message, hint) => {
    server.reply = status(code, 'gone', { location: 'http://elsewhere.invalid/' })
    await expect(pull('20240101', '20240102')).rejects.toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
    expect(server.asked.length).toBe(1)
  })

  test('a folder of another server, a damaged manifest, a folder that cannot be made', async () => {
    await pull('20240101', '20240102')
    await expect(
      pull('20240101', '20240102', { endpoint: Endpoint.of('eu', undefined) }),
    ).rejects.toMatchObject({ code: 'usage' })
    writeFileSync(join(folder, '.sessionize-pull.json'), '{')
    await expect(pull('20240101', '20240102')).rejects.toMatchObject({ code: 'input_corrupt' })
    writeFileSync(join(root, 'file'), '')
    await expect(
      pull('20240101', '20240102', { folder: join(root, 'file', 'x') }),
    ).rejects.toMatchObject({ code: 'output_unwritable' })
  })
})

describe('stopped', () => {
  test('at once, leaving the finished hours', async () => {
    const stop = new AbortController()
    server.reply = inTurn(sendZip, (asked, response) => {
      response.writeHead(200)
      response.write(exported(asked).subarray(0, 20), () => stop.abort())
    })
    const began = performance.now()
    await expect(pull('20240101', '20240105', { signal: stop.signal })).rejects.toThrow()
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(files()).toEqual(['.sessionize-pull.json', 'amplitude_20240101T00_20240101T23.zip'])
    server.reply = sendZip
    expect(await pull('20240101', '20240105')).toMatchObject({ hours: 72, kept: 24 })
  })
})

describe('the command', () => {
  const command = async (
    argv: readonly string[],
    env: Record<string, string> = KEYS,
    signal?: AbortSignal,
  ) => {
    const stderr: Buffer[] = []
    const exit = await main(
      argv,
      {
        stdin: new PassThrough(),
        stdout: new PassThrough().resume(),
        stderr: new PassThrough().on('data', (chunk: Buffer) => stderr.push(chunk)),
        env,
      },
      signal,
    )
    return { exit, stderr: Buffer.concat(stderr).toString() }
  }
  const argv = (...more: readonly string[]): string[] => [
    'pull',
    'amplitude',
    '--start',
    '20240101T00',
    '--end',
    '20240102T00',
    '-o',
    folder,
    '--base-url',
    server.url,
    ...more,
  ]

  test('pulls, and says what it did and what is next', async () => {
    const { exit, stderr } = await command(argv())
    expect({ exit, stderr }).toEqual({
      exit: 0,
      stderr: expect.stringMatching(/^Pulled 24 hours in 1 file, .*\/s\)\. Next: sessionize .*\n$/),
    })
    expect((await command(argv())).stderr).toContain('has it all')
  })

  test('never prints the keys, whatever the server says', async () => {
    server.reply = (asked, response) =>
      send(response, 418, `${asked.authorization} api-key-1 secret-key-2`)
    const { exit, stderr } = await command(argv('--debug'))
    expect(exit).toBe(3)
    expect(stderr).toContain('answered 418')
    for (const secret of ['api-key-1', 'secret-key-2', BASIC]) expect(stderr).not.toContain(secret)
    await command(argv())
    const written = existsSync(folder)
      ? readdirSync(folder)
          .map((name) => readFileSync(join(folder, name), 'latin1'))
          .join('')
      : ''
    expect(written).not.toContain('key-')
  })

  test('nor where its words are cut', async () => {
    for (const secret of ['api-key-1', 'secret-key-2', BASIC]) {
      for (let before = 200 - secret.length - 2; before <= 202; before++) {
        server.reply = (_asked, response) => send(response, 418, `${'.'.repeat(before)}${secret}`)
        const { stderr } = await command(argv('--debug', '--verbose'))
        expect(stderr).toContain('answered 418')
        expect(stderr).not.toMatch(/api-key|key-2|secret-k|YXBpL/)
      }
    }
  })

  test('Ctrl-C exits with 130', async () => {
    const stop = new AbortController()
    server.reply = () => stop.abort()
    expect((await command(argv(), KEYS, stop.signal)).exit).toBe(130)
  })

  test.each([
    [['pull', 'mixpanel'], /does not know mixpanel/],
    [['pull', 'amplitude'], /needs --start/],
    [
      ['pull', 'amplitude', '--start', '2024', '--end', '20240102', '-o', 'x'],
      /--start 2024 is not an hour/,
    ],
    [
      ['pull', 'amplitude', '--start', '20240230', '--end', '20240302', '-o', 'x'],
      /--start 20240230 is not an hour/,
    ],
    [['pull', 'amplitude', '--start', '20240102', '--end', '20240102', '-o', 'x'], /is not after/],
    [
      [
        'pull',
        'amplitude',
        '--start',
        '20240101',
        '--end',
        '20240102',
        '-o',
        'x',
        '--base-url',
        'http://a:b@localhost',
      ],
      /must not hold a name/,
    ],
    [
      [
        'pull',
        'amplitude',
        '--start',
        '20240101',
        '--end',
        '20240102',
        '-o',
        'x',
        '--base-url',
        'http://example.com',
      ],
      /unencrypted/,
    ],
    [
      [
        'pull',
        'amplitude',
        '--start',
        '20240101',
        '--end',
        '20240102',
        '-o',
        'x',
        '--base-url',
        'nowhere',
      ],
      /not a web address/,
    ],
    [
      [
        'pull',
        'amplitude',
        '--start',
        '20240101',
        '--end',
        '20240102',
        '-o',
        'x',
        '--region',
        'moon',
      ],
      /moon/,
    ],
  ])('%j is a usage error', async (args, message) => {
    const { exit, stderr } = await command(args)
    expect(exit).toBe(2)
    expect(stderr).toMatch(message)
  })

  test('without keys it says which variable is missing', async () => {
    const { exit, stderr } = await command(argv(), { AMPLITUDE_API_KEY: 'x' })
    expect(exit).toBe(2)
    expect(stderr).toContain('AMPLITUDE_SECRET_KEY is not set')
    expect(server.asked).toEqual([])
  })
})

describe('parts', () => {
  test('hours', () => {
    expect(formatHour(parseHour('2024-02-29T23', ''))).toBe('20240229T23')
    expect(
      byDay(hours('20240101T22', '20240103T01')).map(({ start, end }) => [
        formatHour(start),
        end - start,
      ]),
    ).toEqual([
      ['20240101T22', 2],
      ['20240102T00', 24],
      ['20240103T00', 1],
    ])
    expect(
      without({ start: 0, end: 10 }, [
        { start: 3, end: 5 },
        { start: 4, end: 6 },
        { start: 9, end: 20 },
      ]),
    ).toEqual([
      { start: 0, end: 3 },
      { start: 6, end: 9 },
    ])
    expect(halves({ start: 0, end: 3 })).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 3 },
    ])
    expect(halves({ start: 0, end: 1 })).toBeUndefined()
  })

  test('waits', () => {
    expect([1, 2, 3, 10].map((attempt) => waitMillis(attempt, () => 0))).toEqual([
      500, 1_000, 2_000, 30_000,
    ])
    expect(waitMillis(1, () => 1)).toBe(1_000)
    expect(waitMillis(1, () => 0, 1e12)).toBe(600_000)
    expect(retryAfterMillis('Thu, 01 Jan 1970 00:00:10 GMT', 4_000)).toBe(6_000)
    expect([null, 'soon', '-1'].map((header) => retryAfterMillis(header, 0))).toEqual([0, 0, 0])
  })

  test('regions', () => {
    expect(Endpoint.of('eu', undefined).url(hours('20240101', '20240102')).href).toBe(
      'https://analytics.eu.amplitude.com/api/2/export?start=20240101T00&end=20240101T23',
    )
    expect(
      Endpoint.of('us', 'https://proxy.test/amp/').url(hours('20240101', '20240102')).pathname,
    ).toBe('/amp/api/2/export')
  })

  test('credentials print as nothing', () => {
    const credentials = Credentials.read(KEYS)
    expect(
      `${JSON.stringify(credentials)} ${inspect(credentials, { showHidden: true })}`,
    ).not.toMatch(/key-\d/)
  })
})
