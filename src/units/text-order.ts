/**
 * Binary order of the UTF-8 bytes, as the engine sorts text. UTF-16 units are in the same order but
 * for surrogates, which stand for the highest characters and yet are not the highest units.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

const rank = (unit: number): number =>
  unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800

/** Whether some differ in nothing but case. */
export const differInCase = (names: readonly string[]): boolean =>
  new Set(names.map((name) => name.toLowerCase())).size < names.length
