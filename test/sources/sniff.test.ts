import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { sniff } from '../../src/sources/sniff.js'
import { buildTar } from './tar-builder.js'
import { buildZip } from './zip-builder.js'

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
const event = '{"user":"a","time":1}'
const long = JSON.stringify({ user: 'a', text: 'x'.repeat(100_000) })
const combined = '1.2.3.4 - - [01/Apr/2016:01:02:03 +0900] "GET / HTTP/1.1" 200 5 "-" "curl/7"'

/** Digits where a tar has the checksum of its header, which are right by chance. */
function likeTar(): string {
  const line = 'user,time\n'
  const body = `${line}${'a,1709078400\n'.repeat(60)}`
  // With the checksum itself counted as blanks.
  const before = Buffer.from(`${body.slice(0, 148)}${' '.repeat(8)}${body.slice(156, 512)}`)
  const sum = before.reduce((total, byte) => total + byte, 0)
  return `${body.slice(0, 148)}${sum.toString(8).padStart(8, '0')}${body.slice(156)}`
}

type Expected = Record<string, unknown>
const text = (format: string, rest: Expected = {}): Expected => ({ kind: 'text', format, ...rest })
const csv = (delimiter: string, rest: Expected = {}): Expected =>
  text('csv', { delimiter, ...rest })

const cases: readonly [what: string, content: string | Buffer, name: string, expected: Expected][] =
  [
    // By magic bytes, whatever the name says.
    ['a zip', buildZip([{ name: 'a', data: event }]), 'export.json.gz', { kind: 'zip' }],
    ['a zip without members', buildZip([]), 'e.zip', { kind: 'zip' }],
    ['a gzip', gzipSync(event), 'events.json', { kind: 'gzip' }],
    ['a zstd', Buffer.from('28b52ffd0000', 'hex'), 'x', { kind: 'zstd' }],
    ['a Parquet file', Buffer.from('PAR1....PAR1'), 'x.csv', { kind: 'parquet' }],
    ['an Arrow file', Buffer.from('ARROW1\0\0........'), 'x', { kind: 'arrow' }],
    ['an Arrow stream', Buffer.from('ffffffff78000000', 'hex'), 'x', { kind: 'arrow' }],
    ['a tar', buildTar([{ name: 'a.json', data: event }]), 'x', { kind: 'tar' }],
    ['text with the checksum of a tar', likeTar(), 'x.csv', csv(',')],
    [
      'a picture',
      Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
      'x.csv',
      { kind: 'unknown', bytes: '89504e47' },
    ],
    ['a web page', '<!DOCTYPE html><html>', 'export.csv', { kind: 'markup' }],
    ['an XML error', '<?xml version="1.0"?><Error/>', 'a.json', { kind: 'markup' }],
    // Empty.
    ['no bytes', '', 'a.csv', { kind: 'empty' }],
    ['only blanks', ' \r\n\t\n', 'a.csv', { kind: 'empty' }],
    ['only a byte order mark', '\ufeff', 'a.csv', { kind: 'empty' }],
    // JSON.
    ['objects per line', `${event}\n${event}\n`, 'a', text('ndjson', { sure: true })],
    ['one object, no line end', event, 'a', text('ndjson')],
    ['objects per line, CRLF', `${event}\r\n${event}\r\n`, 'a.csv', text('ndjson')],
    ['objects per line, blank lines between', `\n${event}\n\n${event}\n`, 'a', text('ndjson')],
    ['a half-written last line', `${event}\n${event}\n{"user":"b`, 'a', text('ndjson')],
    ['a damaged first line', `{"user":"a",\n${event}\n${event}\n`, 'a', text('ndjson')],
    ['a gigantic line', long, 'a.json', text('ndjson')],
    ['gigantic lines', `${long}\n${long}\n`, 'a', text('ndjson')],
    ['an array', `[${event},${event}]`, 'a.ndjson', text('json')],
    ['an array over lines', `[\n  ${event},\n  ${event}\n]`, 'a', text('json')],
    ['an empty array', '[]', 'a', text('json')],
    ['an object over lines', JSON.stringify(JSON.parse(event), null, 2), 'a', text('json')],
    ['objects over lines', `{\n "a": 1\n}\n{\n "a": 2\n}\n`, 'a', text('json')],
    [
      'an object around lines of objects',
      `{\n"events": [\n${event},\n${event}\n]\n}`,
      'a.json',
      text('json'),
    ],
    ['objects side by side', `${event} ${event}`, 'a', text('json')],
    ['a brace in a text', `{"user":"a} {b"}\n`, 'a', text('ndjson')],
    [
      'objects of several fields',
      '{"a":1,"b":2}\n{"a":1,"b":2}\n{"a":1,"b":2}',
      'a.csv',
      text('ndjson'),
    ],
    ['damaged JSON by name', 'oops\n', 'a.ndjson', text('ndjson')],
    // Separated values.
    ['commas', 'user,time,event\na,1,x\nb,2,y\n', 'a', csv(',', { sure: true })],
    ['commas in a file named .json', 'user,time\na,1\nb,2\n', 'a.json', csv(',')],
    ['tabs', 'user\ttime\na\t1\nb\t2\n', 'a.csv', csv('\t')],
    ['semicolons with decimal commas', 'user;time;x\na;1;0,5\nb;2;1,25\n', 'a.csv', csv(';')],
    ['bars', 'user|time\na|1\nb|2\n', 'a', csv('|')],
    ['quoted separators', 'user,note\na,"x;y;z"\nb,"p;q;r"\nc,"1;2;3"\n', 'a', csv(',')],
    ['quoted line ends', 'user,note\na,"one\ntwo, three"\nb,"x"\n', 'a', csv(',')],
    ['tabs around JSON', 'a\t{"x":1,"y":2}\t1\nb\t{"x":1,"y":2}\t2\n', 'a.tsv', csv('\t')],
    ['a header alone', 'user,time\n', 'a.csv', csv(',', { sure: true })],
    ['one column', 'user\na\nb\n', 'a.csv', csv(',', { sure: true })],
    ['one column by .tsv', 'user\na\n', 'a.tsv', csv('\t')],
    ['ragged rows', 'user,time,event\na,1,x\nb,2,y\nc,3,z\nd,4,w\ne,5\n', 'a', csv(',')],
    ['a stray NUL', 'user,time\na\0,1\nb,2\n', 'a.csv', csv(',')],
    [
      'prose',
      'Read me first.\nThis, of all files, is not data.\n',
      'README',
      csv(',', { sure: false }),
    ],
    // Encodings.
    ['UTF-8 with a mark', '\ufeffuser,time\na,1\n', 'a.csv', csv(',', { encoding: 'utf-8-bom' })],
    [
      'UTF-16 LE with a mark',
      Buffer.from(`\ufeff${event}\n`, 'utf16le'),
      'a',
      text('ndjson', { encoding: 'utf-16le' }),
    ],
    [
      'UTF-16 BE with a mark',
      utf16be('\ufeffuser\ttime\na\t1\n'),
      'a',
      csv('\t', { encoding: 'utf-16be' }),
    ],
    [
      'UTF-16 LE without a mark',
      Buffer.from('user,time\na,1\nb,2\n', 'utf16le'),
      'a',
      csv(',', { encoding: 'utf-16le' }),
    ],
    [
      'Latin-1',
      Buffer.from('user,city\na,K\xf6ln\nb,Z\xfcrich\n', 'latin1'),
      'a.csv',
      csv(',', { encoding: 'utf-8' }),
    ],
    [
      'Windows-1251, left to the reader to refuse row by row',
      Buffer.from(
        'user,\xe3\xee\xf0\xee\xe4\na,\xcc\xee\xf1\xea\xe2\xe0\nb,\xd2\xf3\xeb\xe0\n',
        'latin1',
      ),
      'a.csv',
      csv(','),
    ],
    // Access logs.
    ['combined log lines', `${combined}\n${combined}\n`, 'access', text('log', { sure: true })],
    [
      'common log lines',
      '::1 - bob [01/Apr/2016:01:02:03 +0000] "GET /" 200 5\n',
      'a.csv',
      text('log'),
    ],
    ['a host in front', `example.org:443 ${combined}\n`, 'a', text('log')],
    [
      'W3C',
      '#Software: IIS\n#Version: 1.0\n#Fields: date time c-ip\n2024-01-01 00:00:00 1.2.3.4\n',
      'u_ex.log',
      text('log'),
    ],
  ]

describe('what a file is, by its content', () => {
  it.each(cases)('%s', (_, content, name, expected) => {
    const head = Buffer.from(content)
    expect(sniff({ head, complete: true }, name)).toMatchObject(expected)
  })

  it('does not depend on where the sample is cut', () => {
    const rows = Buffer.from(`user,time\n${'someone,2024-01-01\n'.repeat(200)}`)
    for (let length = 40; length < 400; length += 7) {
      const seen = sniff({ head: rows.subarray(0, length), complete: false }, 'x')
      expect(seen).toMatchObject(csv(','))
    }
  })
})
