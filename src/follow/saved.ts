/** Values read back from a checkpoint, each checked to be what was written. */
import { SessionizeError } from '../errors/errors.js'

/** A JSON array. */
export type Saved = readonly unknown[]

const damaged = (): SessionizeError =>
  new SessionizeError('input_corrupt', 'The checkpoint is damaged.', {
    hint: 'Delete it to start over; the sessions are then written anew.',
  })

export function asNumber(value: unknown): number {
  if (typeof value !== 'number') throw damaged()
  return value
}

export function asText(value: unknown): string {
  if (typeof value !== 'string') throw damaged()
  return value
}

export const asTextOrNull = (value: unknown): string | null =>
  value === null ? null : asText(value)

export function asList(value: unknown): Saved {
  if (!Array.isArray(value)) throw damaged()
  return value
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw damaged()
  return value
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function oneOf<T>(values: readonly T[], value: unknown): T {
  const found = values.find((candidate) => candidate === value)
  if (found === undefined) throw damaged()
  return found
}

export const nanAsNull = (value: number): number | null => (Number.isNaN(value) ? null : value)
export const nullAsNan = (value: unknown): number => (value === null ? Number.NaN : asNumber(value))
