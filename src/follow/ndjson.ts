import type { StreamColumns } from './columns.js'
import type { Decoder, DecoderOptions } from './decoder.js'
import { EventReader } from './event-reader.js'
import { type JsonObject, parseStrict, withoutExtensions } from './json-object.js'
import { LineSplitter } from './lines.js'

const BYTE_ORDER_MARK = '\uFEFF'
const OPENING_BRACE = 123

/** One JSON object per line; blank lines are nothing. */
export function ndjsonDecoder(columns: StreamColumns, options: DecoderOptions): Decoder {
  const { counts, take } = options
  const reader = EventReader.json(columns)
  const onLine = (text: string): void => {
    let line = text
    if (line.charCodeAt(0) !== OPENING_BRACE) {
      if (counts.read === 0 && line.startsWith(BYTE_ORDER_MARK)) line = line.slice(1)
      if (line.trim() === '') return
    }
    counts.read++
    const record = parseStrict(line)
    if (record === undefined) onBroken(line)
    else onObject(record, line)
  }
  const onBroken = (line: string): void => {
    const strict = withoutExtensions(line)
    const record = parseStrict(strict)
    if (record === undefined) counts.reject('malformed')
    else onObject(record, strict)
  }
  const onObject = (record: JsonObject, line: string): void => {
    const event = reader.read(record, line)
    if (typeof event === 'string') counts.reject(event)
    else take(event, () => line)
  }
  const onUnreadable = (): void => {
    counts.read++
    counts.reject('malformed')
  }
  return new LineSplitter(options.position, onLine, onUnreadable)
}
