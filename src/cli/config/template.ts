/** A commented config file for what was seen in the data. */

import type { Seen } from '../../library/init.js'
import { describeLimit, describeValue } from '../../report/check/wording.js'
import { visibleExcerpt } from '../../report/untrusted.js'
import { formatDuration } from '../../units/duration.js'
import type { FlagValue } from './configured.js'

/** @param rules what flags said about sessions, by their long names */
export function configTemplate(
  gapMicros: number,
  rules: Readonly<Record<string, FlagValue>>,
  seen: Seen | undefined,
): string {
  return `${[
    '# Defaults for every sessionize command that is run in this folder. A flag wins over its',
    '# environment variable, and that over this file. Keys are the long flags: docs/config.md.',
    '',
    'input:',
    ...inputLines(seen),
    '',
    'sessions:',
    ...sessionLines(gapMicros, rules),
    '',
    '# segments:',
    `#   by: [${segmentsOf(seen).map(scalar).join(', ')}]`,
    '',
    'checks:',
    '  fail-on: error # or warn',
    '  # baseline: baseline.json # written by: sessionize check FILE --save-baseline baseline.json',
    '  rules: # thresholds; `off` leaves a rule out; all of them: sessionize check --list',
    ...ruleLines(seen),
    '  own: # SELECTs over `events` and `sessions` that find nothing, or give a number within bounds',
    '    - id: no-negative-length',
    '      meaning: sessions of negative length',
    '      sql: SELECT * FROM sessions WHERE length_seconds < 0',
    '    # - id: enough-sessions',
    '    #   sql: SELECT count(*) FROM sessions',
    '    #   min: 1000',
    '    #   severity: warn',
    '',
  ].join('\n')}`
}

const SUGGESTED = [
  ['definition', "amplitude-web # or start from a vendor's rules"],
  ['max-length', '24h'],
  ['cut-at-midnight', 'Europe/Berlin'],
  ['passive-event', '[heartbeat] # counted, but keep no session alive'],
] as const

function sessionLines(gapMicros: number, rules: Readonly<Record<string, FlagValue>>): string[] {
  const { gap, ...others } = rules
  const perValue = Array.isArray(gap) && gap.some((one) => one.includes('='))
  // A gap that a definition brings is not said again.
  const gapLine =
    perValue || (gap === undefined && 'definition' in rules)
      ? []
      : [`  gap: ${formatDuration(gapMicros)} # inactivity that ends a session`]
  const said = Object.entries(perValue ? rules : others).map(
    ([key, value]) => `  ${key}: ${flagValue(value)}`,
  )
  const left = SUGGESTED.filter(([key]) => !(key in rules))
  return [...gapLine, ...said, ...left.map(([key, example]) => `  # ${key}: ${example}`)]
}

const flagValue = (value: FlagValue): string =>
  typeof value === 'object' ? `[${value.map(scalar).join(', ')}]` : scalar(value)

function inputLines(seen: Seen | undefined): string[] {
  if (seen === undefined) {
    return ['  # user: user_id', '  # time: event_time', '  # event: event_type']
  }
  const known = seen.preset !== 'generic'
  // What the preset knows need not be said, but may be changed here.
  const mark = known ? '# ' : ''
  const lines = seen.choices.flatMap(({ role, chosen, why, others }) => {
    if (chosen === null) return [`  # ${role}: # ${comment(why)}`]
    const more = others.length === 0 ? '' : `; others: ${others.slice(0, 5).join(', ')}`
    return [`  ${mark}${role}: ${scalar(chosen)} # ${comment(why + more)}`]
  })
  const preset = known ? [`  preset: ${scalar(seen.preset)} # detected`] : []
  return [...preset, ...lines]
}

const segmentsOf = (seen: Seen | undefined): string[] => {
  const { platform, country, version } = seen?.extras ?? {}
  const found = [platform, country, version].flatMap((name) => name ?? [])
  return found.length === 0 ? ['platform', 'country'] : found
}

/** Rules that would not pass now, for a reader to decide about. */
function ruleLines(seen: Seen | undefined): string[] {
  const problems = (seen?.checks ?? []).filter(
    ({ verdict }) => verdict === 'warn' || verdict === 'fail',
  )
  if (problems.length === 0) return ['    zero-length: {warn: 0.7, error: 0.95}']
  return problems
    .flatMap((check) => [
      `    # ${check.id}: ${comment(`${check.meaning}: ${describeValue(check)} here, should be ${describeLimit(check)}`)}`,
      `    # ${check.id}: {warn: ${threshold(check.warn)}, error: ${threshold(check.error)}}`,
    ])
    .concat('    zero-length: {warn: 0.7, error: 0.95}')
}

const threshold = (value: number | null): string => (value === null ? 'null' : String(value))

const LONGEST_COMMENT = 120

/** Names come from the data: one line, and nothing that a terminal obeys. */
const comment = (text: string): string => {
  const shown = visibleExcerpt(text, '…')
  return shown.length > LONGEST_COMMENT ? `${shown.slice(0, LONGEST_COMMENT)}…` : shown
}

/** Quoted unless it is surely a plain word in every reader of YAML. */
const scalar = (value: string | number | boolean): string =>
  typeof value !== 'string' ? String(value) : word(value)

const word = (value: string): string =>
  /^[A-Za-z_][A-Za-z0-9_.+,-]*$/.test(value) &&
  !/^(true|false|yes|no|on|off|null|y|n|nan|inf)$/i.test(value)
    ? value
    : JSON.stringify(value)
