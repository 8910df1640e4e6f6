/** The candidate nearest to what was typed, or undefined when none is near enough to offer. */
export function suggest(typed: string, candidates: readonly string[]): string | undefined {
  const wanted = fold(typed)
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    const folded = fold(candidate)
    const distance =
      folded === wanted
        ? 0
        : folded.includes(wanted) && wanted.length >= 3
          ? 1
          : editDistance(wanted, folded)
    if (best === undefined || distance < best.distance) best = { candidate, distance }
  }
  const limit = Math.max(1, Math.floor(typed.length / 3))
  return best !== undefined && best.distance <= limit ? best.candidate : undefined
}

/** " Did you mean `x`?" or an empty string. */
export function didYouMean(typed: string, candidates: readonly string[]): string {
  const near = suggest(typed, candidates)
  return near === undefined ? '' : ` Did you mean \`${near}\`?`
}

const fold = (text: string): string => text.toLowerCase().replaceAll(/[\s_.-]/g, '')

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let distance = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + cost,
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforePrevious[j - 2] ?? 0) + 1)
      }
      current.push(distance)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
