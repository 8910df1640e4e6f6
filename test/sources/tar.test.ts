import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { contentOf, eachTestHasAFolder, stdinOf } from './folder.js'
import { buildTar, paxRecord, type TarPart } from './tar-builder.js'

const folder = eachTestHasAFolder()
const event = '{"user":"a","time":1}\n'
const longName = `deep/${'x'.repeat(150)}/events.json`

describe('tar', () => {
  const parts: readonly TarPart[] = [
    { name: './', type: '5' },
    { name: './b.json', data: event.repeat(100) },
    { name: 'a.json.gz', data: gzipSync(event) },
    { name: '._a.json.gz', data: 'x' },
    { name: 'complete' },
    { name: 'pax_global', type: 'g', data: paxRecord('comment', 'x') },
    { name: 'PaxHeader', type: 'x', data: paxRecord('mtime', '1.5') + paxRecord('path', longName) },
    { name: 'cut-name', data: event },
    { name: '././@LongLink', type: 'L', data: `${longName}2\0` },
    { name: 'cut-name', data: event },
  ]
  const labels = ['!a.json.gz', '!b.json', `!${longName}`, `!${longName}2`]

  it.each([
    ['plain', 'a.tar', buildTar(parts)],
    ['in gzip', 'a.tar.gz', gzipSync(buildTar(parts))],
    ['misnamed', 'a.zip', gzipSync(buildTar(parts))],
  ])('%s', async (_, name, content) => {
    folder().write(name, content)
    const { files, skipped } = await folder().open([name])
    expect(files.map(({ label }) => label)).toEqual(labels.map((label) => name + label))
    expect(contentOf(files[0])).toBe(event)
    expect(contentOf(files[1])).toBe(event.repeat(100))
    expect(skipped.map(({ label, why }) => [label, why])).toEqual([
      [`${name}!._a.json.gz`, 'resource_entry'],
      [`${name}!complete`, 'marker'],
    ])
  })

  it('from standard input in small chunks', async () => {
    const content = gzipSync(buildTar(parts))
    const chunks = Array.from(content, (byte) => Buffer.from([byte]))
    const { files } = await folder().open(['-'], { stdin: stdinOf(...chunks) })
    expect(files).toHaveLength(4)
  })

  it('with members larger than what is looked at', async () => {
    const big = event.repeat(200_000)
    folder().write(
      'a.tar',
      buildTar([
        { name: 'a', data: big },
        { name: 'b', data: big },
        { name: 'c', data: event },
      ]),
    )
    const { files } = await folder().open(['a.tar'])
    expect(files.map(({ bytes }) => bytes)).toEqual([big.length, big.length, event.length])
    expect(contentOf(files[1])).toBe(big)
  })
})

describe('tars that are damaged or hostile', () => {
  const cut = 'input_corrupt'
  const no = 'archive_refused'
  const cases: readonly [what: string, content: Buffer, code: string, message: string][] = [
    [
      'cut inside a member',
      buildTar([{ name: 'a.json', data: event.repeat(100) }]).subarray(0, 1024),
      cut,
      'a.tar!a.json is cut short: its tar data ends early.',
    ],
    [
      'cut between members',
      buildTar([{ name: 'a.json', data: event }], false),
      cut,
      'a.tar is cut short: its tar data ends early.',
    ],
    [
      'a gzip cut around it',
      gzipSync(buildTar([{ name: 'a.json', data: event.repeat(5000) }])).subarray(0, 150),
      cut,
      'a.tar is cut short: its compressed data ends early.',
    ],
    [
      'a damaged header',
      buildTar([
        { name: 'a.json', data: event },
        { name: 'b.json', data: event, badChecksum: true },
      ]),
      cut,
      'a.tar is damaged: a tar header does not match its checksum.',
    ],
    [
      'a size that lies',
      buildTar([{ name: 'a.json', data: event, claimedSize: 1e9 }]),
      cut,
      'a.tar!a.json is cut short: its tar data ends early.',
    ],
    [
      'a symbolic link',
      buildTar([{ name: 'a.json', type: '2' }]),
      no,
      'a.tar holds a link, `a.json`: links are not followed.',
    ],
    [
      'a hard link',
      buildTar([{ name: 'a.json', type: '1' }]),
      no,
      'a.tar holds a link, `a.json`: links are not followed.',
    ],
    [
      'a device',
      buildTar([{ name: 'sda', type: '4' }]),
      no,
      'a.tar holds `sda`, which is not a plain file (tar type 4).',
    ],
    [
      'a name that climbs out',
      buildTar([{ name: '../a.json', data: event }]),
      no,
      'a.tar has a member whose name leads out of the archive (invalid relative path: ../a.json).',
    ],
    [
      'an absolute name',
      buildTar([{ name: '/a.json', data: event }]),
      no,
      'a.tar has a member whose name leads out of the archive (absolute path: /a.json).',
    ],
  ]
  it.each(cases)('%s', async (_, content, code, message) => {
    folder().write('a.tar', content)
    const error = await folder().failure(['a.tar'])
    expect({ code: error.code, message: error.message }).toEqual({ code, message })
    expect(error.hint).toMatch(code === no ? /If you trust it/ : /again/)
  })

  it('a bomb', async () => {
    folder().write(
      'a.tar.gz',
      gzipSync(buildTar([{ name: 'a.json', data: Buffer.alloc(3_000_000) }])),
    )
    const limits = { ratioFromBytes: 1_000_000 }
    expect(await folder().failure(['a.tar.gz'], { limits })).toMatchObject({
      code: no,
      message: expect.stringContaining('unpacks to more than 400 times its size'),
    })
  })

  it('too many members', async () => {
    folder().write(
      'a.tar',
      buildTar(Array.from({ length: 6 }, (_, i) => ({ name: `${i}.json`, data: event }))),
    )
    expect(await folder().failure(['a.tar'], { limits: { entries: 5 } })).toMatchObject({
      code: no,
      message: 'a.tar holds more than 5 members.',
    })
  })
})
