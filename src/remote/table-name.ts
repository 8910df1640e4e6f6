/** Names of tables as users write them: `table`, `schema.table`, with parts quoted as the engine quotes. */

/**
 * @param part one part, at its `lastIndex`
 * @param name what a part says, without its quotes
 * @returns undefined for anything but parts with dots between them
 */
export function nameParts(
  given: string,
  part: RegExp,
  name: (found: RegExpExecArray) => string,
): string[] | undefined {
  const sticky = new RegExp(part, 'y')
  const names: string[] = []
  for (;;) {
    const found = sticky.exec(given)
    if (found === null) return undefined
    names.push(name(found))
    const at = sticky.lastIndex
    if (at === given.length) return names
    if (given[at] !== '.') return undefined
    sticky.lastIndex = at + 1
  }
}
