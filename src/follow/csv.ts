import { isUtf8 } from 'node:buffer'
import { parse } from 'csv-parse/sync'
import { SessionizeError } from '../errors/errors.js'
import type { StreamColumns } from './columns.js'
import { CsvRecords } from './csv-records.js'
import type { Decoder, DecoderOptions } from './decoder.js'
import { EventReader } from './event-reader.js'
import { LONGEST_LINE_BYTES } from './lines.js'
import type { CsvFormat, CsvShape } from './recognised.js'

const REPLACEMENT = '\uFFFD'

/** Whole records as csv-parse splits them into values. */
function parseRecords(bytes: Buffer, layout: CsvShape, onBroken: () => void): string[][] {
  const { delimiter, quote, escape: escapes } = layout
  return parse(bytes, {
    bom: true,
    delimiter,
    quote: quote === '' ? null : quote,
    ...(escapes === '' ? {} : { escape: escapes }),
    record_delimiter: ['\r\n', '\n'],
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: () => {
      onBroken()
      return undefined
    },
  })
}

/**
 * Separated values. Records are taken as soon as they are whole, chunk by chunk: csv-parse's own
 * stream holds the last one back until more comes.
 */
export class CsvDecoder implements Decoder {
  consumed: number
  private rest: Buffer[] = []
  private restBytes = 0
  private readonly records: CsvRecords
  private readonly reader: EventReader<readonly string[]>
  private headerRead: boolean

  constructor(
    columns: StreamColumns,
    private readonly format: CsvFormat,
    private readonly options: DecoderOptions,
  ) {
    this.consumed = options.position
    // From anywhere but the start, the header has been read before.
    this.headerRead = options.position > 0 || !format.layout.header
    this.records = new CsvRecords(format.layout)
    this.reader = EventReader.csv(columns, format.names)
  }

  push(chunk: Buffer): void {
    const end = this.records.lastEnd(chunk)
    if (end > 0) this.take(chunk.subarray(0, end))
    const rest = chunk.subarray(end)
    if (rest.length > 0) this.rest.push(rest)
    this.restBytes += rest.length
    if (this.restBytes > LONGEST_LINE_BYTES) throw unclosed()
  }

  end(): void {
    if (this.records.unclosed) throw unclosed()
    if (this.restBytes > 0) this.take(Buffer.alloc(0))
  }

  private take(tail: Buffer): void {
    const bytes = this.rest.length === 0 ? tail : Buffer.concat([...this.rest, tail])
    this.rest = []
    this.restBytes = 0
    const { counts } = this.options
    const onBroken = (): void => {
      counts.read++
      counts.reject('malformed')
    }
    const isText = isUtf8(bytes)
    for (const record of parseRecords(bytes, this.format.layout, onBroken)) {
      // Where some bytes are no UTF-8, the records that hold their replacement are no events.
      if (isText || !record.some((value) => value.includes(REPLACEMENT))) this.record(record)
      else onBroken()
    }
    this.consumed += bytes.length
  }

  private record(record: readonly string[]): void {
    const { counts, take } = this.options
    if (!this.headerRead) {
      this.headerRead = true
      return
    }
    counts.read++
    const event =
      record.length === this.format.names.length ? this.reader.read(record, '') : 'malformed'
    if (typeof event === 'string') counts.reject(event)
    else take(event, () => this.json(record))
  }

  private json(record: readonly string[]): string {
    return JSON.stringify(
      Object.fromEntries(this.format.names.map((name, i) => [name, record[i] || null])),
    )
  }
}

const unclosed = (): SessionizeError =>
  new SessionizeError('input_corrupt', 'The stream has a quote that is never closed.', {
    hint: 'Everything after it would be one value: repair the line that starts with it.',
  })
