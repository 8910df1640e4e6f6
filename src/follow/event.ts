/** One event of a live stream. */
export interface StreamEvent {
  readonly user: string
  /** Microseconds since 1970; always a safe integer. */
  readonly micros: number
  readonly name: string | null
  /** The session id that the export itself carries. */
  readonly recorded: string | null
  /** Values of the properties that the definition's rules look at, in their order. */
  readonly properties: readonly (string | null)[]
}

export const NO_PROPERTIES: readonly (string | null)[] = []
