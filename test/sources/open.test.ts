import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, utimesSync } from 'node:fs'
import { join, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { assertUnchanged, fingerprint } from '../../src/sources/changes.js'
import { glob } from '../../src/sources/glob.js'
import { contentOf, eachTestHasAFolder, failure, stdinOf } from './folder.js'
import { buildZip } from './zip-builder.js'

const folder = eachTestHasAFolder()
const event = '{"user":"a","time":1}\n'
const csv = 'user,time\na,1\n'
const labels = (found: { readonly label: string }[] | readonly { readonly label: string }[]) =>
  found.map(({ label }) => label)

describe('what an input names', () => {
  it('reads a file in place', async () => {
    const path = folder().write('events.csv', csv)
    const { files, skipped } = await folder().open(['events.csv'])
    expect(files).toEqual([
      { label: 'events.csv', path, format: 'csv', compression: 'none', bytes: 14, delimiter: ',' },
    ])
    expect(skipped).toEqual([])
  })

  it('walks a folder in order of names and says what it passed over', async () => {
    folder().write('in/b/2.ndjson', event)
    folder().write('in/b/1.csv', csv)
    folder().write('in/a.json.gz', gzipSync(event))
    folder().write('in/.hidden.json', event)
    folder().write('in/.git/config.json', event)
    folder().write('in/empty.csv', '')
    folder().write('in/_SUCCESS', '')
    folder().write('in/_delta_log/0.json', event)
    folder().write('in/logo.png', Buffer.from('89504e470d0a1a0a0000000d', 'hex'))
    folder().write('in/README', 'Read me.\n')
    folder().write('in/.DS_Store', 'x')
    const { files, skipped } = await folder().open(['in'])
    expect(labels(files)).toEqual(['in/a.json.gz', 'in/b/1.csv', 'in/b/2.ndjson'])
    expect(files[0]).toMatchObject({ format: 'ndjson', compression: 'gzip' })
    expect(skipped).toEqual([
      { label: 'in/.DS_Store', why: 'resource_entry' },
      { label: 'in/.git', why: 'hidden' },
      { label: 'in/.hidden.json', why: 'hidden' },
      { label: 'in/README', why: 'not_events' },
      { label: 'in/_SUCCESS', why: 'marker' },
      { label: 'in/_delta_log', why: 'marker' },
      { label: 'in/empty.csv', why: 'empty' },
      { label: 'in/logo.png', why: 'not_events' },
    ])
  })

  it('opens archives that lie in a folder', async () => {
    folder().write('in/jan.zip', buildZip([{ name: 'a.json', data: event }]))
    folder().write('in/feb.zip', buildZip([{ name: 'a.json', data: event }]))
    const { files } = await folder().open(['in'])
    expect(labels(files)).toEqual(['in/feb.zip!a.json', 'in/jan.zip!a.json'])
  })

  const globs: readonly [pattern: string, expected: readonly string[]][] = [
    ['*.csv', ['a.csv', 'b.csv']],
    ['?.csv', ['a.csv', 'b.csv']],
    ['[ab].csv', ['a.csv', 'b.csv']],
    ['[!a].csv', ['b.csv']],
    ['{a,b}.csv', ['a.csv', 'b.csv']],
    ['sub/{x/1,y/2}.csv', ['sub/x/1.csv', 'sub/y/2.csv']],
    ['sub/*/*.csv', ['sub/x/1.csv', 'sub/y/2.csv']],
    ['**/*.csv', ['a.csv', 'b.csv', 'sub/x/1.csv', 'sub/y/2.csv']],
    ['sub/**', ['sub/x/1.csv', 'sub/y/2.csv']],
    ['s*', ['sub/x/1.csv', 'sub/y/2.csv']],
    ['**/1.csv', ['sub/x/1.csv']],
  ]
  it.each(globs)('the glob %s', async (pattern, expected) => {
    for (const name of ['a.csv', 'b.csv', 'sub/x/1.csv', 'sub/y/2.csv', '.c.csv']) {
      folder().write(name, csv)
    }
    expect(labels((await folder().open([pattern])).files)).toEqual(expected)
  })

  it.each([
    ['events[1].csv', 'events1.csv'],
    ['events*.csv', 'events2.csv'],
    ['{a,b}.csv', 'a.csv'],
  ])(
    'a file that is called %s wins over the glob, and the engine sees no glob',
    async (name, other) => {
      folder().write(name, 'user,time\nliteral,1\n')
      folder().write(other, csv)
      const { files } = await folder().open([name])
      expect(labels(files)).toEqual([name])
      expect(files[0]?.path).not.toMatch(/[*?[]/)
      expect(contentOf(files[0])).toContain('literal')
    },
  )

  it('reads a file once, however often it is named', async () => {
    const path = folder().write('in/a.csv', csv)
    symlinkSync(path, join(folder().path, 'in/link.csv'))
    const { files } = await folder().open([
      'in/a.csv',
      'in',
      'in/./a.csv',
      '*/a.csv',
      'in/link.csv',
    ])
    expect(labels(files)).toEqual(['in/a.csv'])
  })

  it('does not walk in circles', async () => {
    folder().write('in/a.csv', csv)
    symlinkSync(join(folder().path, 'in'), join(folder().path, 'in/loop'))
    expect(labels((await folder().open(['in'])).files)).toEqual(['in/a.csv'])
  })

  it('hands URLs on as they are', async () => {
    const urls = [
      'https://example.org/a.parquet?sig=1',
      's3://bucket/2024/*.json.gz',
      'gs://bucket/a.csv.zst',
      'az://box/a.tsv',
    ]
    const { files } = await folder().open(urls)
    expect(files).toEqual([
      {
        label: urls[3],
        path: urls[3],
        bytes: 0,
        format: 'csv',
        delimiter: '\t',
        compression: 'none',
        remote: true,
      },
      { label: urls[2], path: urls[2], bytes: 0, format: 'csv', compression: 'zstd', remote: true },
      {
        label: urls[0],
        path: urls[0],
        bytes: 0,
        format: 'parquet',
        compression: 'none',
        remote: true,
      },
      {
        label: urls[1],
        path: urls[1],
        bytes: 0,
        format: 'json',
        compression: 'gzip',
        remote: true,
      },
    ])
  })
})

describe('inputs that cannot be read', () => {
  const pictures = Buffer.from('89504e470d0a1a0a0000000d', 'hex')
  const cases: readonly {
    readonly what: string
    readonly write?: Readonly<Record<string, string | Buffer>>
    readonly inputs: readonly string[]
    readonly code: string
    readonly message: string
    readonly hint?: RegExp
  }[] = [
    {
      what: 'a missing file, with the nearest name',
      write: { 'events.csv': csv },
      inputs: ['evnts.csv'],
      code: 'input_missing',
      message: 'No file or folder evnts.csv. Did you mean `events.csv`?',
    },
    {
      what: 'a missing folder',
      inputs: ['none/events.csv'],
      code: 'input_missing',
      message: 'No file or folder none/events.csv.',
      hint: /does not exist or is empty/,
    },
    {
      what: 'a glob without a match',
      inputs: ['*.csv'],
      code: 'input_missing',
      message: 'No file matches *.csv.',
      hint: /\*\*/,
    },
    {
      what: 'an empty file',
      write: { 'a.csv': '' },
      inputs: ['a.csv'],
      code: 'input_empty',
      message: 'a.csv is empty.',
    },
    {
      what: 'a gzip of nothing',
      write: { 'a.csv.gz': gzipSync('') },
      inputs: ['a.csv.gz'],
      code: 'input_empty',
      message: 'a.csv.gz is empty.',
    },
    {
      what: 'a folder of empty files',
      write: { 'in/a.csv': '', 'in/b.csv': '' },
      inputs: ['in'],
      code: 'input_empty',
      message: 'All 2 files in in are empty.',
    },
    {
      what: 'a folder without event files',
      write: { 'in/a.png': pictures, 'in/b': 'Just a text.', 'in/complete': 'ok' },
      inputs: ['in'],
      code: 'no_events',
      message:
        'No event file in in. Passed over: in/a.png (not events), in/b (not events), in/complete (a marker).',
      hint: /NDJSON/,
    },
    {
      what: 'a picture',
      write: { 'a.csv': pictures },
      inputs: ['a.csv'],
      code: 'input_unreadable',
      message: 'a.csv is in no format that is read (it starts with 89504e47).',
      hint: /NDJSON/,
    },
    {
      what: 'the error page of a failed download',
      write: { 'export.zip': '<!DOCTYPE html><html>Sign in</html>' },
      inputs: ['export.zip'],
      code: 'input_unreadable',
      message: 'export.zip is a web page or XML, not events.',
      hint: /export again/,
    },
    {
      what: 'a Parquet file without its footer',
      write: { 'a.parquet': Buffer.from('PAR1\0\0\0\0\0\0\0\0\0\0\0') },
      inputs: ['a.parquet'],
      code: 'input_corrupt',
      message: 'a.parquet is cut short: a Parquet file ends with its footer, and this has none.',
      hint: /again/,
    },
    {
      what: 'something else under the name .parquet',
      write: { 'a.parquet': csv },
      inputs: ['a.parquet'],
      code: 'input_corrupt',
      message: 'a.parquet is not a Parquet file: its content looks like csv.',
      hint: /rename/,
    },
    {
      what: 'noise under the name .parquet, in a folder too',
      write: { 'in/a.parquet': pictures, 'in/b.csv': csv },
      inputs: ['in'],
      code: 'input_corrupt',
      message: 'in/a.parquet is not a Parquet file.',
    },
    {
      what: 'an encrypted Parquet file',
      write: { 'a.parquet': Buffer.from('PARE........PARE') },
      inputs: ['a.parquet'],
      code: 'unsupported',
      message: 'a.parquet is an encrypted Parquet file.',
    },
    {
      what: 'zstd that does not say what it holds',
      write: { 'a.zst': Buffer.from('28b52ffd0000', 'hex') },
      inputs: ['a.zst'],
      code: 'input_unreadable',
      message: 'a.zst is zstd, and its name does not say what is inside.',
      hint: /events\.ndjson\.zst/,
    },
    {
      what: 'a zip over the network',
      inputs: ['https://example.org/export.zip'],
      code: 'unsupported',
      message:
        'https://example.org/export.zip cannot be read over the network: its end must be seen first.',
      hint: /Download/,
    },
    {
      what: 'a URL without an extension',
      inputs: ['https://example.org/export'],
      code: 'unsupported',
      message:
        'https://example.org/export does not say what it holds: its name has no known extension.',
      hint: /Download/,
    },
    {
      what: 'no standard input',
      inputs: ['-'],
      code: 'usage',
      message: 'There is no standard input to read for `-`.',
    },
  ]
  it.each(cases)('$what', async ({ write = {}, inputs, code, message, hint }) => {
    for (const [name, content] of Object.entries(write)) folder().write(name, content)
    const error = await folder().failure(inputs)
    expect({ code: error.code, message: error.message }).toEqual({ code, message })
    if (hint !== undefined) expect(error.hint).toMatch(hint)
  })

  it('an empty folder', async () => {
    mkdirSync(join(folder().path, 'in'))
    expect(await folder().failure(['in'])).toMatchObject({
      code: 'no_events',
      message: 'No event file in in. It holds no files.',
    })
  })

  it('one empty file among others is only noted', async () => {
    folder().write('a.csv', csv)
    folder().write('b.csv', '')
    const { files, skipped } = await folder().open(['a.csv', 'b.csv'])
    expect(labels(files)).toEqual(['a.csv'])
    expect(skipped).toEqual([{ label: 'b.csv', why: 'empty' }])
  })
})

describe('text that the engine cannot read as it lies', () => {
  const both = '{"user":"ä","time":"😀"}\n'
  it.each([
    ['UTF-16 LE', Buffer.from(`\ufeff${both}`, 'utf16le')],
    ['UTF-16 BE', Buffer.from(`\ufeff${both}`, 'utf16le').swap16()],
    ['UTF-16 LE without a mark', Buffer.from(`{"user":"a","time":"1"}\n${both}`, 'utf16le')],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${both}`)],
    ['UTF-16 in gzip', gzipSync(Buffer.from(`\ufeff${both}`, 'utf16le'))],
    ['gzip in gzip', gzipSync(gzipSync(both))],
  ])('%s becomes plain UTF-8', async (_, content) => {
    folder().write('a.ndjson', content)
    const { files } = await folder().open(['a.ndjson'])
    expect(files[0]).toMatchObject({ format: 'ndjson', compression: 'none' })
    expect(contentOf(files[0]).endsWith(both)).toBe(true)
    expect(contentOf(files[0])).not.toContain('\ufeff')
    expect(files[0]?.bytes).toBe(Buffer.byteLength(contentOf(files[0])))
  })

  it('a CSV with a UTF-8 mark stays in place: the engine knows it there', async () => {
    const path = folder().write('a.csv', `\ufeff${csv}`)
    expect((await folder().open(['a.csv'])).files[0]?.path).toBe(path)
  })

  it('a character across chunks survives', async () => {
    const text = `user,time\n${'ä😀,1\n'.repeat(50_000)}`
    folder().write('a.csv', Buffer.from(`\ufeff${text}`, 'utf16le'))
    expect(contentOf((await folder().open(['a.csv'])).files[0])).toBe(text)
  })
})

describe('standard input', () => {
  it.each([
    ['NDJSON', Buffer.from(event), 'ndjson'],
    ['CSV', Buffer.from(csv), 'csv'],
    ['gzip', gzipSync(event), 'ndjson', 'gzip'],
    ['Parquet', Buffer.from('PAR1........PAR1'), 'parquet'],
  ])('%s is spooled', async (_, content, format, compression = 'none') => {
    const chunks = [content.subarray(0, 5), content.subarray(5)]
    const { files } = await folder().open(['-', '-'], { stdin: stdinOf(...chunks) })
    expect(files).toHaveLength(1)
    expect(files[0]).toMatchObject({ label: '(stdin)', format, compression })
    expect(files[0]?.bytes).toBeGreaterThan(10)
  })

  it('a zip is opened', async () => {
    const zip = buildZip([{ name: 'x/a.json', data: event }])
    const { files } = await folder().open(['-'], { stdin: stdinOf(zip) })
    expect(labels(files)).toEqual(['(stdin)!x/a.json'])
    expect(folder().spooled()).toBe(1)
  })

  it('nothing', async () => {
    expect(await folder().failure(['-'], { stdin: stdinOf() })).toMatchObject({
      code: 'input_empty',
      message: '(stdin) is empty.',
    })
  })

  it('together with files, in order of labels', async () => {
    folder().write('a.csv', csv)
    const { files } = await folder().open(['a.csv', '-'], { stdin: stdinOf(event) })
    expect(labels(files)).toEqual(['(stdin)', 'a.csv'])
  })
})

describe('a file that changes while it is read', () => {
  it('is noticed by size and by time', async () => {
    const path = folder().write('a.csv', csv)
    const files = [{ label: 'a.csv', path }]
    const before = await fingerprint(files)
    await assertUnchanged(files, before)
    utimesSync(path, 1, 1)
    expect(await failure(() => assertUnchanged(files, before))).toMatchObject({
      code: 'input_changed',
      message: 'a.csv was changed while it was being read.',
      hint: 'Wait until its writer has finished, or read a copy.',
    })
  })

  it('is noticed when it goes away', async () => {
    const path = folder().write('a.csv', csv)
    const files = [{ label: 'a.csv', path }]
    const before = await fingerprint(files)
    folder().remove()
    expect(await failure(() => assertUnchanged(files, before))).toMatchObject({
      code: 'input_changed',
      message: 'a.csv was removed while it was being read.',
    })
  })
})

describe('globs', () => {
  const inside = async (pattern: string): Promise<string[]> =>
    (await glob(join(folder().path, pattern))).map((path) => folder().short(path))

  const cases: readonly [pattern: string, names: readonly string[], found: readonly string[]][] = [
    ['*.json', ['a.json', 'b.json', 'a.json.gz', '.c.json'], ['a.json', 'b.json']],
    ['.*.json', ['a.json', '.c.json'], ['.c.json']],
    ['*.JSON', ['a.json', 'B.JSON'], ['B.JSON']],
    ['a?c', ['abc', 'a😀c', 'ac', 'abbc'], ['abc', 'a😀c']],
    ['[a-c]x', ['ax', 'bx', 'dx'], ['ax', 'bx']],
    ['[!a-c]x', ['ax', 'dx'], ['dx']],
    ['[^a-c]x', ['ax', 'dx'], ['dx']],
    ['[]]x', [']x', 'x'], [']x']],
    ['[x*', ['[x', '[xy', 'x'], ['[x', '[xy']],
    ['[z-a]*', ['z', 'a'], []],
    ['a.b*', ['a.b', 'axb'], ['a.b']],
    ['(a|b)+*', ['(a|b)+', 'a', 'b'], ['(a|b)+']],
    ['!(a)*', ['!(a)', 'b'], ['!(a)']],
    ['#*', ['#1', '1'], ['#1']],
    ['a{b,c}d', ['abd', 'acd', 'abcd'], ['abd', 'acd']],
    ['{a,b{c,d}}', ['a', 'bc', 'bd', 'b'], ['a', 'bc', 'bd']],
    ['{a,b}{1,2}', ['a1', 'a2', 'b1', 'b2', 'c1'], ['a1', 'a2', 'b1', 'b2']],
    ['{a,}x', ['ax', 'x', 'bx'], ['ax', 'x']],
    ['{x/1,y/2}', ['x/1', 'x/2', 'y/2'], ['x/1', 'y/2']],
    ['a{b}c*', ['a{b}c', 'abc'], ['a{b}c']],
    ['a{b,c*', ['a{b,c', 'ab'], ['a{b,c']],
    ['**', ['a', 'x/b', '.y/c'], ['a', 'x', 'x/b']],
    ['x/**', ['a', 'x/b', 'x/y/c'], ['x/b', 'x/y', 'x/y/c']],
    ['**/c', ['c', 'x/c', 'x/y/c', '.z/c'], ['c', 'x/c', 'x/y/c']],
    ['*/c', ['c', 'x/c', 'x/y/c'], ['x/c']],
    ['x/../*', ['a', 'x/b'], ['a', 'x']],
  ]
  it.each(cases)('%s', async (pattern, names, found) => {
    for (const name of names) folder().write(name, '')
    expect(await inside(pattern)).toEqual([...found].sort())
  })

  it.skipIf(sep === '\\')('a backslash makes a plain letter of what follows', async () => {
    for (const name of ['a*', 'ab', 'a[1]', 'a1']) folder().write(name, '')
    expect(await inside(String.raw`a\*`)).toEqual(['a*'])
    expect(await inside(String.raw`a\[*`)).toEqual(['a[1]'])
  })

  it.skipIf(sep === '\\')('what is no file is passed over, and said', async () => {
    folder().write('in/a.csv', 'user,time\na,1\n')
    expect(spawnSync('mkfifo', [join(folder().path, 'in/pipe.csv')]).status).toBe(0)
    symlinkSync('/nowhere/at/all', join(folder().path, 'in/link.csv'))
    const { files, skipped } = await folder().open(['in'])
    expect(files.map(({ label }) => label)).toEqual(['in/a.csv'])
    expect(skipped).toEqual([
      { label: 'in/link.csv', why: 'not_a_file' },
      { label: 'in/pipe.csv', why: 'not_a_file' },
    ])
  })

  it('a link to a folder is found and looked into, but not by `**`', async () => {
    folder().write('in/a.csv', '')
    symlinkSync(join(folder().path, 'in'), join(folder().path, 'link'))
    symlinkSync(folder().path, join(folder().path, 'in/loop'))
    expect(await inside('*')).toEqual(['in', 'link'])
    expect(await inside('l*/*.csv')).toEqual(['link/a.csv'])
    expect(await inside('**/*.csv')).toEqual(['in/a.csv'])
  })
})
