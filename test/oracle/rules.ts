/** Generated definitions with any rules together, for the oracle and as flags. */
import fc from 'fast-check'
import { definition, definitionFlags, GAPS, NAMES } from './datasets.js'
import type { OracleDefinition } from './sessionize.js'

export interface RuleSet {
  readonly definition: OracleDefinition
  readonly flags: readonly string[]
}

const MINUTE = 60_000_000n

/** Zones whose midnight falls among the generated events. */
const ZONES = [
  'UTC',
  'Atlantic/Azores',
  'America/Sao_Paulo',
  'America/St_Johns',
  'America/New_York',
  'Europe/Berlin',
  'Europe/Helsinki',
]

const sometimes = <T>(arbitrary: fc.Arbitrary<T>, freq = 2): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { freq, nil: undefined })

/** Patterns that together take in all generated names, each once. */
const PATTERNS = ['a', 'b', 'view', 'vie*all', 'é*', 'Z', '1*', '9'] as const
const ROLES = ['start', 'end', 'ignore', 'passive'] as const
type Role = (typeof ROLES)[number]

type Roles = readonly (readonly [string, Role])[]

const rolesAmong = (among: readonly (Role | undefined)[]): fc.Arbitrary<Roles> =>
  fc
    .array(fc.constantFrom(...among), { minLength: PATTERNS.length, maxLength: PATTERNS.length })
    .map((drawn) =>
      PATTERNS.flatMap((pattern, i): [string, Role][] => {
        const role = drawn[i]
        return role === undefined ? [] : [[pattern, role]]
      }),
    )

const roles: fc.Arbitrary<Roles> = fc
  .subarray([...ROLES], { minLength: 1 })
  .chain((some) => rolesAmong([...some, undefined, undefined]))

const gapRules = (
  minLength: number,
  micros: readonly bigint[],
): fc.Arbitrary<{ value: [string, string]; gapMicros: bigint }[]> =>
  fc.uniqueArray(
    fc.record({
      value: fc.constantFrom<[string, string]>(
        ['platform', 'web'],
        ['platform', 'ios'],
        ['country', 'DE'],
        ['country', 'é'],
      ),
      gapMicros: fc.constantFrom(...micros),
    }),
    { minLength, maxLength: 3, selector: ({ value }) => value.join() },
  )

interface Drawn {
  readonly base: OracleDefinition
  readonly gaps?: readonly { value: [string, string]; gapMicros: bigint }[] | undefined
  readonly maxLengthMicros?: bigint | undefined
  readonly maxEvents?: number | undefined
  readonly midnightZone?: string | undefined
  readonly cutOn?: readonly string[] | undefined
  readonly roles?: Roles | undefined
}

const maxLengthMicros = fc.constantFrom(
  1n,
  ...[1n, 5n, 12n, 30n, 60n].map((minutes) => minutes * MINUTE),
)
const maxEvents = fc.integer({ min: 1, max: 5 })

/** Any of all rules. */
export const ruleSet: fc.Arbitrary<RuleSet> = fc
  .record({
    base: definition,
    gaps: sometimes(gapRules(1, [...GAPS, 7n * MINUTE])),
    maxLengthMicros: sometimes(maxLengthMicros),
    maxEvents: sometimes(maxEvents),
    midnightZone: sometimes(fc.constantFrom(...ZONES)),
    cutOn: sometimes(fc.subarray(['platform', 'country'], { minLength: 1 })),
    roles: sometimes(roles, 3),
  })
  .map(toRuleSet)

/** Limits where they are hardest: pieces live by their own events, and passive ones drop out. */
export const limitedRuleSet: fc.Arbitrary<RuleSet> = fc
  .record({
    base: definition.map(({ boundary }) => ({ gapMicros: 60n * MINUTE, boundary })),
    gaps: gapRules(2, [MINUTE, 5n * MINUTE, 10n * MINUTE]),
    maxLengthMicros: sometimes(maxLengthMicros),
    maxEvents,
    roles: fc.oneof(
      fc.constant([]),
      rolesAmong(['passive', 'passive', undefined, undefined, undefined]),
    ),
  })
  .map(toRuleSet)

/** Starts and ends among tied events, with all that decides whether a session is open. */
export const tiedRuleSet: fc.Arbitrary<RuleSet> = fc
  .record({
    base: definition,
    gaps: sometimes(gapRules(1, [...GAPS, 7n * MINUTE])),
    maxEvents: sometimes(maxEvents, 1),
    midnightZone: sometimes(fc.constantFrom(...ZONES), 1),
    cutOn: sometimes(fc.subarray(['platform'], { minLength: 1 }), 1),
    roles: rolesAmong(['start', 'start', 'end', 'end', 'passive', undefined, undefined]),
  })
  .map(toRuleSet)

function toRuleSet({ base, gaps: drawn, cutOn, roles: given = [], ...limits }: Drawn): RuleSet {
  const patterns = (role: Role): string[] =>
    given.flatMap(([pattern, other]) => (other === role ? [pattern] : []))
  const rules = (drawn ?? []).map(({ value: [property, value], gapMicros }) => ({
    property,
    value,
    gapMicros,
  }))
  return {
    definition: {
      ...base,
      ...(rules.length === 0 ? {} : { gaps: rules }),
      ...(limits.maxLengthMicros === undefined ? {} : { maxLengthMicros: limits.maxLengthMicros }),
      ...(limits.maxEvents === undefined ? {} : { maxEvents: limits.maxEvents }),
      ...(limits.midnightZone === undefined ? {} : { midnightZone: limits.midnightZone }),
      ...(cutOn === undefined ? {} : { cutOn }),
      isStart: matching(patterns('start')),
      isEnd: matching(patterns('end')),
      isIgnored: matching(patterns('ignore')),
      isPassive: matching(patterns('passive')),
    },
    flags: [
      ...definitionFlags(base),
      ...rules.map(({ property, value, gapMicros }) => `--gap=${property}=${value}:${gapMicros}us`),
      ...(limits.maxLengthMicros === undefined ? [] : [`--max-length=${limits.maxLengthMicros}us`]),
      ...(limits.maxEvents === undefined ? [] : [`--max-events=${limits.maxEvents}`]),
      ...(limits.midnightZone === undefined ? [] : [`--cut-at-midnight=${limits.midnightZone}`]),
      ...(cutOn === undefined ? [] : [`--cut-on=${cutOn.join(',')}`]),
      ...ROLES.flatMap((role) => patterns(role).map((pattern) => `--${role}-event=${pattern}`)),
    ],
  }
}

/** `*` stands for anything; all else is literal. */
export function matching(patterns: readonly string[]): (name: string) => boolean {
  const tests = patterns.map((pattern) => {
    const literal = pattern.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    return new RegExp(`^${literal.join('.*')}$`, 's')
  })
  return (name) => tests.some((test) => test.test(name))
}

/** A column's flags, and how oracle and header spell it. */
export interface ColumnSet {
  readonly dimensions: readonly string[]
  readonly properties: readonly string[]
  readonly sums: readonly string[]
  readonly counts: readonly string[]
  readonly conversions: readonly string[]
}

const namePatterns = fc.subarray(['a', 'view*', NAMES[7]])

export const columnSet: fc.Arbitrary<ColumnSet> = fc.record({
  dimensions: fc.subarray(['country', 'platform']),
  properties: fc.subarray(['platform', 'amount']),
  sums: fc.subarray(['amount', 'country']),
  counts: namePatterns,
  conversions: namePatterns,
})

export function columnFlags(columns: ColumnSet): string[] {
  const flag = (name: string, values: readonly string[]): string[] =>
    values.length === 0 ? [] : [`--${name}=${values.join(',')}`]
  return [
    ...flag('by', columns.dimensions),
    ...flag('property', columns.properties),
    ...flag('sum', columns.sums),
    ...flag('count', columns.counts),
    ...flag('converted', columns.conversions),
  ]
}
