/** Characters that are made to stand between values, as Hive does. */
export const SEPARATORS = ['\u0001', '\u001f'] as const

/** In the order in which ties are settled: a tab is hardly ever data. */
const CANDIDATES = [...SEPARATORS, '\t', ',', ';', '|'] as const

/** Rows that are enough to tell. */
const SAMPLE_ROWS = 100

export interface SniffedDelimiter {
  readonly delimiter: string
  /** Several rows agree, so this is a table and not prose. */
  readonly sure: boolean
}

/**
 * The separator that splits the first rows most evenly, as csv dialect sniffers do: for each
 * candidate the share of rows with the commonest number of fields, then the number of fields.
 * Separators inside quotes do not count.
 *
 * @param complete the text is the whole file, so that its last row is whole.
 */
export function sniffDelimiter(text: string, complete: boolean): SniffedDelimiter | undefined {
  let best: (SniffedDelimiter & { readonly even: number; readonly fields: number }) | undefined
  const table = behindTitles(text)
  for (const delimiter of CANDIDATES) {
    const counts = fieldCounts(table, delimiter, complete)
    const { value: fields, share: even } = commonest(counts)
    if (fields < 2) continue
    // A header that agrees with the rows is worth more than evenness among the rows alone.
    const score = even + (counts[0] === fields ? 0.5 : 0)
    const sure = counts.length >= 2 && even >= 0.8
    const better =
      best === undefined ||
      score > best.even + 0.05 ||
      (score > best.even - 0.05 && fields > best.fields)
    if (better) best = { delimiter, sure, even: score, fields }
  }
  return best === undefined ? undefined : { delimiter: best.delimiter, sure: best.sure }
}

/** Titles and comments above a table have no separators, or begin with what makes them comments. */
function behindTitles(text: string): string {
  const lines = text.split('\n')
  const isTitle = (line: string): boolean =>
    line.startsWith('#') || !CANDIDATES.some((candidate) => line.includes(candidate))
  const first = lines.findIndex((line) => !isTitle(line))
  return first > 0 && lines.length - first > 2 ? lines.slice(first).join('\n') : text
}

/** The number of fields in each of the first rows. */
function fieldCounts(text: string, delimiter: string, complete: boolean): number[] {
  const counts: number[] = []
  let fields = 1
  let atFieldStart = true
  let quoted = false
  let blank = true
  for (let i = 0; i < text.length && counts.length < SAMPLE_ROWS; i++) {
    const char = text[i]
    if (quoted) {
      if (char !== '"') continue
      if (text[i + 1] === '"') i++
      else quoted = false
    } else if (char === '"' && atFieldStart) {
      quoted = true
      atFieldStart = false
      blank = false
    } else if (char === delimiter) {
      fields++
      atFieldStart = true
      blank = false
    } else if (char === '\n') {
      if (!blank) counts.push(fields)
      fields = 1
      atFieldStart = true
      blank = true
    } else if (char !== '\r') {
      atFieldStart = false
      blank = false
    }
  }
  // The last row of a cut sample is only part of one, unless it is all that was seen.
  if (!blank && counts.length < SAMPLE_ROWS && (complete || counts.length === 0))
    counts.push(fields)
  return counts
}

function commonest(values: readonly number[]): { value: number; share: number } {
  const seen = new Map<number, number>()
  for (const value of values) seen.set(value, (seen.get(value) ?? 0) + 1)
  let best = { value: 0, times: 0 }
  for (const [value, times] of seen) if (times > best.times) best = { value, times }
  return { value: best.value, share: values.length === 0 ? 0 : best.times / values.length }
}
