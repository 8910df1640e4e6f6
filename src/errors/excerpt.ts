/** What cutting between code units can leave of a character at the end. */
const HALF_PAIR = /[\ud800-\udbff]$/

/** A text, or its beginning and the mark where it is longer. */
export const excerptOf = (text: string, longest: number, mark: string): string =>
  text.length <= longest ? text : text.slice(0, longest).replace(HALF_PAIR, '') + mark
