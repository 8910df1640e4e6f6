/**
 * What a vendor's export means, as data: no functions, so that it can be written in a config file
 * and checked by `parsePreset`. Adding one is adding a file here and a line in `index.ts`.
 *
 * A key is a column or a dotted path (`properties.distinct_id`, `event_params.ga_session_id`), as
 * flags take it: `a+b` joins two into one key, `a,b` takes the first that is filled in the row.
 */
export interface Preset {
  readonly name: string
  /** What it reads, and where its facts come from. */
  readonly about: string
  /** Sets of columns; the preset is chosen when all of one set are there. More columns win. */
  readonly detect: readonly (readonly string[])[]
  /** Keys per role, best first: the first whose columns exist (and, for users, hold values). */
  readonly user: readonly string[]
  readonly time: readonly string[]
  /** What the times are, for readers: `UTC`, `seconds since 1970`. */
  readonly timeZone: string
  readonly event: readonly string[]
  /** The vendor's own session id; it need only be unique for one user. */
  readonly session?: readonly string[]
  /** The recorded session id that means "in no session". */
  readonly outOfSession?: string
  /** Key columns of a row; all must be there. Alternatives, best first. */
  readonly dedupe?: readonly (readonly string[])[]
  /** The key that the sender gave the event, for `--dedupe insert_id`. Alternatives, best first. */
  readonly insertId?: readonly (readonly string[])[]
  /** Names that users expect for dimensions, and where they are. */
  readonly dimensions?: Readonly<Record<string, readonly string[]>>
  /** Ids that belong to one person when they stand in one row, best known first, for `--stitch`. */
  readonly identity?: readonly string[]
  /** The clocks that `--clock` chooses from. */
  readonly clocks?: Clocks
  /** Each element of this list is an event: a column, or a path such as `data.events`. */
  readonly unnest?: string
  /** Of a file without a header: its columns in order, and what the values of some look like. */
  readonly layout?: {
    readonly columns: readonly string[]
    readonly recognise: Readonly<Record<string, string>>
  }
}

/** Keys of the clocks that an event carries, best first. */
export interface Clocks {
  /** The device's, when the event happened. */
  readonly client?: readonly string[]
  /** The server's, when the event arrived. */
  readonly server?: readonly string[]
  /** The device's, when the event was sent: against `server` it shows how wrong the device is. */
  readonly sent?: readonly string[]
  /** A smaller difference is taken for the way through the network and not corrected. */
  readonly toleranceSeconds?: number
}
