/** So many different texts are the same few again; where there are more, each is kept as it comes. */
const MOST_TEXTS = 10_000
const LONGEST_TEXT = 200

/**
 * Names and values come again and again, and every line that is parsed brings a copy of its own,
 * which a held session would keep. Here all get the first copy.
 */
export class RecurringTexts {
  private readonly texts = new Map<string, string>()

  of(text: string): string {
    const known = this.texts.get(text)
    if (known !== undefined) return known
    if (this.texts.size < MOST_TEXTS && text.length <= LONGEST_TEXT) this.texts.set(text, text)
    return text
  }

  orNull(text: string | null): string | null {
    return text === null ? null : this.of(text)
  }
}
