/**
 * An answer as a sequence of blocks, so that what the terminal and Markdown say is said once. Texts
 * are plain: whatever in them comes from the data is made harmless by the renderers.
 */
import type { Heatmap } from './heatmap.js'
import type { Histogram } from './histogram.js'
import type { Column } from './table.js'

export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | {
      readonly kind: 'fields'
      readonly fields: readonly { readonly label: string; readonly text: string }[]
    }
  | {
      readonly kind: 'table'
      readonly columns: readonly Column[]
      readonly rows: readonly (readonly string[])[]
      /** How many rows are not shown, and of what. */
      readonly more?: { readonly count: number; readonly one: string }
    }
  | { readonly kind: 'bars'; readonly histogram: Histogram }
  | ({ readonly kind: 'heatmap' } & Heatmap)
  | { readonly kind: 'notice'; readonly label: 'warning' | 'hint'; readonly text: string }

export const text = (header: string, giveUp?: number): Column => column(header, 'left', giveUp)
export const number = (header: string, giveUp?: number): Column => column(header, 'right', giveUp)

const column = (header: string, align: 'left' | 'right', giveUp: number | undefined): Column =>
  giveUp === undefined ? { header, align } : { header, align, giveUp }

/** The first rows of a table that could be endless. */
export function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  most: number,
  one: string,
): Block {
  return {
    kind: 'table',
    columns,
    rows: rows.slice(0, most),
    ...(rows.length > most ? { more: { count: rows.length - most, one } } : {}),
  }
}
