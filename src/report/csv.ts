import { csvField } from './untrusted.js'

export type Cell = string | number | boolean | null

/** Values of dimensions under their names, then figures; no two columns have one name. */
export function csvTable(
  dimensions: readonly string[],
  figures: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  const taken = new Set(figures)
  // A dimension may be called `users`, but no two columns of a file may have one name.
  const headings = dimensions.map((name) => {
    let free = name
    while (taken.has(free)) free = `by_${free}`
    taken.add(free)
    return free
  })
  return [[...headings, ...figures], ...rows].map(csvLine).join('')
}

const csvLine = (cells: readonly Cell[]): string =>
  `${cells.map((cell) => csvField(typeof cell === 'boolean' ? String(cell) : cell)).join(',')}\n`
