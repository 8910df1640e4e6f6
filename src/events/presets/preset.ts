/**
 * What a vendor's export means, as data. Adding one is adding a file here and a line in `index.ts`.
 */
export interface Preset {
  readonly name: string
  /** Where its facts come from, for readers. */
  readonly about: string
  /** Columns that must all be there for this preset to be chosen. */
  readonly detect: readonly string[]
  /** Per role, the names to take, best first; the first that exists is used. */
  readonly user: readonly string[]
  readonly time: readonly string[]
  readonly event: readonly string[]
  /** The vendor's own session id. */
  readonly session?: readonly string[]
  /** The recorded session id that means "in no session". */
  readonly outOfSession?: string
  /** Key columns of a row; all must be there. Alternatives, best first. */
  readonly dedupe?: readonly (readonly string[])[]
  /** Names that users expect for dimensions, and where they are. */
  readonly dimensions?: Readonly<Record<string, readonly string[]>>
}
