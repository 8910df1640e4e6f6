/**
 * An answer as a sequence of blocks, so that what the terminal, Markdown and the page say is said
 * once. Texts are plain: whatever in them comes from the data is made harmless by the renderers.
 */
export type Block =
  | { readonly kind: 'heading'; readonly text: string; readonly ink?: Ink }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'figures'; readonly figures: readonly Figure[] }
  | Fields
  | Table
  | ({ readonly kind: 'bars' } & Histogram)
  | ({ readonly kind: 'heatmap' } & Heatmap)
  | {
      readonly kind: 'notice'
      readonly label: keyof typeof NOTICE_INKS
      readonly text: string
      readonly hint?: string | undefined
    }
  /** To be copied as it is. */
  | { readonly kind: 'listing'; readonly text: string }
  | Group

/**
 * How a terminal shows it: `strong` are the figures one came for, `quiet` are labels, column headings
 * and what may be passed over, `accent` are bars.
 */
export type Ink = 'strong' | 'quiet' | 'accent' | 'caution' | 'failure'

/** Blocks in blocks, and nothing where there is nothing to say. */
export type Blocks = Block | null | readonly Blocks[]

/** Which renderer it is for: where room differs, so does what is worth it. */
export type Medium = 'terminal' | 'markdown' | 'page'

/** A figure that one came for: `12,345 sessions`. */
export interface Figure {
  readonly name: string
  /** In the singular, where that differs. */
  readonly one?: string
  /** Null where there is none. */
  readonly value: string | null
  /** What it is, where there is room to say so. */
  readonly meaning: string
  /** Where there is room for it; everywhere by default. */
  readonly in?: readonly Medium[]
}

export interface Fields {
  readonly kind: 'fields'
  readonly fields: readonly { readonly label: string; readonly text: Text }[]
  /** What an answer rests on; many answers on one page share it. */
  readonly context?: boolean
  /** Above them. */
  readonly title?: string
  /** Whether Markdown lists them as sentences, without stress on the labels. */
  readonly unstressed?: boolean
}

/** With values of the data in it, or without. */
export type Text = string | readonly (string | { readonly value: string })[]

/** A text, nothing where there is no value, or a word that is no value: `(none)`; perhaps no word. */
export type Cell = string | null | { readonly mark: string }

export interface Column {
  readonly header: string
  /** Text is on the left (the default) and is cut when space is scarce; numbers, right, are not. */
  readonly align?: 'left' | 'right'
  /** The column that a narrow table gives up first has the highest number; without one, it stays. */
  readonly giveUp?: number
  /** Which part of a text is kept when it is cut: the start, unless it is told apart by its end. */
  readonly keep?: 'start' | 'end'
  readonly ink?: Ink
  /** What its cells are: text, values of the data, or what this program wrote and Markdown takes as it is. */
  readonly cells?: 'text' | 'values' | 'figures'
  /** Whether its header is a name of the data. */
  readonly named?: boolean
  /** Two spaces before a cell are a step of depth. */
  readonly nested?: boolean
  /** Only a page has room for it. */
  readonly onPage?: boolean
}

export interface Table {
  readonly kind: 'table'
  /** What it is, for who does not see it. */
  readonly caption: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
  /** How many rows are not shown, of what, and the format that has them all: CSV by default. */
  readonly more?: { readonly count: number; readonly one: string; readonly format?: string }
  /** Whether a terminal needs no headings. */
  readonly bare?: boolean
  /** Whether it is stood upright where it is too wide to lie flat, so that no figure is lost. */
  readonly turns?: boolean
  /** What a page draws of it. */
  readonly charts?: readonly Chart[]
}

export interface Histogram {
  readonly caption: string
  /** What the bins are of, and what is counted in them. */
  readonly of: string
  readonly counted: string
  readonly bins: readonly { readonly label: string; readonly count: number }[]
  readonly chart?: Chart
}

export interface Heatmap {
  readonly caption: string
  readonly about: string
  /** What the columns are. */
  readonly across: string
  readonly columns: readonly string[]
  readonly rows: readonly { readonly label: string; readonly values: readonly number[] }[]
}

/** Blocks that belong together. */
export interface Group {
  readonly kind: 'group'
  readonly blocks: Blocks
  readonly tone?: 'failure' | 'caution'
  /** Under this title, opened by who wants to see it. */
  readonly folded?: { readonly title: string; readonly in: Medium }
}

/** A picture of a table. */
export interface Chart {
  /** What it shows, where the table's caption does not tell. */
  readonly caption?: string
  readonly about: string
  readonly x: Axis
  readonly y: Axis
  readonly marks: readonly Mark[]
}

/** Lengths are in seconds; names are placed by their ordinals. */
export type Axis =
  | { readonly scale: 'count' | 'share'; readonly label: string }
  | { readonly scale: 'length'; readonly label: string; readonly to: number }
  | {
      readonly scale: 'logarithmic'
      readonly label: string
      readonly from: number
      readonly to: number
    }
  | { readonly scale: 'names'; readonly names: readonly string[]; readonly label?: string }

export type Mark =
  | { readonly kind: 'bins'; readonly bins: readonly { from: number; to: number; count: number }[] }
  | { readonly kind: 'bars'; readonly bars: readonly { value: number; ink?: 'second' | 'pale' }[] }
  | {
      readonly kind: 'line'
      readonly points: readonly Point[]
      /** Stays until the next point, instead of going there. */
      readonly stepped?: boolean
      readonly dotted?: boolean
    }
  | {
      readonly kind: 'intervals'
      readonly intervals: readonly { value: number; low: number; high: number }[]
    }
  /** Darker for more. */
  | { readonly kind: 'cells'; readonly cells: readonly (readonly number[])[] }
  | { readonly kind: 'rule'; readonly x: number; readonly dashed: boolean }
  | { readonly kind: 'level'; readonly y: number }

/** Hollow where less is known about it. */
export interface Point {
  readonly x: number
  readonly y: number
  readonly hollow?: boolean
}

/** What is said beside an answer, and how a terminal shows it. */
export const NOTICE_INKS = { warning: 'caution', doubt: 'caution', hint: 'accent' } as const

export const heading = (text: string, ink: Ink = 'strong'): Block => ({
  kind: 'heading',
  text,
  ink,
})
export const paragraph = (text: string): Block => ({ kind: 'paragraph', text })
export const warning = (text: string, hint?: string): Block => ({
  kind: 'notice',
  label: 'warning',
  text,
  hint,
})

/** Fields without a text are left out. */
export const fields = (
  all: readonly (readonly [label: string, text: Text | null])[],
  options: Pick<Fields, 'context' | 'title' | 'unstressed'> = {},
): Fields => ({
  kind: 'fields',
  fields: all.flatMap(([label, text]) => (text === null ? [] : [{ label, text }])),
  ...options,
})

/** @param safe how a part of it is made harmless */
export const plainText = (text: Text, safe: (part: string) => string): string =>
  typeof text === 'string'
    ? safe(text)
    : text.map((part) => safe(typeof part === 'string' ? part : part.value)).join('')

export const text = (header: string, giveUp?: number): Column => column(header, 'left', giveUp)
export const number = (header: string, giveUp?: number): Column => column(header, 'right', giveUp)

const column = (header: string, align: 'left' | 'right', giveUp: number | undefined): Column =>
  giveUp === undefined ? { header, align } : { header, align, giveUp }

/** @param most rows of a table that could be endless, and what one of them is */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { most = rows.length, one = 'row', ...rest }: TableOptions = {},
): Table {
  const more = rows.length - most
  return {
    kind: 'table',
    caption,
    columns,
    rows: rows.slice(0, most),
    ...(more > 0 ? { more: { count: more, one } } : {}),
    ...rest,
  }
}

type TableOptions = Pick<Table, 'more' | 'bare' | 'turns' | 'charts'> & {
  readonly most?: number
  readonly one?: string
}

/** One after the other. */
export const flatten = (blocks: Blocks): readonly Block[] =>
  blocks === null ? [] : 'kind' in blocks ? [blocks] : blocks.flatMap(flatten)

/** As a reader sees it who sees no markup; an empty value is not mistaken for none. */
export function cellText(cell: Cell, { cells }: Pick<Column, 'cells'>, absent: string): string {
  if (cell === null) return absent
  if (typeof cell === 'string') return cell === '' && cells === 'values' ? '""' : cell
  return cell.mark === '' ? '' : `(${cell.mark})`
}

export const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
