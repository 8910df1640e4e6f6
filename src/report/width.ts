import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** How many terminal columns a text takes: two for CJK and emoji, none for combining marks. */
export const textWidth = (text: string): number => stringWidth(text)

/** Cuts text to a width, between whole characters as a reader sees them. */
export function shorten(text: string, width: number, ellipsis: string): string {
  if (textWidth(text) <= width) return text
  const mark = textWidth(ellipsis) <= width ? ellipsis : ''
  return take(text, width - textWidth(mark)) + mark
}

/** Cuts the start off instead: of a path, the end tells files apart. */
export function shortenStart(text: string, width: number, ellipsis: string): string {
  if (textWidth(text) <= width) return text
  const mark = textWidth(ellipsis) <= width ? ellipsis : ''
  let used = textWidth(mark)
  let start = text.length
  for (const { segment, index } of [...graphemes.segment(text)].reverse()) {
    used += textWidth(segment)
    if (used > width) break
    start = index
  }
  return mark + text.slice(start)
}

/** The longest start of the text that is no wider than `width`. */
function take(text: string, width: number): string {
  let used = 0
  let end = 0
  for (const { segment, index } of graphemes.segment(text)) {
    used += textWidth(segment)
    if (used > width) break
    end = index + segment.length
  }
  return text.slice(0, end)
}

/** The width of the widest; 0 of none. */
export const widest = (texts: readonly string[]): number =>
  texts.reduce((width, text) => Math.max(width, textWidth(text)), 0)

export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)))
  return align === 'left' ? text + space : space + text
}

/** Breaks text into lines between words; only a word wider than a line is broken itself. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (textWidth(joined) <= width) {
      line = joined
      continue
    }
    if (line !== '') lines.push(line)
    let rest = word
    while (textWidth(rest) > width) {
      // A single character can be wider than the line; it must still be taken, or this never ends.
      const piece = take(rest, width) || [...graphemes.segment(rest)][0]?.segment || rest
      lines.push(piece)
      rest = rest.slice(piece.length)
    }
    line = rest
  }
  if (line !== '' || lines.length === 0) lines.push(line)
  return lines.map((text) => text.trimEnd())
}
