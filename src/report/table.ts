import type { Appearance } from './appearance.js'
import { type Paint, styleFor } from './style.js'
import { visibleExcerpt } from './untrusted.js'
import { pad, shorten, shortenStart, textWidth, widest } from './width.js'

export interface Column {
  readonly header: string
  /** Text is on the left (the default) and is cut when space is scarce; numbers, right, are not. */
  readonly align?: 'left' | 'right'
  /** The column that a narrow table gives up first has the highest number; without one, it stays. */
  readonly giveUp?: number
  /** Which part of a text is kept when it is cut: the start, unless it is told apart by its end. */
  readonly keep?: 'start' | 'end'
  readonly paint?: Paint
}

export interface Table {
  readonly columns: readonly Column[]
  /** Plain text. Escapes in it are shown, not obeyed, so ink is a matter of the column. */
  readonly rows: readonly (readonly string[])[]
}

const GAP = '  '
/** A text column is not cut below this while another column could be given up instead. */
const COMFORTABLE = 12
/** And never below this. */
const NARROWEST = 4

interface Sized {
  readonly column: Column
  readonly cells: readonly string[]
  readonly natural: number
}

/**
 * A borderless table no wider than the terminal. No newline at the end, no trailing spaces; no
 * heading line when every heading is empty.
 *
 * (Not built on the `table` package: it measures with string-width 4, which takes Thai and
 * Devanagari marks and zero-width characters for columns, so such rows come out crooked.)
 */
export function renderTable(table: Table, look: Appearance): string {
  const style = styleFor(look)
  const all = table.columns.map((column, at): Sized => {
    const cells = [column.header, ...table.rows.map((row) => row[at] ?? '')].map((cell) =>
      visibleExcerpt(cell, style.ellipsis),
    )
    return { column, cells, natural: widest(cells) }
  })
  const { kept, cut } = chooseColumns(all, look.columns, textWidth(style.ellipsis))
  const room = look.columns - (cut ? GAP.length + textWidth(style.ellipsis) : 0)
  const widths = shareOut(kept, room)

  const lineAt = (line: number): string => {
    const texts = kept.map(({ cells, column }, at) => {
      const cutTo = column.keep === 'end' ? shortenStart : shorten
      return cutTo(cells[line] ?? '', widths[at] ?? 0, style.ellipsis)
    })
    const last = cut ? texts.length - 1 : texts.findLastIndex((text) => text.trimEnd() !== '')
    const painted = texts.slice(0, last + 1).map((text, at) => {
      const { align = 'left', paint } = kept[at]?.column ?? {}
      const ends = at === last && align === 'left' && !cut
      const cell = ends ? text.trimEnd() : pad(text, widths[at] ?? 0, align)
      if (line === 0) return style.quiet(cell)
      return paint === undefined ? cell : paint(cell)
    })
    return [...painted, ...(cut ? [style.quiet(style.ellipsis)] : [])].join(GAP)
  }

  const first = table.columns.every(({ header }) => header === '') ? 1 : 0
  const lines: string[] = []
  for (let line = first; line <= table.rows.length; line += 1) lines.push(lineAt(line))
  return lines.join('\n')
}

const isText = ({ align = 'left' }: Column): boolean => align === 'left'

const gaps = (columns: readonly unknown[]): number => GAP.length * Math.max(0, columns.length - 1)

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + gaps(widths)

/** Gives up columns until the rest fit; `cut` when even columns that should stay had to go. */
function chooseColumns(
  all: readonly Sized[],
  room: number,
  markWidth: number,
): { kept: readonly Sized[]; cut: boolean } {
  const atLeast = ({ column, natural }: Sized, least: number): number =>
    isText(column) ? Math.min(natural, least) : natural

  let kept = [...all]
  while (total(kept.map((sized) => atLeast(sized, COMFORTABLE))) > room) {
    const first = Math.max(...kept.map(({ column }) => column.giveUp ?? 0))
    if (first === 0) break
    kept = kept.filter(({ column }) => column.giveUp !== first)
  }
  let cut = false
  const needed = (): number =>
    total(kept.map((sized) => atLeast(sized, NARROWEST))) + (cut ? GAP.length + markWidth : 0)
  while (kept.length > 1 && needed() > room) {
    kept.pop()
    cut = true
  }
  return { kept, cut }
}

/** Numbers take what they need; text columns share the rest, the short ones keeping their width. */
function shareOut(columns: readonly Sized[], room: number): readonly number[] {
  const widths = columns.map(({ natural }) => Math.min(natural, room))
  const texts = columns
    .map(({ column, natural }, at) => ({ at, natural, text: isText(column) }))
    .filter(({ text }) => text)
    .sort((a, b) => a.natural - b.natural)
  let left = room - total(columns.map(({ column, natural }) => (isText(column) ? 0 : natural)))
  texts.forEach(({ at, natural }, index) => {
    const width = Math.max(0, Math.min(natural, Math.floor(left / (texts.length - index))))
    widths[at] = width
    left -= width
  })
  return widths
}
