/** What a caller gave as options, checked, in the types that the work is done with. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { didYouMean } from '../errors/suggest.js'
import { parseDuration } from '../units/duration.js'
import { parseCount, parseShare } from '../units/quantity.js'
import {
  type CommandName,
  type OptionName,
  type OptionSpec,
  type Options,
  type OptionsOf,
  optionsOf,
  type Table,
  type Takes,
  type Values,
} from './option-table.js'

/** What becomes of the values: lists are lists, lengths of time are microseconds. */
interface ReadValues {
  readonly text: string
  readonly names: readonly string[]
  readonly gathered: readonly string[]
  readonly gatheredNames: readonly string[]
  readonly files: readonly string[]
  readonly textOrTrue: string | true
  readonly switch: boolean
  readonly unless: boolean
  readonly whole: number
  readonly number: number
  readonly count: number
  readonly share: number
  readonly shares: readonly number[]
  readonly duration: number
  readonly delay: number
  readonly durations: readonly number[]
  readonly size: string
  readonly definition: Values['definition']
}

type ReadValue<Spec extends OptionSpec> = Spec extends {
  readonly choices: readonly (infer Choice)[]
}
  ? Choice
  : ReadValues[Spec['takes']]

/** A command's options as they were read. */
export type ReadOptions<Name extends CommandName> = {
  readonly [Key in OptionsOf<Name>]?: ReadValue<Table[Key]>
}

/** How the command line names a remote engine, which the library takes as a value. */
export type EngineOptions = {
  readonly [Key in OptionName as Table[Key] extends { readonly engines: unknown }
    ? Key
    : never]?: ReadValue<Table[Key]>
}

/**
 * @param besides keys that are no options of the table, and are the caller's business
 * @throws SessionizeError `usage` for an option that is none, or a value that does not fit
 */
export function readOptions<Name extends CommandName>(
  command: Name,
  given: Options<Name>,
  besides?: ReadonlySet<string>,
): ReadOptions<Name>
export function readOptions(
  command: CommandName,
  given: object,
  besides: ReadonlySet<string> = new Set(),
): object {
  const known = new Map(
    optionsOf(command)
      .filter(({ engines }) => engines === undefined)
      .map((spec) => [spec.name, spec]),
  )
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      const spec = known.get(name)
      if (value === undefined || besides.has(name)) return []
      if (spec === undefined) throw unknown(command, name, [...known.keys(), ...besides])
      return [[name, readWhole(spec, name, value)]]
    }),
  )
}

function unknown(command: CommandName, name: string, all: readonly string[]): SessionizeError {
  return new SessionizeError(
    'usage',
    `${command} has no option \`${name}\`.${didYouMean(name, all)}`,
    {
      hint: `Its options: ${all.join(', ')}.`,
    },
  )
}

/** Lengths of time too, which the command line hands on as they were typed. */
function readWhole({ takes, choices }: OptionSpec, name: string, value: unknown): unknown {
  if (takes === 'delay' && /^0[a-z]*$/.test(String(value).trim())) return 0
  if (takes === 'duration' || takes === 'delay') return readDuration(name, value)
  if (takes === 'durations') return listOf(value).map((one) => readDuration(name, one))
  if (takes === 'count' && typeof value === 'string') return parseCount(value, option(name))
  if (takes === 'share' && typeof value === 'string') return parseShare(value, option(name))
  const read = readValue(takes, value, choices)
  if ('value' in read) return read.value
  throw new SessionizeError('usage', `${option(name)} is ${shown(value)}. ${read.problem}`)
}

/** A bare number is milliseconds, as vendors' SDKs take timeouts. */
function readDuration(name: string, value: unknown): number {
  if (typeof value === 'string' || typeof value === 'number')
    return parseDuration(String(value), option(name))
  throw new SessionizeError(
    'usage',
    `${option(name)} is ${shown(value)}, which is no length of time.`,
    {
      hint: `Write it as ${option(name, '30m')}.`,
    },
  )
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? typeof value)

const listOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : typeof value === 'string' ? splitNames(value) : [value]

/** Names between commas, each once. */
export const splitNames = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
]

type Read = { readonly value: unknown } | { readonly problem: string }

/** A value in the type that the work is done with, or what is wrong with it. */
export function readValue(takes: Takes, value: unknown, choices?: readonly string[]): Read {
  if (choices !== undefined && !choices.some((choice) => choice === value)) {
    return { problem: `Allowed choices are ${choices.join(', ')}.` }
  }
  return READERS[takes](value)
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(isText)

const text = (value: unknown): Read =>
  isText(value) ? { value } : { problem: 'It must be a text.' }
const yesOrNo = (value: unknown): Read =>
  typeof value === 'boolean' ? { value } : { problem: 'It must be true or false.' }
const number = (value: unknown): Read => {
  const read = isText(value) && value.trim() !== '' ? Number(value) : value
  return typeof read === 'number' && Number.isFinite(read)
    ? { value: read }
    : { problem: 'It must be a number.' }
}
const listed =
  (split: (text: string) => string[]) =>
  (value: unknown): Read =>
    isText(value)
      ? { value: split(value) }
      : isTexts(value)
        ? { value }
        : { problem: 'It must be a text or a list of texts.' }

const alone = (value: string): string[] => [value]

const READERS: Readonly<Record<Takes, (value: unknown) => Read>> = {
  text,
  names: listed(splitNames),
  gathered: listed(alone),
  gatheredNames: listed(splitNames),
  files: listed(alone),
  textOrTrue: (value) => (value === true ? { value } : text(value)),
  switch: yesOrNo,
  unless: yesOrNo,
  whole(value) {
    const read = isText(value) && value.trim() !== '' ? Number(value) : value
    return typeof read === 'number' && Number.isInteger(read) && read >= 1
      ? { value: read }
      : { problem: 'It must be a whole number from 1.' }
  },
  number,
  count: (value) => (isText(value) ? { value } : number(value)),
  share: (value) => (isText(value) ? { value } : number(value)),
  shares(value) {
    const read = listOf(value).map(Number)
    return read.every((share) => share >= 0 && share <= 1)
      ? { value: read }
      : { problem: 'Write shares from 0 to 1: 0.1,0.5,0.99.' }
  },
  // As they were typed; the library reads them, which says better what is wrong.
  duration: (value) => ({ value }),
  delay: (value) => ({ value }),
  durations: (value) => ({ value }),
  definition: (value) =>
    isText(value) || (typeof value === 'object' && value !== null)
      ? { value }
      : { problem: 'It must be the name of a definition, or an object with its rules.' },
  size: (value) =>
    isText(value) && /^\d+(\.\d+)?\s*([KMGT]i?B|B)$/i.test(value)
      ? { value }
      : { problem: 'Write it as 512MB or 4GB.' },
}
