/**
 * A data-quality rule as data: what it means, how much of it is too much, and the SQL that measures
 * it. Adding one is adding an object to a file of `rules/` and to the list in `registry.ts`.
 */

import type { Sql } from '../sql/sql.js'
import { formatDuration } from '../units/duration.js'
import type { Baseline } from './baseline.js'
import type { RelationName } from './relations/relation.js'
import type { Scene } from './scene.js'

/**
 * What a rule's value is: a share from 0 to 1, a number of things, a factor of change (1: none),
 * a distance between distributions, or whatever number a rule of the user gives.
 */
export type CheckUnit = 'share' | 'count' | 'factor' | 'distance' | 'number'

/** A value above `warn` is a warning, one above `error` a failure; null: never. */
export interface Thresholds {
  readonly warn: number | null
  readonly error: number | null
}

interface Described extends Thresholds {
  /** As `--select` takes it: small letters and hyphens. */
  readonly id: string
  /** One line, as a statement about what is wrong: `rows without a user`. */
  readonly meaning: string
  readonly unit: CheckUnit
  /** What to look at or do when it is found. */
  readonly hint: string
}

/** From where on a single thing counts: a length of time in microseconds, or a number. */
export interface Tolerance {
  readonly unit: 'time' | 'number'
  readonly amount: number
}

export interface SqlRule extends Described {
  readonly kind: 'sql'
  /** Of rules made by `tolerant`. */
  readonly tolerance?: Tolerance & { readonly set: (amount: number) => SqlRule }
  /** Prepared before the rule is measured. */
  readonly needs?: readonly RelationName[]
  /** Why the rule can say nothing about these data; undefined when it can. */
  readonly absent?: (scene: Scene) => string | undefined
  /**
   * One row: `found` and `of` for shares, `found` for counts, `value` for the others. A value of
   * NULL means that there was nothing to measure.
   */
  readonly measure: (scene: Scene) => Sql
  /** Worst first. `file` and `ordinal` say where, when known; the other columns are shown. */
  readonly examples: (scene: Scene) => Sql
}

/** A rule whose tolerance can be set; `shown` is how readers see it. */
export function tolerant(
  { unit, amount }: Tolerance,
  make: (amount: number, shown: string) => SqlRule,
): SqlRule {
  const set = (to: number): SqlRule => {
    const shown = unit === 'time' ? formatDuration(to) : String(to)
    return { ...make(to, shown), tolerance: { unit, amount: to, set } }
  }
  return set(amount)
}

/** Compares with an earlier export. */
export interface DriftRule extends Described {
  readonly kind: 'drift'
  readonly compare: (
    before: Baseline,
    now: Baseline,
    thresholds: Thresholds,
  ) => Finding | { readonly why: string }
}

export type Rule = SqlRule | DriftRule

export interface Finding {
  readonly value: number
  /** How many were found, and among how many; null where that is no question. */
  readonly found: number | null
  readonly of: number | null
  readonly examples: readonly CheckExample[]
}

/** One thing that a rule is about. */
export interface CheckExample {
  /** As the user would name the file; null where the thing is in no single file. */
  readonly file: string | null
  /** 1-based record number in the file, headers not counted; null where it is not known. */
  readonly row: number | null
  readonly values: Readonly<Record<string, string | null>>
}

export const EXAMPLES_SHOWN = 5
