/**
 * Options in messages. A message is written where the fault is found, and read by people who typed a
 * flag or who gave an option to the library: which of the two is known only at the end.
 */

// Noncharacters: Unicode keeps them for such private marks, and no text that is exchanged has them.
const BEGIN = '\u{FDD0}'
const VALUE = '\u{FDD1}'
const END = '\u{FDD2}'
const MARKED = new RegExp(`${BEGIN}(\\w+)(?:${VALUE}([^${END}]*))?${END}`, 'gu')

/** An option, by its name in the library, perhaps with a value, in a message or a hint. */
export const option = (name: string, value?: string): string =>
  `${BEGIN}${name}${value === undefined ? '' : `${VALUE}${value}`}${END}`

/** How a reader writes options: `maxLength: '24h'`, or `--max-length 24h`. */
export type Spelling = (name: string, value: string | undefined) => string

/** As the library's callers write them. */
export const asProperty: Spelling = (name, value) =>
  value === undefined ? name : `${name}: '${value}'`

/** As one types them. */
export const asFlag: Spelling = (name, value) =>
  value === undefined ? flagOf(name) : `${flagOf(name)} ${value}`

/** The flag of what the library calls `inputFormat`. */
export const flagOf = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** A text in which options are spelt for its reader. */
export const spelled = (text: string, spelling: Spelling): string =>
  text.includes(BEGIN)
    ? text.replaceAll(MARKED, (_, name: string, value: string | undefined) => spelling(name, value))
    : text
