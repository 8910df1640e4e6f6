import type { Appearance } from './appearance.js'
import type { Heatmap } from './document.js'
import { pad, widest } from './width.js'

const SHADES = { unicode: ['·', '░', '▒', '▓', '█'], ascii: ['.', '-', '+', '*', '#'] } as const
/** A heading is written above each sixth column. */
const HEADING_EVERY = 6

/** One shaded cell per value, the darkest for the largest; the mark of nothing only for nothing. */
export function heatmapLines(
  { columns, rows }: Pick<Heatmap, 'columns' | 'rows'>,
  appearance: Appearance,
): readonly string[] {
  const shades = appearance.unicode ? SHADES.unicode : SHADES.ascii
  const most = Math.max(0, ...rows.flatMap(({ values }) => values))
  const labelWidth = widest(rows.map(({ label }) => label))
  const cell = labelWidth + 2 + columns.length * 2 <= appearance.columns ? 2 : 1
  const shade = (value: number): string => {
    const level = value <= 0 ? 0 : Math.max(1, Math.ceil((value / most) * (shades.length - 1)))
    return (shades[level] ?? '').repeat(cell)
  }
  const heading = columns
    .map((name, i) => (i % HEADING_EVERY === 0 ? name.padEnd(HEADING_EVERY * cell) : ''))
    .join('')
  return [
    `${' '.repeat(labelWidth)}  ${heading}`.trimEnd(),
    ...rows.map(
      ({ label, values }) => `${pad(label, labelWidth, 'left')}  ${values.map(shade).join('')}`,
    ),
  ]
}
