import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { verifyCompressed } from '../../src/sources/verify.js'
import { contentOf, eachTestHasAFolder, failure } from './folder.js'
import { buildTar } from './tar-builder.js'
import { buildZip, type ZipPart } from './zip-builder.js'

const folder = eachTestHasAFolder()
const event = '{"user":"a","time":1}\n'
const csv = 'user,time\na,1\n'
const merge =
  '{"scope":1,"merge_time":"2024-01-01 00:00:00","merge_server_time":"x","amplitude_id":1,"merged_amplitude_id":2}\n'
const noise = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7919 + (i >> 3) * 104_729) & 0xff))

async function openZip(parts: readonly ZipPart[], name = 'export.zip') {
  folder().write(name, buildZip(parts))
  return folder().open([name])
}

describe('an Amplitude export', () => {
  const parts: readonly ZipPart[] = [
    { name: '123/' },
    { name: '123/123_2024-01-01_1#0.json.gz', data: gzipSync(event), stored: true },
    { name: '123/123_2024-01-01_0#0.json.gz', data: gzipSync(event.repeat(3)), stored: true },
    { name: '123/-9_2024-01-01_0.json.gz', data: gzipSync(merge), stored: true },
    { name: '123/other.json.gz', data: gzipSync(merge), stored: true },
    { name: '123/complete', data: '' },
    { name: '123/123_2024-01-01_complete', data: '2024-01-01\n' },
    { name: '123/123_2024-01-01_2#0.json.gz', data: gzipSync(''), stored: true },
    { name: '__MACOSX/123/._x.json.gz', data: 'x' },
    { name: '123/.DS_Store', data: 'x' },
    { name: '123/._123_2024-01-01_1#0.json.gz', data: 'x' },
    { name: '123/notes.txt', data: 'Hello.\n' },
  ]
  const why = [
    ['123/-9_2024-01-01_0.json.gz', 'merged_ids'],
    ['123/.DS_Store', 'resource_entry'],
    ['123/._123_2024-01-01_1#0.json.gz', 'resource_entry'],
    ['123/123_2024-01-01_2#0.json.gz', 'empty'],
    ['123/123_2024-01-01_complete', 'marker'],
    ['123/complete', 'marker'],
    ['123/notes.txt', 'not_events'],
    ['123/other.json.gz', 'merged_ids'],
  ]

  it('is read from its zip, its members still packed in the workspace', async () => {
    const { files, skipped } = await openZip(parts)
    expect(files.map(({ label, format, compression }) => [label, format, compression])).toEqual([
      ['export.zip!123/123_2024-01-01_0#0.json.gz', 'ndjson', 'gzip'],
      ['export.zip!123/123_2024-01-01_1#0.json.gz', 'ndjson', 'gzip'],
    ])
    expect(contentOf(files[0])).toBe(event.repeat(3))
    expect(contentOf(files[1])).toBe(event)
    expect(skipped.map((file) => [file.label, file.why])).toEqual([
      ...why.map(([name, reason]) => [`export.zip!${name}`, reason]),
      ['export.zip!__MACOSX/123/._x.json.gz', 'resource_entry'],
    ])
    const [ids] = skipped
    expect(ids?.compression).toBe('none')
    expect(readFileSync(ids?.path ?? '', 'utf8')).toBe(merge)
  })

  it('is read the same once unpacked', async () => {
    for (const { name, data = '' } of parts)
      if (!name.endsWith('/')) folder().write(`ex/${name}`, data)
    const { files, skipped } = await folder().open(['ex'])
    expect(files.map(({ label, compression }) => [label, compression])).toEqual([
      ['ex/123/123_2024-01-01_0#0.json.gz', 'gzip'],
      ['ex/123/123_2024-01-01_1#0.json.gz', 'gzip'],
    ])
    expect(skipped.map((file) => [file.label, file.why])).toEqual([
      ...why.map(([name, reason]) => [`ex/${name}`, reason]),
      ['ex/__MACOSX', 'resource_entry'],
    ])
    expect(readFileSync(skipped[0]?.path ?? '', 'utf8')).toBe(merge)
  })

  it('in parts is whole, with bytes after its end is not', async () => {
    const verified = async (data: Buffer): Promise<void> =>
      verifyCompressed((await openZip([{ name: 'a.json.gz', data }])).files)
    await verified(Buffer.concat([gzipSync(event), gzipSync(event)]))
    const padded = Buffer.concat([gzipSync(event), Buffer.alloc(512)])
    expect(await failure(() => verified(padded), folder())).toMatchObject({
      code: 'input_corrupt',
      message: 'export.zip!a.json.gz has 512 bytes after the end of its gzip data.',
    })
  })

  it('is read the same when a shell names each file', async () => {
    const names = parts.filter(({ name }) => /^123\/(?!\.).*(gz|complete)$/.test(name))
    for (const { name, data = '' } of names) folder().write(name, data)
    const { files, skipped } = await folder().open(names.map(({ name }) => name))
    expect(files).toHaveLength(2)
    expect(skipped.map(({ why: reason }) => reason).sort()).toEqual([
      'empty',
      'marker',
      'marker',
      'merged_ids',
      'merged_ids',
    ])
  })

  it('without a single event is an error that lists what it has', async () => {
    folder().write('export.zip', buildZip([{ name: 'complete' }, { name: '._a', data: 'x' }]))
    expect(await folder().failure(['export.zip'])).toEqual({
      code: 'no_events',
      message:
        'No event file in export.zip. Passed over: export.zip!._a (left by the operating system), export.zip!complete (a marker).',
      hint: 'Name a file of events: NDJSON, JSON, CSV, Parquet, Arrow or an access log, or a zip of them.',
    })
  })

  it('named .json.gz is still a zip', async () => {
    expect((await openZip(parts, 'export.json.gz')).files).toHaveLength(2)
  })
})

describe('zips of all kinds', () => {
  it('stored and deflated members, of mixed formats', async () => {
    const { files } = await openZip([
      { name: 'a.json', data: event, stored: true },
      { name: 'b.csv', data: csv },
      { name: 'c.parquet', data: 'PAR1........PAR1' },
      { name: 'd.json', data: Buffer.from(`\ufeff${event}`, 'utf16le') },
    ])
    expect(files.map(({ format }) => format)).toEqual(['ndjson', 'csv', 'parquet', 'ndjson'])
    expect(contentOf(files[3])).toBe(event)
  })

  it('zip64', async () => {
    const { files } = await openZip([{ name: 'a.json', data: event, zip64: true }])
    expect(contentOf(files[0])).toBe(event)
  })

  it('names with backslashes, spaces and other alphabets', async () => {
    const { files } = await openZip([
      { name: 'a\\b c.json', data: event },
      { name: 'ä/事件.json', data: event },
    ])
    expect(files.map(({ label }) => label)).toEqual([
      'export.zip!a/b c.json',
      'export.zip!ä/事件.json',
    ])
  })

  it('the same name twice: both are data', async () => {
    const { files } = await openZip([
      { name: 'a.json', data: event },
      { name: 'a.json', data: event },
    ])
    expect(files.map(({ label }) => label)).toEqual(['export.zip!a.json', 'export.zip!a.json (2)'])
  })

  it('a zip of zips and tars, one level deep, and nothing of them left', async () => {
    const { files } = await openZip([
      { name: 'jan.zip', data: buildZip([{ name: 'a.json', data: event }]), stored: true },
      { name: 'feb.tar', data: buildTar([{ name: 'b.json', data: event }]) },
      { name: 'mar.tar.gz', data: gzipSync(buildTar([{ name: 'c.json', data: event }])) },
    ])
    expect(files.map(({ label }) => label)).toEqual([
      'export.zip!feb.tar!b.json',
      'export.zip!jan.zip!a.json',
      'export.zip!mar.tar.gz!c.json',
    ])
    expect(folder().spooled()).toBe(3)
  })

  it('members of many megabytes, streamed', async () => {
    const big = event.repeat(500_000)
    const long = Array.from(
      { length: 400_000 },
      (_, i) => `{"note":"${(Math.imul(i + 1, 2_654_435_761) >>> 0).toString(36).repeat(2)}"}\n`,
    ).join('')
    const { files } = await openZip([
      { name: 'a.json', data: big },
      { name: 'b.json.gz', data: gzipSync(long, { level: 0 }) },
    ])
    expect(files.map(({ compression }) => compression)).toEqual(['none', 'gzip'])
    expect(contentOf(files[0])).toBe(big)
    expect(contentOf(files[1])).toBe(long)
  })

  it('thousands of tiny members', async () => {
    const parts = Array.from({ length: 5000 }, (_, i) => ({ name: `${i}.json`, data: event }))
    const start = performance.now()
    expect((await openZip(parts)).files).toHaveLength(5000)
    expect(performance.now() - start).toBeLessThan(20_000)
  })

  it('tells how far it is', async () => {
    folder().write('a.zip', buildZip([{ name: 'a.json', data: event }]))
    const seen: number[] = []
    await folder().open(['a.zip'], { onProgress: ({ bytes }) => seen.push(bytes) })
    expect(seen.at(-1)).toBe(event.length)
  })
})

describe('damaged zips', () => {
  const whole = buildZip([
    { name: 'a.json', data: event.repeat(100) },
    { name: 'b.json.gz', data: gzipSync(event.repeat(1000)), stored: true },
  ])
  const again = 'It was cut short or damaged on the way: export or copy it again.'

  const cases: readonly [what: string, content: Buffer, message: string][] = [
    [
      'cut in the middle',
      whole.subarray(0, whole.length / 2),
      'export.zip is cut short: a zip ends with its directory, and this has none.',
    ],
    [
      'a member cut short inside its own gzip',
      buildZip([
        { name: 'a.json.gz', data: gzipSync(event.repeat(1000)).subarray(0, 60), stored: true },
      ]),
      'export.zip!a.json.gz is cut short: its compressed data ends early.',
    ],
    [
      'a member whose gzip has a wrong checksum',
      buildZip([{ name: 'a.json.gz', data: flipped(gzipSync(event.repeat(9)), -6), stored: true }]),
      'export.zip!a.json.gz is damaged: its data does not match its checksum.',
    ],
    [
      'a flipped byte in a stored member',
      flipped(buildZip([{ name: 'a.json', data: event, stored: true }]), 50),
      'export.zip!a.json is damaged: it does not match its checksum.',
    ],
    [
      'a member shorter than the directory says',
      buildZip([{ name: 'a.json', data: event, claims: { size: 500 } }]),
      'export.zip!a.json is cut short: 22 of 500 bytes.',
    ],
    [
      'deflate that is none',
      buildZip([{ name: 'a.json', data: event, stored: true, claims: { method: 8 } }]),
      'export.zip!a.json is damaged: its compressed data cannot be read.',
    ],
  ]
  it.each(cases)('%s', async (_, content, message) => {
    folder().write('export.zip', content)
    expect(await folder().failure(['export.zip'])).toEqual({
      code: 'input_corrupt',
      message,
      hint: again,
    })
  })

  it('of several damaged members the first is named, every time', async () => {
    const bad = gzipSync(event.repeat(1000)).subarray(0, 60)
    const parts = Array.from({ length: 30 }, (_, i) => ({ name: `${i}.json.gz`, data: bad }))
    folder().write(
      'export.zip',
      buildZip([{ name: 'ok.json', data: event.repeat(9999) }, ...parts]),
    )
    for (let run = 0; run < 5; run++) {
      expect(await folder().failure(['export.zip'])).toMatchObject({
        message: 'export.zip!0.json.gz is cut short: its compressed data ends early.',
      })
    }
  })

  it('cut anywhere, it is never taken for whole', async () => {
    for (let length = 30; length < whole.length; length += 31) {
      folder().write('cut.zip', whole.subarray(0, length))
      expect((await folder().failure(['cut.zip'])).code).toBe('input_corrupt')
    }
  })

  function flipped(content: Buffer, at: number): Buffer {
    const copy = Buffer.from(content)
    const position = at < 0 ? copy.length + at : at
    copy.writeUInt8(copy.readUInt8(position) ^ 0x01, position)
    return copy
  }
})

describe('hostile zips are refused', () => {
  const same = Buffer.from('{"u":1}\n'.repeat(400_000))
  const cases: readonly {
    readonly what: string
    readonly parts: readonly ZipPart[]
    readonly limits?: Record<string, number>
    readonly message: string
    readonly hint?: string
    readonly code?: string
  }[] = [
    {
      what: 'a name that climbs out',
      parts: [{ name: '../../etc/passwd', data: event }],
      message:
        'export.zip has a member whose name leads out of the archive (invalid relative path: ../../etc/passwd).',
    },
    {
      what: 'a name that climbs out by backslashes',
      parts: [{ name: 'a\\..\\..\\x.json', data: event }],
      message:
        'export.zip has a member whose name leads out of the archive (invalid relative path: a/../../x.json).',
    },
    {
      what: 'an absolute name',
      parts: [{ name: '/etc/passwd', data: event }],
      message:
        'export.zip has a member whose name leads out of the archive (absolute path: /etc/passwd).',
    },
    {
      what: 'a drive letter',
      parts: [{ name: 'C:/x.json', data: event }],
      message:
        'export.zip has a member whose name leads out of the archive (absolute path: C:/x.json).',
    },
    {
      what: 'a symbolic link',
      parts: [{ name: 'a.json', data: '/etc/passwd', claims: { mode: 0o120777 } }],
      message: 'export.zip!a.json is a symbolic link: links are not followed.',
    },
    {
      what: 'a password',
      parts: [{ name: 'a.json', data: event, claims: { flags: 1 } }],
      message: 'export.zip!a.json is protected with a password.',
      hint: 'Unpack it with its password and give the folder.',
    },
    {
      what: 'a compression that is not read',
      parts: [{ name: 'a.json', data: event, claims: { method: 9 } }],
      code: 'unsupported',
      message: 'export.zip!a.json is compressed in a way that is not read (zip method 9).',
      hint: 'Unpack the archive and give the folder.',
    },
    {
      what: 'too many members',
      parts: Array.from({ length: 11 }, (_, i) => ({ name: `${i}.json`, data: event })),
      limits: { entries: 10 },
      message: 'export.zip holds more than 10 members.',
    },
    {
      what: 'too much by its own account',
      parts: [{ name: 'a.json', data: event, claims: { size: 5000 } }],
      limits: { totalBytes: 4096 },
      message: 'export.zip takes export.zip past 4 KiB unpacked, the limit for one archive.',
    },
    {
      what: 'a bomb of one line repeated',
      parts: [{ name: 'a.json', data: same }],
      limits: { ratioFromBytes: 1_000_000 },
      message:
        'export.zip!a.json unpacks to more than 400 times its size (limit 400:1), as a zip bomb does.',
    },
    {
      what: 'a bomb in a bomb',
      parts: [{ name: 'a.json.gz', data: gzipSync(gzipSync(same)), stored: true }],
      limits: { ratioFromBytes: 1_000_000 },
      message:
        'export.zip!a.json.gz unpacks to more than 400 times its size (limit 400:1), as a zip bomb does.',
    },
    {
      what: 'more bytes than the header says',
      parts: [{ name: 'a.json', data: event.repeat(1000), claims: { size: 10 } }],
      message: 'export.zip!a.json is longer than its archive says (10 bytes).',
    },
    {
      what: 'members that share their bytes',
      parts: [
        { name: 'a.json', data: event },
        { name: 'b.json', data: event, sharesDataOf: 'a.json' },
      ],
      message: 'export.zip has members that overlap: `a.json` and `b.json`.',
    },
    {
      what: 'archives in archives in archives',
      parts: [
        {
          name: 'b.zip',
          data: buildZip([{ name: 'c.zip', data: buildZip([{ name: 'd.json', data: event }]) }]),
        },
      ],
      message: 'export.zip!b.zip!c.zip is an archive inside 2 others (limit 2).',
    },
    {
      what: 'gzip in gzip in gzip in gzip',
      parts: [{ name: 'a.gz', data: gzipSync(gzipSync(gzipSync(gzipSync(event)))) }],
      message: 'export.zip!a.gz is gzip in gzip in gzip.',
    },
  ]
  it.each(cases)('$what', async ({ parts, limits = {}, message, code, hint }) => {
    folder().write('export.zip', buildZip(parts))
    expect(await folder().failure(['export.zip'], { limits })).toEqual({
      code: code ?? 'archive_refused',
      message,
      hint: hint ?? 'If you trust it, unpack it yourself and give the folder.',
    })
  })

  it('too much inside an inner gzip, which is unpacked while it is read', async () => {
    folder().write(
      'export.zip',
      buildZip([{ name: 'a.json.gz', data: gzipSync(event.repeat(500)), stored: true }]),
    )
    const { files } = await folder().open(['export.zip'], { limits: { totalBytes: 4096 } })
    expect(await failure(() => verifyCompressed(files), folder())).toMatchObject({
      code: 'archive_refused',
      message: expect.stringMatching(
        /^export\.zip!a\.json\.gz takes .*export\.zip past 4 KiB unpacked, the limit for one archive\.$/,
      ),
    })
  })

  it('before anything is written, where its directory shows it', async () => {
    folder().write(
      'export.zip',
      buildZip([
        { name: 'a.json', data: event },
        { name: '../x', data: event },
      ]),
    )
    await folder().failure(['export.zip'])
    expect(folder().spooled()).toBe(0)
  })

  it('the limits hold for all archives inside together', async () => {
    const inner = buildZip([
      { name: 'a.json', data: event },
      { name: 'b.json', data: event },
    ])
    folder().write(
      'export.zip',
      buildZip([
        { name: '1.zip', data: inner },
        { name: '2.zip', data: inner },
      ]),
    )
    expect(await folder().failure(['export.zip'], { limits: { entries: 5 } })).toMatchObject({
      message: 'export.zip holds more than 5 members.',
    })
  })

  it('bytes that never were a zip beyond the first four', async () => {
    for (let seed = 0; seed < 200; seed++) {
      folder().write('x.zip', Buffer.concat([Buffer.from('PK\x03\x04'), noise(seed * 3)]))
      expect((await folder().failure(['x.zip'])).code).toBe('input_corrupt')
    }
  })
})

describe('a directory with more members than its end counts', () => {
  const parts = Array.from({ length: 300 }, (_, i) => ({ name: `${i}.ndjson`, data: event }))

  it.each([0, 1, 44, 299])('counts %i', async (counted) => {
    folder().write('wrapped.zip', buildZip(parts, 'a comment', counted))
    const { files } = await folder().open(['wrapped.zip'])
    expect(files).toHaveLength(parts.length)
  })

  it('is refused where they are too many', async () => {
    folder().write('many.zip', buildZip(parts, '', 2))
    expect(await folder().failure(['many.zip'], { limits: { entries: 100 } })).toMatchObject({
      code: 'archive_refused',
    })
  })

  it('is damaged where they are fewer', async () => {
    folder().write('fewer.zip', buildZip(parts, '', 301))
    expect(await folder().failure(['fewer.zip'])).toMatchObject({ code: 'input_corrupt' })
  })
})

it('a name that is no name is refused before it is looked at', async () => {
  folder().write('name.zip', buildZip([{ name: `${'a'.repeat(60_000)}.csv`, data: csv }]))
  expect(await folder().failure(['name.zip'])).toMatchObject({ code: 'archive_refused' })
})
