import type { Appearance } from './appearance.js'
import type { Histogram } from './document.js'
import { formatCount, formatShare } from './quantities.js'
import { styleFor } from './style.js'
import { renderTable } from './table.js'
import { visibleExcerpt } from './untrusted.js'
import { shorten, widest } from './width.js'

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const FULL = '█'

/** Longer bars are harder to compare, not easier. */
const LONGEST_BAR = 48
const SHORTEST_BAR = 4

/** A bar of `fraction` of the width, to an eighth of a column; anything above zero is seen. */
export function bar(fraction: number, width: number, unicode: boolean): string {
  const clipped = Math.min(1, Math.max(0, fraction))
  if (clipped === 0) return ''
  if (!unicode) return '#'.repeat(Math.max(1, Math.round(clipped * width)))
  const eighths = Math.max(1, Math.round(clipped * width * 8))
  return FULL.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}

/** One line per bin: label, count, share of all, bar. Empty bins after the last full one are left out. */
export function renderHistogram(
  histogram: Pick<Histogram, 'of' | 'counted' | 'bins'>,
  appearance: Appearance,
): string {
  const style = styleFor(appearance)
  const bins = withoutEmptyTail(histogram.bins)
  const all = bins.reduce((sum, { count }) => sum + count, 0)
  const most = Math.max(0, ...bins.map(({ count }) => count))

  const longestLabel = Math.floor(appearance.columns / 3)
  const cells = bins.map(({ label, count }) => [
    shorten(visibleExcerpt(label, style.ellipsis), longestLabel, style.ellipsis),
    formatCount(count),
    formatShare(all === 0 ? null : count / all, style.absent),
  ])
  const headings = [histogram.of, histogram.counted, 'share']
  const used = headings
    .map((heading, at) => widest([heading, ...cells.map((row) => row[at] ?? '')]))
    .reduce((sum, width) => sum + width + 2, 0)
  const barWidth = Math.min(LONGEST_BAR, appearance.columns - used)
  const drawn = barWidth >= SHORTEST_BAR

  return renderTable(
    {
      columns: [
        { header: histogram.of, align: 'left' },
        { header: histogram.counted, align: 'right' },
        { header: 'share', align: 'right' },
        ...(drawn ? [{ header: '', align: 'left', ink: 'accent' } as const] : []),
      ],
      rows: cells.map((row, at) =>
        drawn ? [...row, bar((bins[at]?.count ?? 0) / most, barWidth, appearance.unicode)] : row,
      ),
    },
    appearance,
  )
}

export const withoutEmptyTail = <Bin extends { readonly count: number }>(
  bins: readonly Bin[],
): readonly Bin[] => bins.slice(0, bins.findLastIndex(({ count }) => count > 0) + 1)
