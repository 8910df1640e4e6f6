/** Formats that are known but not read, and the one command that makes something of them that is. */

export interface Foreign {
  /** As in "is an Avro file". */
  readonly is: string
  /** @param file as it is typed in a shell */
  readonly convert: (file: string) => string
}

interface Signature extends Foreign {
  /** In Latin-1, at the start or at `at`. */
  readonly bytes: string
  readonly at?: number
  /** A text may begin like that too. */
  readonly isBinary?: true
}

const SPREADSHEET: Pick<Foreign, 'convert'> = {
  convert: (file) =>
    `Save the sheet as CSV there, or: libreoffice --headless --convert-to csv ${file}`,
}

const unpack = (command: string): Pick<Foreign, 'convert'> => ({
  convert: (file) => `Unpack it: ${command} ${file}`,
})

const python = (code: (file: string) => string): Pick<Foreign, 'convert'> => ({
  convert: (file) => `Convert it: python3 -c "${code(file)}"`,
})

/**
 * Magic numbers as the formats' own descriptions have them: Avro 1.12 "Object Container Files", ORC v1
 * "File Tail", the .xz file format 1.2.1, lz4 frame format 1.6.4, Snappy framing format, SQLite's "Database File Format",
 * DuckDB's "Storage", [MS-CFB] 2.2, PDF ISO 32000.
 */
const SIGNATURES: readonly Signature[] = [
  {
    is: 'an Avro file',
    bytes: 'Obj\x01',
    convert: (file) =>
      `Convert it: duckdb -c "INSTALL avro; LOAD avro; COPY (FROM read_avro('${file}')) TO 'events.parquet'"`,
  },
  {
    is: 'an ORC file',
    bytes: 'ORC',
    isBinary: true,
    ...python(
      (file) =>
        `import pyarrow.orc, pyarrow.parquet; pyarrow.parquet.write_table(pyarrow.orc.read_table('${file}'), 'events.parquet')`,
    ),
  },
  { is: 'packed with bzip2', bytes: '1AY&SY', at: 4, ...unpack('bunzip2 --keep') },
  { is: 'packed with xz', bytes: '\xfd7zXZ\0', ...unpack('xz --decompress --keep') },
  { is: 'packed with lz4', bytes: '\x04\x22\x4d\x18', ...unpack('lz4 -d') },
  { is: 'packed with snappy', bytes: '\xff\x06\0\0sNaPpY', ...unpack('snzip -d -k') },
  { is: 'packed with compress', bytes: '\x1f\x9d', ...unpack('gzip --decompress --keep') },
  { is: 'a 7-Zip archive', bytes: '7z\xbc\xaf\x27\x1c', ...unpack('7z x') },
  { is: 'a RAR archive', bytes: 'Rar!\x1a\x07', ...unpack('unrar x') },
  {
    is: 'an SQLite database',
    bytes: 'SQLite format 3\0',
    convert: (file) =>
      `Write its table as CSV: sqlite3 -header -csv ${file} 'SELECT * FROM events' > events.csv`,
  },
  {
    is: 'a DuckDB database',
    bytes: 'DUCK',
    at: 8,
    isBinary: true,
    convert: (file) =>
      `Write its table as Parquet: duckdb ${file} -c "COPY events TO 'events.parquet'"`,
  },
  { is: 'an old Excel workbook', bytes: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', ...SPREADSHEET },
  {
    is: 'a PDF document',
    bytes: '%PDF-',
    convert: () => 'Export the events themselves, as CSV or JSON.',
  },
]

/** @param isText whether the content may be text */
export function foreignFormat(head: Buffer, isText: boolean): Foreign | undefined {
  const start = head.toString('latin1', 0, 32)
  return SIGNATURES.find(
    ({ bytes, at = 0, isBinary }) => start.startsWith(bytes, at) && !(isText && isBinary === true),
  )
}

/** What to type; a name that a shell would take apart is left to the reader. */
export const conversion = ({ convert }: Foreign, label: string): string =>
  convert(/^[\w./-]+$/.test(label) && !label.startsWith('-') ? label : 'FILE')

/** Zips whose first member says what they are (ECMA-376 part 2; OpenDocument 1.3 part 2, "MIME type"). */
export function officeDocument(head: Buffer): Foreign | undefined {
  if (head.length < 30) return undefined
  const name = head.toString('latin1', 30, 30 + head.readUInt16LE(26))
  if (/^(\[Content_Types\]\.xml|_rels\/|docProps\/|xl\/)/.test(name)) {
    return { is: 'an Excel workbook, or another Office document', ...SPREADSHEET }
  }
  return name === 'mimetype' ? { is: 'an OpenDocument file', ...SPREADSHEET } : undefined
}
