import type { Appearance } from './appearance.js'
import { type Column, cellText, type Table } from './document.js'
import { styleFor } from './style.js'
import { visibleExcerpt } from './untrusted.js'
import { pad, shorten, shortenStart, textWidth, widest } from './width.js'

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
 * heading line when it is bare or every heading is empty.
 *
 * (Not built on the `table` package: it measures with string-width 4, which takes Thai and
 * Devanagari marks and zero-width characters for columns, so such rows come out crooked.)
 */
export function renderTable(
  table: Pick<Table, 'columns' | 'rows' | 'bare' | 'turns'>,
  appearance: Appearance,
): string {
  const style = styleFor(appearance)
  const bare = table.bare === true || table.columns.every(({ header }) => header === '')
  const all = table.columns.flatMap((column, at): Sized[] => {
    if (column.onPage === true) return []
    const texts = table.rows.map((row) =>
      cellText(row[at] === undefined ? '' : row[at], column, style.absent),
    )
    const cells = [bare ? '' : column.header, ...texts].map((cell) =>
      visibleExcerpt(cell, style.ellipsis),
    )
    return [{ column, cells, natural: widest(cells) }]
  })
  const natural = total(all.map((sized) => sized.natural))
  if (table.turns === true && natural > appearance.columns)
    return renderTable(turned(all), appearance)
  const { kept, cut } = chooseColumns(all, appearance.columns, textWidth(style.ellipsis))
  const room = appearance.columns - (cut ? GAP.length + textWidth(style.ellipsis) : 0)
  const widths = shareOut(kept, room)

  const lineAt = (line: number): string => {
    const texts = kept.map(({ cells, column }, at) => {
      const cutTo = column.keep === 'end' ? shortenStart : shorten
      return cutTo(cells[line] ?? '', widths[at] ?? 0, style.ellipsis)
    })
    const last = cut ? texts.length - 1 : texts.findLastIndex((text) => text.trimEnd() !== '')
    const painted = texts.slice(0, last + 1).map((text, at) => {
      const { align = 'left', ink } = kept[at]?.column ?? {}
      const ends = at === last && align === 'left' && !cut
      const cell = ends ? text.trimEnd() : pad(text, widths[at] ?? 0, align)
      if (line === 0) return style.quiet(cell)
      return ink === undefined ? cell : style[ink](cell)
    })
    return [...painted, ...(cut ? [style.quiet(style.ellipsis)] : [])].join(GAP)
  }

  const first = bare ? 1 : 0
  const lines: string[] = []
  for (let line = first; line <= table.rows.length; line += 1) lines.push(lineAt(line))
  return lines.join('\n')
}

/** Rows become columns, which are headed by what stood first in them. */
function turned(all: readonly Sized[]): Pick<Table, 'columns' | 'rows'> {
  const [headings = [], ...rows] = all.map(({ cells }) => cells)
  return {
    columns: headings.map((header, at) => ({ header, align: at === 0 ? 'left' : 'right' })),
    rows,
  }
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
