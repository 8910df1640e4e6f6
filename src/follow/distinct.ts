/**
 * A set of texts that nearly always holds one or a few: most sessions have few event names and one
 * recorded id. A million of them are held at once, so one text is only itself, and a few are a list
 * of just their number.
 */
export type DistinctTexts = undefined | string | readonly string[] | Set<string>

/** More are found faster in a set, which takes several times the room. */
const MOST_IN_LIST = 8

export function withText(texts: DistinctTexts, text: string): DistinctTexts {
  if (texts === undefined) return text
  if (typeof texts === 'string') return texts === text ? texts : [texts, text]
  if (texts instanceof Set) return texts.add(text)
  if (texts.includes(text)) return texts
  // Not pushed: a list that grows makes room for many more.
  return texts.length < MOST_IN_LIST ? texts.concat(text) : new Set([...texts, text])
}

export const withTexts = (texts: DistinctTexts, others: DistinctTexts): DistinctTexts =>
  listOf(others).reduce<DistinctTexts>(withText, texts)

export function listOf(texts: DistinctTexts): string[] {
  if (texts === undefined) return []
  return typeof texts === 'string' ? [texts] : [...texts]
}

export function sizeOf(texts: DistinctTexts): number {
  if (texts === undefined) return 0
  if (typeof texts === 'string') return 1
  return texts instanceof Set ? texts.size : texts.length
}
