/** Definitions that contradict themselves are refused, before anything is read. */

import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { didYouMean } from '../errors/suggest.js'
import { MICROS_PER_DAY } from '../units/time.js'
import { rulesOf, type SessionDefinition } from './definition.js'

const LONGEST_MICROS = 10_000 * MICROS_PER_DAY

/** @throws SessionizeError `bad_definition` */
export function assertDefinition(definition: SessionDefinition): void {
  assertTimes(definition)
  assertGapRules(definition)
  assertNames(definition)
  assertZone(definition)
  assertEvents(definition)
  assertRecorded(definition)
}

function refuse(message: string, hint: string): never {
  throw new SessionizeError('bad_definition', message, { hint })
}

function assertTimes({ gapMicros, gaps, maxLengthMicros, maxEvents }: SessionDefinition): void {
  const times: [string, number | undefined][] = [
    [option('gap'), gapMicros],
    ...(gaps ?? []).map((rule): [string, number] => [
      `${option('gap')} ${rule.property}=${rule.value}`,
      rule.gapMicros,
    ]),
    [option('maxLength'), maxLengthMicros],
  ]
  for (const [flag, micros] of times) {
    if (micros === undefined) continue
    if (!Number.isSafeInteger(micros) || micros <= 0 || micros > LONGEST_MICROS) {
      refuse(
        `${flag} is ${micros} microseconds.`,
        'It must be a whole number of microseconds, more than zero and at most 10000 days.',
      )
    }
  }
  if (maxEvents !== undefined && (!Number.isSafeInteger(maxEvents) || maxEvents < 1)) {
    refuse(`${option('maxEvents')} is ${maxEvents}.`, 'It must be a whole number from 1.')
  }
}

/** The first rule that matches counts, so that a second one for the same value never would. */
function assertGapRules({ gaps }: SessionDefinition): void {
  const seen = new Set<string>()
  for (const { property, value } of gaps ?? []) {
    const rule = `${property}=${value}`
    if (seen.has(rule)) refuse(`${option('gap')} ${rule} is given twice.`, 'Keep one of them.')
    seen.add(rule)
  }
}

function assertNames(definition: SessionDefinition): void {
  const lists: [string, readonly string[]][] = [
    [option('gap'), (definition.gaps ?? []).map(({ property }) => property)],
    [option('cutOn'), definition.cutOn ?? []],
    ...eventLists(definition),
  ]
  for (const [flag, names] of lists) {
    if (names.includes('')) refuse(`${flag} has an empty name.`, `Write it as ${flag} NAME.`)
  }
}

const eventLists = (definition: SessionDefinition): [string, readonly string[]][] => [
  [option('startEvent'), definition.startEvents ?? []],
  [option('endEvent'), definition.endEvents ?? []],
  [option('passiveEvent'), definition.passiveEvents ?? []],
  [option('ignoreEvent'), definition.ignoreEvents ?? []],
]

function assertZone({ midnightZone }: SessionDefinition): void {
  if (midnightZone === undefined || isZone(midnightZone)) return
  refuse(
    `${option('cutAtMidnight')} ${midnightZone} is not a time zone.${didYouMean(midnightZone, Intl.supportedValuesOf('timeZone'))}`,
    'Use a name of the IANA database, such as Europe/Berlin, or UTC.',
  )
}

/** Offsets are no zones here: engines read their signs differently. */
function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

function assertEvents(definition: SessionDefinition): void {
  const { startEvents = [], endEvents = [], ignoreEvents = [], passiveEvents = [] } = definition
  for (const start of startEvents) {
    for (const end of endEvents) {
      const both = commonName(start, end)
      if (both === undefined) continue
      refuse(
        `An event called \`${both}\` would both start a session (${option('startEvent')} ${start}) and end it (${option('endEvent')} ${end}).`,
        'Write the patterns so that no name fits both.',
      )
    }
  }
  // A pattern may well take in ignored names; a single name that is ignored says nothing.
  for (const [flag, names] of eventLists(definition)) {
    if (names === ignoreEvents) continue
    const ignored = names.find(
      (name) =>
        !name.includes('*') && ignoreEvents.some((other) => commonName(name, other) !== undefined),
    )
    if (ignored === undefined) continue
    refuse(
      `The event \`${ignored}\` is ignored, so ${flag} ${ignored} would do nothing.`,
      `Leave it out of ${flag} or of ${option('ignoreEvent')}.`,
    )
  }
  const everything = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => /^\*+$/.test(pattern))
  if (everything(ignoreEvents)) {
    refuse(`${option('ignoreEvent')} * leaves no event.`, 'Name the events to ignore.')
  }
  if (everything(passiveEvents) && startEvents.length === 0 && endEvents.length === 0) {
    refuse(
      `${option('passiveEvent')} * leaves no event to open a session.`,
      `Name the passive events, or with ${option('startEvent')} those that open sessions.`,
    )
  }
}

/** A name that fits both patterns, with each `*` left empty where it can be. */
export function commonName(a: string, b: string): string | undefined {
  const known = new Map<string, string | undefined>()
  const ofRest = (i: number, j: number): string | undefined => {
    const key = `${i} ${j}`
    if (!known.has(key)) known.set(key, find(i, j))
    return known.get(key)
  }
  const find = (i: number, j: number): string | undefined => {
    if (i === a.length && j === b.length) return ''
    if (a[i] === '*') return ofRest(i + 1, j) ?? taken(b[j], ofRest, i, j + 1)
    if (b[j] === '*') return ofRest(i, j + 1) ?? taken(a[i], ofRest, i + 1, j)
    return a[i] === b[j] ? taken(a[i], ofRest, i + 1, j + 1) : undefined
  }
  return ofRest(0, 0)
}

/** One character, if there is any left, and what comes after it. */
function taken(
  character: string | undefined,
  ofRest: (i: number, j: number) => string | undefined,
  i: number,
  j: number,
): string | undefined {
  const rest = character === undefined ? undefined : ofRest(i, j)
  return rest === undefined ? undefined : `${character === '*' ? '' : character}${rest}`
}

function assertRecorded(definition: SessionDefinition): void {
  if (definition.recorded !== true) return
  const others = rulesOf(definition).filter(
    ({ flag }) => flag !== option('byRecorded') && flag !== option('ignoreEvent'),
  )
  if (others.length === 0) return
  refuse(
    `${option('byRecorded')} takes the sessions as the export has them: ${others.map(({ flag }) => flag).join(', ')} cannot cut them.`,
    `Leave out ${option('byRecorded')}, or the other rules.`,
  )
}
