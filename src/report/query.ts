import type { QueryRows } from '../analysis/query-rows.js'
import { type Blocks, paragraph, table } from './document.js'

/** The rows of a user's query for a reader. */
export const queryBlocks = ({ columns, rows, isCut }: QueryRows): Blocks => [
  table(
    'Rows of the query',
    columns.map(({ name, isNumber }) => ({ header: name, align: isNumber ? 'right' : 'left' })),
    rows.map((row) => row.map((cell) => cell ?? '')),
  ),
  rows.length === 0 ? paragraph('no row') : null,
  isCut ? paragraph(`the first ${rows.length} rows: --format csv has all`) : null,
]
