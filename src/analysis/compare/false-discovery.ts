/**
 * Benjamini and Hochberg 1995: among many comparisons, p-values adjusted so that calling those below
 * 0.05 differences makes at most 5 % of such calls wrong on average. As R's `p.adjust(p, 'BH')`;
 * what has no p-value is not counted.
 */
export function adjustForMany(values: readonly (number | null)[]): (number | null)[] {
  const ranked = values
    .flatMap((p, at) => (p === null ? [] : [{ p, at }]))
    .sort((a, b) => b.p - a.p)
  const adjusted: (number | null)[] = values.map(() => null)
  let least = 1
  ranked.forEach(({ p, at }, i) => {
    least = Math.min(least, (p * ranked.length) / (ranked.length - i))
    adjusted[at] = least
  })
  return adjusted
}
