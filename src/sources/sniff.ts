/**
 * What a file is, by its first bytes. The name only settles what the content leaves open, so a
 * zip named `.json.gz` and a csv named `.json` are read for what they are.
 */

import { HEAD_BYTES, type PeekedBytes } from './bytes.js'
import { SEPARATORS, sniffDelimiter } from './delimiter.js'
import { decodeHead, type Encoding, encodingOf } from './encoding.js'
import { kindByName } from './extension.js'
import { type Foreign, foreignFormat, officeDocument } from './foreign.js'
import { SEQUENCE, valuesOf } from './json-values.js'
import { logKind } from './log-lines.js'
import type { Format } from './source.js'
import { isTarHeader } from './tar.js'

export type Sniffed =
  | { readonly kind: 'empty' }
  | { readonly kind: 'zip' | 'tar' | 'gzip' | 'zstd' | 'parquet' | 'arrow' }
  | SniffedText
  /** A web page or XML: nearly always the error page of a failed download. */
  | { readonly kind: 'markup' }
  /** A format that is known and not read. */
  | { readonly kind: 'foreign'; readonly format: Foreign }
  /** `bytes`: its first bytes in hexadecimal, for the message. */
  | { readonly kind: 'unknown'; readonly bytes: string }

export interface SniffedText {
  readonly kind: 'text'
  readonly format: Extract<Format, 'ndjson' | 'json' | 'csv' | 'log'>
  readonly encoding: Encoding
  readonly delimiter?: string
  /** The content itself says so; otherwise only the name does, or nothing. */
  readonly sure: boolean
  /** Of JSON: objects do not stand one on a line, but several, in lists, behind commas, or over lines. */
  readonly apart?: 'lines' | 'values'
  /** Its start as text, for telling kinds of content apart. */
  readonly head: string
}

/** Looks at the first `HEAD_BYTES` of what was peeked. */
export function sniff(peeked: Pick<PeekedBytes, 'head' | 'complete'>, name: string): Sniffed {
  const head = peeked.head.subarray(0, HEAD_BYTES)
  const complete = peeked.complete && head.length === peeked.head.length
  if (head.length === 0) return { kind: 'empty' }
  const binary = byMagic(head)
  const document = binary === 'zip' ? officeDocument(head) : undefined
  if (document !== undefined) return { kind: 'foreign', format: document }
  if (binary !== undefined) return { kind: binary }

  const encoding = encodingOf(head)
  const text = decodeHead(head, encoding)
  const isBinary = looksBinary(text)
  const foreign = foreignFormat(head, !isBinary)
  if (foreign !== undefined) return { kind: 'foreign', format: foreign }
  if (complete && text.trim() === '') return { kind: 'empty' }
  if (isBinary) return { kind: 'unknown', bytes: head.subarray(0, 4).toString('hex') }
  if (/^\s*<(!doctype|html|\?xml|error)/i.test(text)) return { kind: 'markup' }
  return { kind: 'text', encoding, head: text, ...textShape(text, complete, name) }
}

type Magic = 'zip' | 'tar' | 'gzip' | 'zstd' | 'parquet' | 'arrow'

const MAGIC: readonly { readonly kind: Magic; readonly bytes: string }[] = [
  { kind: 'zip', bytes: 'PK\x03\x04' },
  // An archive without members, and one that was written for several disks.
  { kind: 'zip', bytes: 'PK\x05\x06' },
  { kind: 'zip', bytes: 'PK\x07\x08' },
  { kind: 'gzip', bytes: '\x1f\x8b' },
  { kind: 'zstd', bytes: '\x28\xb5\x2f\xfd' },
  { kind: 'parquet', bytes: 'PAR1' },
  { kind: 'parquet', bytes: 'PARE' },
  { kind: 'arrow', bytes: 'ARROW1' },
]

function byMagic(head: Buffer): Magic | undefined {
  const start = head.toString('latin1', 0, 8)
  const known = MAGIC.find(({ bytes }) => start.startsWith(bytes))
  if (known !== undefined) return known.kind
  if (isArrowStream(head)) return 'arrow'
  return isTarHeader(head) ? 'tar' : undefined
}

/** A continuation marker, then the length of a schema message, a multiple of 8. */
function isArrowStream(head: Buffer): boolean {
  if (head.length < 8 || head.readUInt32LE(0) !== 0xffffffff) return false
  const length = head.readInt32LE(4)
  return length > 0 && length % 8 === 0
}

/**
 * Text has a stray NUL at most, or a long stretch where a file was grown and not written; pictures and programs have control characters all over. Bytes that
 * are no UTF-8 do not count: text in an older encoding is text, and its rows will say what is wrong.
 */
function looksBinary(text: string): boolean {
  const sample = withoutSeparators(text.slice(0, 4096)).replaceAll(/\0{16,}/g, '\0')
  let controls = 0
  for (let i = 0; i < sample.length; i++) {
    const code = sample.charCodeAt(i)
    if (code < 32 && !(code >= 9 && code <= 13) && code !== 27) controls++
  }
  return controls > Math.max(3, sample.length / 50)
}

/** Adjust's header: `{adid},{created_at}`. */
const BRACED_HEADER = /^\{[^{}":\s]+\}[,;\t|]\{[^{}":\s]+\}/

const TIME_IN_ROW = /(^|[^\w-])(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}|1\d{9}(\d{3}){0,3}\b)/

/** Control characters that stand in each line alike are between its values. */
function withoutSeparators(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '')
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines
  const found = SEPARATORS.find((separator) => {
    const counts = new Set(whole.map((line) => line.split(separator).length))
    return counts.size === 1 && !counts.has(1)
  })
  return found === undefined ? text : text.replaceAll(found, ' ')
}

/** Lines that say what all are like. */
const LOOKED_AT = 20

type Shape = Pick<SniffedText, 'format' | 'sure' | 'apart' | 'delimiter'>

function textShape(text: string, complete: boolean, name: string): Shape {
  const trimmed = text.trimStart()
  const lines = wholeLines(trimmed, complete)
  // Whatever the others are: those of an array have a bracket or a comma more.
  const whole = lines.filter(isObject).length
  if (lines.length > 1 && whole * 2 >= lines.length && !isApart(lines)) {
    return { format: 'ndjson', sure: true }
  }
  if ((/^[[{]/.test(trimmed) || trimmed.startsWith(SEQUENCE)) && isApart(lines)) {
    return { format: 'ndjson', sure: true, apart: 'lines' }
  }
  if (/^\[\s*\[/.test(trimmed) || /^\s*\{/.test(afterMark(trimmed))) {
    return { format: 'ndjson', sure: true, apart: 'values' }
  }
  if (/^\[\s*([{\]]|$)/.test(trimmed)) return { format: 'json', sure: true }
  if (trimmed.startsWith('{') && !BRACED_HEADER.test(trimmed)) return objects(lines, name)
  if (isLog(lines)) return { format: 'log', sure: true }

  const named = kindByName(name).kind
  const isJson = named?.format === 'json' || named?.format === 'ndjson'
  if (isJson && whole > 0) return { format: 'ndjson', sure: true }
  const sniffed = sniffDelimiter(text, complete)
  // One row that has a time is a table of one row, as a part of a large one may be.
  const row = complete && sniffed !== undefined && lines.length === 1 && TIME_IN_ROW.test(text)
  const isReport = lines.some((line) => MARKDOWN_RULE.test(line))
  if (sniffed !== undefined && (sniffed.sure || row) && !isReport) {
    return { format: 'csv', delimiter: sniffed.delimiter, sure: true }
  }
  if (named?.format === 'csv') {
    return { format: 'csv', delimiter: sniffed?.delimiter ?? named.delimiter ?? ',', sure: true }
  }
  // A JSON or log file whose first lines are damaged is still read as one: its rows are counted.
  if (isJson) return { format: 'ndjson', sure: true }
  if (named?.format === 'log') return { format: 'log', sure: false }
  return { format: 'csv', delimiter: sniffed?.delimiter ?? ',', sure: false }
}

/** Below the header of a table in Markdown, which is a report and no table of events. */
const MARKDOWN_RULE = /^\|(?: ?:?-+:? ?\|)+$/

/** The first lines that were seen to their end; the whole text when there is no line end in it. */
function wholeLines(text: string, complete: boolean): string[] {
  const lines = text.split(/\r\n|\n|\r/, LOOKED_AT * 2)
  if (!complete && lines.length > 1) lines.pop()
  return lines.filter((line) => line.trim() !== '').slice(0, LOOKED_AT)
}

const afterMark = (text: string): string => (text.startsWith(SEQUENCE) ? text.slice(1) : '')

/** Most lines hold whole values, and some hold other than one object. */
function isApart(lines: readonly string[]): boolean {
  const odd = (line: string): boolean =>
    line.startsWith(SEQUENCE) ||
    /^\[|\}\s{0,9},?\s{0,9}\{/.test(line) ||
    line.trimEnd().endsWith(',')
  // What is written over lines is further in.
  if (lines.length < 2 || !lines.some(odd) || lines.some((line) => /^\s/.test(line))) return false
  // One array, also with an object on each line, is read as it stands.
  const [first = ''] = lines
  if (first.startsWith('[') && lines.filter((line) => line.startsWith('[')).length === 1) {
    return false
  }
  const held = lines.map((line) => (/^[[\],]+\s*$/.test(line) ? [] : (valuesOf(line) ?? [])))
  const full = held.filter((values) => values.length > 0).length
  return (
    full * 2 >= lines.length && lines.some((line, i) => held[i]?.length !== 0 && !isObject(line))
  )
}

/** One object a line, or objects that span lines. */
function objects(lines: readonly string[], name: string): Shape {
  const [only] = lines
  if (lines.length === 1 && only !== undefined) {
    // One line may hold one object, part of a gigantic one, or several side by side.
    return { format: /\}\s*\{/.test(only) && !isObject(only) ? 'json' : 'ndjson', sure: true }
  }
  // Damaged or gigantic lines: each still starts an object, which inner lines seldom do.
  const starts = lines.filter((line) => /^\s*\{\s*"/.test(line)).length
  const named = kindByName(name).kind?.format === 'ndjson' && !/^\s*\{\s*$/.test(only ?? '')
  const lineBased = named || starts * 2 > lines.length
  return { format: lineBased ? 'ndjson' : 'json', sure: true }
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function isLog(lines: readonly string[]): boolean {
  const directives = lines.filter((line) => line.startsWith('#'))
  if (lines[0]?.startsWith('#') === true && directives.some((line) => /^#Fields:/i.test(line))) {
    return true
  }
  return lines.length > 0 && logKind(lines) !== undefined
}
