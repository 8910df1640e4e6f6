/**
 * Text from the data may be hostile: terminal escapes that hide or rewrite what is on the screen,
 * bidi marks that reorder it, markup that becomes part of the page. Each output has one function
 * here, and a value from the data reaches that output through it.
 */

import { excerptOf } from '../errors/excerpt.js'
import { harmlessJson } from '../files/json-escapes.js'

/**
 * Control characters (C0, C1, DEL), line and paragraph separators, bidi controls, lone surrogates,
 * and characters that terminals disagree about or show as nothing.
 */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\u00ad\u200b\u2060\ufeff]/gu

/** Marks stacked on one letter beyond any writing system's need, which run over other lines. */
const STACKED_MARKS = /(\p{M}{8})\p{M}+/gu

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escaped = (character: string): string => {
  const hex = character.charCodeAt(0).toString(16)
  return (
    NAMED[character] ??
    (hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`)
  )
}

/** For one line of a terminal: `\x1b[2J` is seen, not obeyed. */
export const visible = (text: string): string =>
  text.replace(UNSAFE, escaped).replace(STACKED_MARKS, '$1')

/** The first character of a text that would be obeyed, as it is shown; lines and tabs may be in it. */
export const firstObeyed = (text: string): string | undefined =>
  text
    .match(UNSAFE)
    ?.map(escaped)
    .find((mark) => mark !== '\\n' && mark !== '\\t')

/** More of one value than this tells a reader nothing, and measuring it is not free. */
const LONGEST_SHOWN = 1_000

/** `visible`, and cut short if it is absurdly long (a name of a megabyte). */
export const visibleExcerpt = (text: string, ellipsis: string): string =>
  visible(excerptOf(text, LONGEST_SHOWN, ellipsis))

/**
 * For Markdown prose and table cells: nothing in it is markup. The pipe is an entity because
 * parsers disagree about `\|` after a backslash. The zero-width space keeps `@name`, `#1` and
 * addresses from notifying people or becoming links in a pull-request comment.
 */
export const markdownText = (text: string): string =>
  visible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()~!$]/g, '\\$&')
    .replace(/[@#](?=\w)|:(?=\/\/)|www(?=\.)/gi, '$&\u200b')
    .replaceAll('|', '&#124;')

/** A value in Markdown: a code span where that is surely safe, else escaped text. */
export function markdownValue(text: string): string {
  const excerpt = visibleExcerpt(text, '…')
  if (excerpt === '') return '`""`'
  return /^[^\s`|<>&\\][^`|<>&\\]*$/.test(excerpt) ? `\`${excerpt}\`` : markdownText(excerpt)
}

/**
 * A field of RFC 4180. Null is nothing at all and an empty string is `""`, so that the two stay
 * apart, as DuckDB and PostgreSQL read them.
 */
export function csvField(value: string | number | null): string {
  if (value === null) return ''
  const text = String(value)
  if (text !== '' && !/[",\r\n]|^\s|\s$/.test(text)) return text
  return `"${text.replaceAll('"', '""')}"`
}

/** For people, and harmless on a terminal. */
export const jsonText = (value: unknown): string => harmlessJson(JSON.stringify(value, null, 2))
