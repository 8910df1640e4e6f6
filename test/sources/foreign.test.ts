/** A format that is known and not read is named, with the one command that makes something of it that is. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { run } from '../oracle/run.js'
import { buildZip } from './zip-builder.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-foreign-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const binary = (start: string): Buffer =>
  Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(200, 7)])

const FILES: readonly (readonly [name: string, content: Buffer, is: string, hint: string])[] = [
  ['e.avro', binary('Obj\x01\x04\x16avro.schema'), 'an Avro file', "read_avro('e.avro')"],
  ['e.orc', binary('ORC\x1c'), 'an ORC file', "pyarrow.orc.read_table('e.orc')"],
  ['e.csv.bz2', binary('BZh91AY&SY\x9a'), 'packed with bzip2', 'bunzip2 --keep e.csv.bz2'],
  ['e.csv.xz', binary('\xfd7zXZ\0\0\x04'), 'packed with xz', 'xz --decompress --keep e.csv.xz'],
  ['e.csv.lz4', binary('\x04\x22\x4d\x18d@'), 'packed with lz4', 'lz4 -d e.csv.lz4'],
  ['e.sz', binary('\xff\x06\0\0sNaPpY'), 'packed with snappy', 'snzip -d -k e.sz'],
  ['e.csv.Z', binary('\x1f\x9d\x90'), 'packed with compress', 'gzip --decompress --keep e.csv.Z'],
  ['e.7z', binary('7z\xbc\xaf\x27\x1c\0'), 'a 7-Zip archive', '7z x e.7z'],
  ['e.rar', binary('Rar!\x1a\x07\x01'), 'a RAR archive', 'unrar x e.rar'],
  ['e.sqlite', binary('SQLite format 3\0'), 'an SQLite database', 'sqlite3 -header -csv e.sqlite'],
  [
    'e.duckdb',
    binary('\x01\x02\x03\x04\x05\x06\x07\x08DUCK@\0\0'),
    'a DuckDB database',
    'duckdb e.duckdb',
  ],
  ['e.xls', binary('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), 'an old Excel workbook', 'libreoffice'],
  ['e.pdf', Buffer.from('%PDF-1.7\nobj\n'), 'a PDF document', 'CSV or JSON'],
  [
    'my events.xlsx',
    buildZip([{ name: '[Content_Types].xml', data: '<Types/>' }]),
    'an Excel workbook',
    '--convert-to csv FILE',
  ],
  [
    'e.ods',
    buildZip([
      { name: 'mimetype', data: 'application/vnd.oasis.opendocument.spreadsheet', stored: true },
    ]),
    'an OpenDocument file',
    'libreoffice',
  ],
]

test.each(FILES)('%s', async (name, content, is, hint) => {
  writeFileSync(join(folder, name), content)
  const { exit, stderr: told } = await run([join(folder, name)])
  const stderr = told.replaceAll(`${folder}/`, '')
  expect(exit).toBe(3)
  expect(stderr).toContain(`error: ${name} is ${is}`)
  expect(stderr).toContain('which is not read.')
  expect(stderr.slice(stderr.indexOf('hint:'))).toContain(hint)
})

test.each([
  'ORC,user_id,time,event\n1,a,2024-01-01T00:00:00Z,x\n',
  'user_id,DUCK,time,event\na,1,2024-01-01T00:00:00Z,x\n',
])('text that only begins like one is text: %j', async (text) => {
  const path = join(folder, 'text.csv')
  writeFileSync(path, text)
  expect((await run([path])).exit).toBe(0)
})

test('inside gzip it is told as well, and in a folder it is passed over by name', async () => {
  writeFileSync(join(folder, 'inside.gz'), gzipSync(binary('Obj\x01')))
  expect((await run([join(folder, 'inside.gz')])).stderr).toContain('an Avro file')
  const export_ = join(folder, 'export')
  mkdirSync(export_)
  writeFileSync(join(export_, 'a.avro'), binary('Obj\x01'))
  writeFileSync(join(export_, 'a.csv'), 'user_id,time,event\na,2024-01-01T00:00:00Z,x\n')
  const { exit, stderr } = await run(['sessions', export_])
  expect(exit).toBe(0)
  expect(stderr).toMatch(/1 file passed over: .*a\.avro/)
})
