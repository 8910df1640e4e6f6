import { spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { verifyCompressed } from '../../src/sources/verify.js'
import { contentOf, eachTestHasAFolder, failure } from './folder.js'

const folder = eachTestHasAFolder()
const rows = Array.from(
  { length: 20_000 },
  (_, i) => `{"user":"u${(i * 7919) % 977}","time":${i * i}}\n`,
).join('')
const again = 'It was cut short or damaged on the way: export or copy it again.'

/** What opening and then verifying says: a small file fails at the first, a large one at the second. */
async function verdict(name: string, content: Buffer) {
  folder().write(name, content)
  const read = async (): Promise<void> => verifyCompressed((await folder().open([name])).files)
  try {
    await read()
    return 'whole'
  } catch {
    return failure(read, folder())
  }
}

function flipped(content: Buffer, at: number): Buffer {
  const copy = Buffer.from(content)
  const position = at < 0 ? copy.length + at : at
  copy.writeUInt8(copy.readUInt8(position) ^ 0x10, position)
  return copy
}

describe('gzip', () => {
  // Longer than what is unpacked at once, so that it stays in place.
  const digits = Array.from(
    { length: 700_000 },
    (_, i) => `${(i * 2_654_435_761) % 4_294_967_291};${i}`,
  )
  const whole = gzipSync(`user;time\n${digits.join('\n')}\n`, { level: 1 })

  it('a large one is read in place, by content', async () => {
    const path = folder().write('events.json', whole)
    expect((await folder().open(['events.json'])).files[0]).toMatchObject({
      path,
      format: 'csv',
      delimiter: ';',
      compression: 'gzip',
    })
  })

  it('a small one is unpacked and so checked at once', async () => {
    folder().write('events.csv', gzipSync('user;time\na;1\n'))
    const { files } = await folder().open(['events.csv'])
    expect(files[0]).toMatchObject({ format: 'csv', delimiter: ';', compression: 'none' })
    expect(contentOf(files[0])).toBe('user;time\na;1\n')
    folder().write('bad.csv', flipped(gzipSync('user;time\na;1\n'), -6))
    expect(await folder().failure(['bad.csv'])).toEqual({
      code: 'input_corrupt',
      message: 'bad.csv is damaged: its data does not match its checksum.',
      hint: again,
    })
  })

  it('a bomb is not unpacked to its end', async () => {
    folder().write('a.json.gz', gzipSync(gzipSync(Buffer.alloc(30_000_000))))
    expect(
      await folder().failure(['a.json.gz'], { limits: { ratioFromBytes: 1_000_000 } }),
    ).toMatchObject({
      code: 'archive_refused',
      message:
        'a.json.gz unpacks to more than 400 times its size (limit 400:1), as a zip bomb does.',
    })
  })

  it('whole, of one part or several', async () => {
    expect(await verdict('a.json.gz', whole)).toBe('whole')
    expect(await verdict('b.json.gz', Buffer.concat([whole, whole]))).toBe('whole')
  })

  it.each([
    [
      'cut in the middle',
      whole.subarray(0, whole.length >> 1),
      'is cut short: its compressed data ends early',
    ],
    [
      'cut in its last bytes',
      whole.subarray(0, -3),
      'is cut short: its compressed data ends early',
    ],
    [
      'a second part that is cut',
      Buffer.concat([whole, whole.subarray(0, 500)]),
      'is cut short: its compressed data ends early',
    ],
    ['a wrong checksum', flipped(whole, -6), 'is damaged: its data does not match its checksum'],
    ['a wrong length', flipped(whole, -2), 'is damaged: its data does not match its checksum'],
  ])('%s', async (_, content, what) => {
    expect(await verdict('a.json.gz', content)).toEqual({
      code: 'input_corrupt',
      message: `a.json.gz ${what}.`,
      hint: again,
    })
  })

  it('a flipped bit inside', async () => {
    expect(await verdict('a.json.gz', flipped(whole, whole.length >> 1))).toMatchObject({
      code: 'input_corrupt',
      message: expect.stringMatching(/^a\.json\.gz is damaged: its /),
    })
  })

  it('zeros after its end, as on a tape, which the engine refuses too', async () => {
    expect(await verdict('a.json.gz', Buffer.concat([whole, Buffer.alloc(4)]))).toEqual({
      code: 'input_corrupt',
      message: 'a.json.gz has 4 bytes after the end of its gzip data.',
      hint: 'Unpack it with gunzip, which leaves them out, and give the result.',
    })
  })

  it('other bytes after its end', async () => {
    expect(await verdict('a.json.gz', Buffer.concat([whole, Buffer.from('rest')]))).toMatchObject({
      code: 'input_corrupt',
      message: 'a.json.gz is damaged, or has other bytes after the end of its gzip data.',
    })
  })

  it('cut within the first bytes fails at once', async () => {
    folder().write('a.json.gz', gzipSync('{"a":1}').subarray(0, 12))
    expect(await folder().failure(['a.json.gz'])).toMatchObject({
      code: 'input_corrupt',
      message: 'a.json.gz is cut short: its compressed data ends early.',
    })
  })
})

const zstd = (...options: readonly string[]): Buffer =>
  spawnSync('zstd', ['-qc', ...options], { input: rows, maxBuffer: 1e9 }).stdout
const hasZstd = spawnSync('zstd', ['--version']).status === 0

describe.skipIf(!hasZstd)('zstd (needs the zstd command)', () => {
  it('is read in place, its format by its name', async () => {
    const path = folder().write('events.ndjson.zst', zstd())
    expect((await folder().open(['events.ndjson.zst'])).files[0]).toMatchObject({
      path,
      format: 'ndjson',
      compression: 'zstd',
    })
  })

  it('whole: default, without checksum, several frames, long', async () => {
    const whole = zstd()
    expect(await verdict('a.json.zst', whole)).toBe('whole')
    expect(await verdict('b.json.zst', zstd('--no-check', '-1'))).toBe('whole')
    expect(await verdict('c.json.zst', Buffer.concat([whole, whole]))).toBe('whole')
    expect(await verdict('d.json.zst', zstd('-19', '--long=27'))).toBe('whole')
    const skippable = Buffer.from('502a4d1804000000deadbeef', 'hex')
    expect(await verdict('e.json.zst', Buffer.concat([whole, skippable]))).toBe('whole')
  })

  it('cut anywhere', async () => {
    const whole = zstd()
    for (const length of [5, 20, whole.length >> 1, whole.length - 5, whole.length - 1]) {
      expect(await verdict('a.json.zst', whole.subarray(0, length))).toEqual({
        code: 'input_corrupt',
        message: 'a.json.zst is cut short: its zstd data ends early.',
        hint: again,
      })
    }
  })

  it('noise after its end', async () => {
    const noisy = Buffer.concat([zstd(), Buffer.from('noise!')])
    expect(await verdict('a.json.zst', noisy)).toMatchObject({
      code: 'input_corrupt',
      message: expect.stringContaining('is damaged: no zstd frame at byte'),
    })
  })
})
