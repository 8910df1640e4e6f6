/** Servers that never end, say the wrong thing, or say it slowly; files that are damaged later. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Credentials } from '../../src/pull/credentials.js'
import { zipFault } from '../../src/pull/whole-zip.js'
import { ARCHIVE_LIMITS, ArchiveBudget } from '../../src/sources/limits.js'
import { visitZip } from '../../src/sources/zip.js'
import { buildZip } from '../sources/zip-builder.js'
import { KEYS, PullScene } from './scene.js'
import { exported, type Reply, send, sendZip } from './server.js'

let scene: PullScene
beforeEach(async () => {
  scene = await PullScene.start()
})
afterEach(() => scene.stop())

const DAY = ['20240101', '20240102'] as const

/** Writes as long as somebody reads, as fast as it is read. @returns the bytes that were taken. */
async function endless(response: ServerResponse, piece: Buffer): Promise<number> {
  let taken = 0
  const closed = new Promise((resolve) => response.once('close', resolve))
  while (!response.destroyed) {
    if (!response.write(piece)) {
      await Promise.race([new Promise((resolve) => response.once('drain', resolve)), closed])
    }
    taken += piece.length
  }
  return taken
}

describe('an answer without an end is not read to it', () => {
  const PAGE = Buffer.from(`<html>${'endless '.repeat(8_000)}`)

  test.each([
    [200, 'text/html', /answered with something that is no zip \(text\/html\): endless endless/],
    [302, 'text/html', /answered 302: endless/],
    [400, 'text/plain', /answered 400: endless/],
    [401, 'text/plain', /does not accept the keys/],
    [418, 'text/html', /answered 418: endless/],
    [500, 'text/html', /after 7 attempts/],
  ])('%i %s', async (code, type, message) => {
    const taken: Promise<number>[] = []
    scene.server.reply = (_asked, response) => {
      response.writeHead(code, { 'content-type': type })
      taken.push(endless(response, PAGE))
    }
    await expect(scene.pull(...DAY)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(message),
    })
    // What the system's own buffers hold is taken whether anybody reads it or not.
    for (const bytes of await Promise.all(taken)) expect(bytes).toBeLessThan(32 * 1024 ** 2)
  })

  test('404, which is no data', async () => {
    let taken: Promise<number> | undefined
    scene.server.reply = (_asked, response) => {
      response.writeHead(404)
      taken = endless(response, PAGE)
    }
    expect(await scene.pull(...DAY)).toMatchObject({ emptyHours: 24 })
    expect(await taken).toBeLessThan(32 * 1024 ** 2)
  })

  test('packed a thousandfold', async () => {
    scene.server.reply = (_asked, response) => {
      response.writeHead(418, { 'content-encoding': 'gzip' })
      response.end(gzipSync(Buffer.alloc(64 * 1024 ** 2, 'long ')))
    }
    await expect(scene.pull(...DAY)).rejects.toThrow(/answered 418: long long/)
  })

  test('a zip: it is given up before it fills the disk', async () => {
    const start = exported({
      start: '20240101T00',
      end: '',
      authorization: '',
      userAgent: '',
      path: '',
    })
    scene.server.reply = (_asked, response) => {
      response.writeHead(200)
      response.write(start)
      void endless(response, Buffer.alloc(65_536))
    }
    await expect(scene.pull(...DAY)).rejects.toThrow(/more than 1000000 bytes came/)
    expect(scene.zips).toEqual([])
    expect(scene.hidden).toEqual([])
  })
})

describe('one byte at a time', () => {
  const slowly =
    (code: number, start: string): Reply =>
    (_asked, response) => {
      response.writeHead(code)
      response.write(start)
      const timer = setInterval(() => response.write('.'), 20)
      response.once('close', () => clearInterval(timer))
    }

  test('is no export', async () => {
    scene.server.reply = slowly(200, 'PK\x03\x04')
    await expect(scene.pull(...DAY, { patienceMillis: 300 })).rejects.toThrow(/Gave up/)
    expect(scene.said[0]).toMatch(/less than 1000 bytes a second|nothing for too long/)
  })

  test.each([
    [200, /no zip \(no type\)/],
    [418, /answered 418/],
  ])('nor worth waiting for: %i', async (code, message) => {
    scene.server.reply = slowly(code, 'what')
    await expect(scene.pull(...DAY, { patienceMillis: 500 })).rejects.toThrow(message)
  })
})

describe('200 with something else than a zip', () => {
  test.each<[string, string | Buffer, Record<string, string>, RegExp]>([
    ['a page', '<h1>Log in</h1>', { 'content-type': 'text/html' }, /\(text\/html\): Log in\.$/],
    ['JSON', '{"error":"no"}', { 'content-type': 'application/json' }, /\{"error":"no"\}/],
    ['a page called a zip', '<p>x', { 'content-type': 'application/zip' }, /application\/zip\): x/],
    ['three bytes', 'abc', {}, /no type\): abc/],
    ['gzip', gzipSync('x'), { 'content-type': 'application/gzip' }, /application\/gzip/],
    ['a packed page', gzipSync('<p>in'), { 'content-encoding': 'gzip' }, /: in\.$/],
    ['a type that is an attack', 'no', { 'content-type': `x/y; ${'a'.repeat(500)}` }, /\.\.\.\)/],
  ])('%s is told at once', async (_name, body, headers, message) => {
    scene.server.reply = (_asked, response) => send(response, 200, body, headers)
    await expect(scene.pull(...DAY)).rejects.toMatchObject({
      code: 'input_unreadable',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('--base-url'),
    })
    expect(scene.server.asked.length).toBe(1)
  })

  test('a zip that a proxy packed once more is unpacked', async () => {
    scene.server.reply = (asked, response) =>
      send(response, 200, gzipSync(exported(asked)), { 'content-encoding': 'gzip' })
    expect(await scene.pull(...DAY)).toMatchObject({ files: 1 })
  })

  test.each([0, 1, 3])('a zip of %i bytes was cut', async (bytes) => {
    scene.server.reply = (asked, response) =>
      send(response, 200, exported(asked).subarray(0, bytes))
    await expect(scene.pull(...DAY)).rejects.toThrow(/after 7 attempts/)
  })
})

describe('400', () => {
  test.each([
    'The file size of the exported data is too large. Shorten the time ranges and try again. The limit size is 4GB.',
    'Request exceeds the limit',
    '',
  ])('is halved where it speaks of size: %j', async (said) => {
    scene.server.reply = (asked, response) =>
      asked.start.slice(0, 8) === asked.end.slice(0, 8) &&
      asked.start.endsWith('T00') &&
      asked.end.endsWith('T23')
        ? send(response, 400, said)
        : sendZip(asked, response)
    expect(await scene.pull(...DAY)).toMatchObject({ files: 2 })
  })

  test.each([
    ['Invalid start', /answered 400: Invalid start\./],
    ['<html><body>Bad Request</body></html>', /answered 400: Bad Request\./],
  ])('is an error where it speaks of something else: %j', async (said, message) => {
    scene.server.reply = (_asked, response) => send(response, 400, said)
    await expect(scene.pull(...DAY)).rejects.toThrow(message)
    expect(scene.server.asked.length).toBe(1)
  })
})

describe('damage', () => {
  const ZIP = buildZip([
    { name: '1/1_2024-01-01_0#0.json.gz', data: gzipSync('{"a":1}\n'), stored: true },
    { name: '1/1_2024-01-01_1#0.json', data: '{"a":2}\n'.repeat(5) },
  ])

  async function content(path: string): Promise<unknown> {
    const found: Record<string, string> = {}
    await visitZip(path, 'it', new ArchiveBudget('it', ARCHIVE_LIMITS), async ({ name, bytes }) => {
      const chunks: Buffer[] = []
      for await (const chunk of bytes) chunks.push(chunk)
      found[name] = Buffer.concat(chunks).toString('latin1')
    })
    return found
  }

  test('one flipped bit, anywhere, is found, or changes nothing that is read', async () => {
    const path = join(scene.folder, 'x.zip')
    writeFileSync(path, ZIP)
    expect(await zipFault(path, 'it')).toBeUndefined()
    const whole = await content(path)
    let harmless = 0
    for (let at = 0; at < ZIP.length; at++) {
      const damaged = Buffer.from(ZIP)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
      writeFileSync(path, damaged)
      if ((await zipFault(path, 'it')) !== undefined) continue
      harmless++
      expect(await content(path), `byte ${at}`).toEqual(whole)
    }
    // Times, attributes, versions.
    expect(harmless).toBeLessThan(ZIP.length / 4)
  })

  test('a download with a flipped byte is pulled again at once', async () => {
    scene.server.reply = (asked, response) => {
      const zip = Buffer.from(exported(asked))
      if (scene.server.asked.length < 3) zip[70] = (zip[70] ?? 0) ^ 1
      send(response, 200, zip, { 'content-length': zip.length })
    }
    expect(await scene.pull(...DAY)).toMatchObject({ files: 1 })
    expect(scene.waits).toBe(2)
    expect(scene.said[0]).toMatch(/is damaged: it does not match its checksum; trying again/)
  })

  /** Flips a bit of a file that was pulled. */
  function damage(name: string): void {
    const path = join(scene.folder, name)
    const bytes = readFileSync(path)
    bytes[80] = (bytes[80] ?? 0) ^ 4
    writeFileSync(path, bytes)
  }

  beforeEach(() => {
    scene.server.reply = sendZip
  })

  test.each([
    ['by what was noted', false],
    ['in a folder that is older', true],
  ])('--verify finds it %s, and pulls that file anew', async (_name, isOlder) => {
    await scene.pull('20240101', '20240104')
    const before = scene.zips.map((name) => readFileSync(join(scene.folder, name)))
    if (isOlder) {
      const path = join(scene.folder, '.sessionize-pull.json')
      const text = readFileSync(path, 'utf8')
      const newer = /,\n\s*"(sha256|checksum)": "[0-9a-f]*"|\n\s*"project": ".*",/g
      writeFileSync(path, text.replaceAll(newer, ''))
      expect(readFileSync(path, 'utf8')).not.toMatch(/sha256|project|checksum/)
    }
    damage(scene.zips[1] ?? '')
    scene.server.asked.length = 0
    // Not looked for unless asked.
    expect(await scene.pull('20240101', '20240104')).toMatchObject({ hours: 0, kept: 72 })
    expect(await scene.pull('20240101', '20240104', { verify: true })).toMatchObject({
      hours: 24,
      kept: 48,
    })
    expect(scene.asked).toEqual(['20240102T00-20240102T23'])
    expect(scene.said).toContain('checked 3 files: 1 damaged')
    expect(scene.zips.map((name) => readFileSync(join(scene.folder, name)))).toEqual(before)
    expect(await scene.pull('20240101', '20240104', { verify: true })).toMatchObject({ hours: 0 })
  })

  test('what is damaged is pulled as a whole, whichever hours are asked for', async () => {
    await scene.pull('20240101', '20240103')
    damage(scene.zips[0] ?? '')
    scene.server.asked.length = 0
    await scene.pull('20240101T05', '20240101T07', { verify: true })
    expect(scene.asked).toEqual(['20240101T00-20240101T23'])
    expect(scene.zips.length).toBe(2)
  })

  test('the damaged file stays until there is a better one', async () => {
    await scene.pull(...DAY)
    damage(scene.zips[0] ?? '')
    scene.server.reply = (_asked, response) => send(response, 500)
    await expect(scene.pull(...DAY, { verify: true })).rejects.toThrow(/Gave up/)
    expect(scene.zips.length).toBe(1)
  })

  test.each([
    [404, 0],
    [413, 2],
  ])('where no file takes its place (%i), it is kept out of the way', async (code, zips) => {
    await scene.pull(...DAY)
    const name = scene.zips[0] ?? ''
    damage(name)
    scene.server.reply = (asked, response) =>
      asked.end.endsWith('T23') && asked.start.endsWith('T00')
        ? send(response, code)
        : sendZip(asked, response)
    await scene.pull(...DAY, { verify: true })
    expect(scene.zips.length).toBe(zips)
    expect(scene.hidden).toContain(`.${name}.damaged`)
    expect(await scene.pull(...DAY, { verify: true })).toMatchObject({ hours: 0 })
  })

  test('a file that was removed is pulled again, one that is not ours never touched', async () => {
    await scene.pull(...DAY)
    rmSync(join(scene.folder, scene.zips[0] ?? ''))
    expect(await scene.pull(...DAY)).toMatchObject({ files: 1 })
    const path = join(scene.folder, '.sessionize-pull.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"amplitude_.*?"/, '"../outside.zip"'))
    await expect(scene.pull(...DAY, { verify: true })).rejects.toMatchObject({
      code: 'input_corrupt',
    })
    expect(statSync(scene.folder).isDirectory()).toBe(true)
  })
})

describe('projects', () => {
  test('two of one host are told apart, and no key is written', async () => {
    scene.server.reply = sendZip
    await scene.pull(...DAY)
    const other = { ...KEYS, AMPLITUDE_API_KEY: 'api-key-of-another' }
    await expect(
      scene.pull('20240102', '20240103', { credentials: Credentials.read(other) }),
    ).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('another project') })
    expect(scene.zips.length).toBe(1)
    const written = readFileSync(join(scene.folder, '.sessionize-pull.json'), 'utf8')
    expect(written).not.toContain('key-')
    // The secret of a project can change.
    const renewed = Credentials.read({ ...KEYS, AMPLITUDE_SECRET_KEY: 'another' })
    expect(await scene.pull(...DAY, { credentials: renewed })).toMatchObject({ kept: 24 })
  })
})
