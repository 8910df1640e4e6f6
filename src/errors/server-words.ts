/** What a server says, as it may stand in a message: the one way from its words to ours. */

import { excerptOf } from './excerpt.js'
import type { Secrets } from './secrets.js'

export interface WordsOptions {
  /** Characters. */
  readonly longest?: number
  /** Whether the text is only the beginning of what was said. */
  readonly cut?: boolean
}

const LONGEST = 200

/**
 * The start of it on one line, without the markup of a page. Secrets go before anything is cut, and
 * once more when tags and line ends are gone, which may have stood in the middle of one.
 */
export function serverWords(
  text: string,
  secrets: Secrets,
  { longest = LONGEST, cut = false }: WordsOptions = {},
): string {
  const redacted = secrets.redact(text)
  // A secret at the end may have been cut in two, and half of it is not known as one.
  const certain = cut ? redacted.slice(0, Math.floor(redacted.length / 2)) : redacted
  const line = secrets
    .redact(withoutMarkup(certain).replaceAll(/\s+/g, ' '))
    .replaceAll(/\*{3}(\s*\*{3})+/g, '***')
    .trim()
  return excerptOf(line, longest, '...')
}

/** Only of a page: elsewhere `<` is a sign like any other. */
function withoutMarkup(text: string): string {
  if (!/^\s*<(!doctype|html|head|body|\?xml|[a-z][a-z0-9]*[\s>])/i.test(text)) return text
  return text
    .replaceAll(/<(script|style)\b[^>]*>[^<]*(?:<(?!\/\1)[^<]*)*/gi, ' ')
    .replaceAll(/<[^<>]*(>|$)/g, ' ')
}
