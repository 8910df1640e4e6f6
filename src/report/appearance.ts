/** How text may look where it is going. Decided once, by the terminal; obeyed by every renderer. */
export interface Appearance {
  readonly color: boolean
  /** Block characters and typographic marks, or plain ASCII. */
  readonly unicode: boolean
  readonly columns: number
}

/** An answer as text, in one format. */
export type Render<Answer> = (answer: Answer, appearance: Appearance) => string
