/**
 * The format and the columns of a stream, from its first lines. Kept apart from what follows it:
 * the engine is loaded for this alone.
 */
import { writeFileSync } from 'node:fs'
import { SessionizeError } from '../errors/errors.js'
import { encodingOf } from '../sources/encoding.js'
import { sniff } from '../sources/sniff.js'
import { Workspace } from '../sources/workspace.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { type ColumnOptions, detectColumns } from './columns.js'
import { CsvRecords } from './csv-records.js'
import { HEAD_LINES } from './head.js'
import { parseObject } from './json-object.js'
import type { CsvShape, Recognised, StreamFormat } from './recognised.js'

/** @param complete the input has no more than this head. */
export async function recognise(
  head: Buffer,
  complete: boolean,
  options: ColumnOptions,
  properties: readonly string[],
): Promise<Recognised> {
  const whole = complete ? head : head.subarray(0, head.lastIndexOf(10) + 1)
  const sample = firstLines(whole)
  const { kind, delimiter } = formatOf(sample, complete && sample.length === head.length)
  const workspace = Workspace.create()
  try {
    const path = workspace.path(`.${kind}`)
    writeFileSync(path, kind === 'ndjson' ? objectsOf(sample) : recordsOf(sample, delimiter))
    const { columns, names, csv, notes } = await detectColumns(path, options, properties).catch(
      (error: unknown) => {
        throw ofStream(error, path)
      },
    )
    const [first, ...doubts] = notes
    return {
      columns,
      format: csv === undefined ? { kind: 'ndjson' } : { kind: 'csv', layout: shapeOf(csv), names },
      notes: [`${kind}, ${first ?? ''}`, ...doubts],
    }
  } finally {
    workspace.close()
  }
}

/** Where the lines were put is nobody's business. */
function ofStream(error: unknown, path: string): unknown {
  if (!(error instanceof SessionizeError) || !error.message.includes(path)) return error
  return new SessionizeError(error.code, error.message.replaceAll(path, 'the stream'), {
    cause: error,
    ...omitUndefined({ hint: error.hint }),
  })
}

function firstLines(bytes: Buffer): Buffer {
  let end = -1
  for (let line = 0; line <= HEAD_LINES; line++) {
    const next = bytes.indexOf(10, end + 1)
    if (next < 0) return bytes
    end = next
  }
  return bytes.subarray(0, end + 1)
}

const shapeOf = ({ delimiter, quote, escape: escapes, header }: CsvShape): CsvShape => ({
  delimiter,
  quote,
  escape: escapes,
  header,
})

/** Broken lines say nothing about the columns. */
const objectsOf = (sample: Buffer): string =>
  sample
    .toString('utf8')
    .split('\n')
    .filter((line) => parseObject(line) !== undefined)
    .join('\n')

/** A record that is cut would make the whole unreadable. */
function recordsOf(sample: Buffer, delimiter: string): Buffer {
  const records = new CsvRecords({ delimiter, quote: '"', escape: '"' })
  const end = records.lastEnd(sample)
  return records.unclosed ? sample.subarray(0, end) : sample
}

function formatOf(
  sample: Buffer,
  complete: boolean,
): { kind: StreamFormat['kind']; delimiter: string } {
  const encoding = encodingOf(sample)
  const sniffed = sniff({ head: sample, complete }, '')
  if (sniffed.kind !== 'text') {
    throw unsupported(
      sniffed.kind,
      'Unpack it on the way: zcat events.ndjson.gz | sessionize follow',
    )
  }
  if (encoding.startsWith('utf-16')) {
    throw unsupported(
      encoding,
      'Convert it on the way: iconv -f utf-16 -t utf-8 events.csv | sessionize follow',
    )
  }
  if (sniffed.format === 'log') {
    throw unsupported(
      'an access log',
      'Write NDJSON or CSV, or run: sessionize sessions access.log',
    )
  }
  if (sniffed.format === 'json') {
    throw unsupported(
      'JSON over several lines',
      "Put each object on a line: jq -c '.[]' events.json | sessionize follow",
    )
  }
  return { kind: sniffed.format, delimiter: sniffed.delimiter ?? ',' }
}

const unsupported = (what: string, hint: string): SessionizeError =>
  new SessionizeError('unsupported', `follow reads NDJSON and CSV as UTF-8 text, not ${what}.`, {
    hint,
  })
