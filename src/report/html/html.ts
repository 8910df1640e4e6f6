/**
 * HTML as text, built only from fragments that were themselves built this way: a plain string is
 * always escaped, and control characters, bidi marks and absurd lengths in it are made visible.
 */
import { visibleExcerpt } from '../untrusted.js'

export class Html {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text
  }
}

export type HtmlPart = Html | string | number | readonly HtmlPart[]

export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  let out = strings[0] ?? ''
  parts.forEach((part, i) => {
    out += render(part) + (strings[i + 1] ?? '')
  })
  return new Html(out)
}

function render(part: HtmlPart): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'string') return escaped(part)
  if (typeof part === 'number') return String(part)
  return part.map(render).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For text and for quoted attributes alike. */
const escaped = (text: string): string =>
  visibleExcerpt(text, '…').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

/** Markup that this program, or its chart library, wrote itself. */
export const trusted = (markup: string): Html => new Html(markup)

export const joined = (parts: readonly Html[]): Html => new Html(parts.map(render).join('\n'))
