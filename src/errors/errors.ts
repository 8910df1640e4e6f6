import { asFlag, asProperty, spelled } from './option.js'

/**
 * Every failure that a user can cause or meet, as a typed value.
 *
 * The code decides the exit code; the message says what is wrong and where; the hint says
 * what to type next. Anything that is not a `SessionizeError` is a bug in this program.
 */
const EXIT_CODES = {
  /** A data-quality check failed. */
  check_failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  unknown_column: 2,
  mapping_uncertain: 2,
  bad_definition: 2,
  bad_condition: 2,
  /** A state that was made with another definition, mapping or version. */
  state_mismatch: 2,
  /** The input cannot be read, or is not what it should be. */
  input_missing: 3,
  input_empty: 3,
  input_unreadable: 3,
  input_corrupt: 3,
  input_changed: 3,
  archive_refused: 3,
  no_events: 3,
  bad_times: 3,
  rejected_rows: 3,
  state_damaged: 3,
  /** The engine, the disk or the memory failed. */
  output_unwritable: 4,
  disk_full: 4,
  out_of_memory: 4,
  extension_missing: 4,
  unsupported: 4,
  state_in_use: 4,
  /** Another run writes to the same file or folder. */
  output_in_use: 4,
  engine: 4,
  interrupted: 130,
} as const satisfies Record<string, number>

/** What went wrong; each code has its exit code. */
export type ErrorCode = keyof typeof EXIT_CODES

/** What comes with a failure. */
export interface ErrorOptions {
  /** What to type or change next. */
  readonly hint?: string
  readonly cause?: unknown
}

/**
 * A failure that a user can cause or meet: its message says what is wrong and where, its `hint`
 * what to type next.
 */
export class SessionizeError extends Error {
  override readonly name = 'SessionizeError'
  readonly hint: string | undefined
  /** @internal As they were written, before the options in them were spelt for a reader. */
  readonly written: { readonly message: string; readonly hint: string | undefined }

  constructor(
    readonly code: ErrorCode,
    message: string,
    { hint, cause }: ErrorOptions = {},
  ) {
    super(spelled(message, asProperty), cause === undefined ? undefined : { cause })
    this.written = { message, hint }
    this.hint = hint === undefined ? undefined : spelled(hint, asProperty)
  }

  /** @internal The message and the hint for somebody who types flags. */
  inFlags(): { readonly message: string; readonly hint: string | undefined } {
    const { message, hint } = this.written
    return {
      message: spelled(message, asFlag),
      hint: hint === undefined ? undefined : spelled(hint, asFlag),
    }
  }

  get exitCode(): number {
    return EXIT_CODES[this.code]
  }
}
