/** What an engine's own words tell: which kind of error it is, and what to do next. */
import type { ErrorCode } from '../errors/errors.js'

export interface Symptom {
  readonly pattern: RegExp
  readonly code: ErrorCode
  readonly hint: string
  /** Where the engine's own words speak of what the user has not named. */
  readonly message?: string
}

/** The first that what was told shows. */
export const symptomOf = (symptoms: readonly Symptom[], told: string): Symptom | undefined =>
  symptoms.find(({ pattern }) => pattern.test(told))
