/** The config file: defaults for flags, thresholds and rules for checks, and presets. */
import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import type { OwnRule } from '../../checks/own-rule.js'
import type { SqlRule } from '../../checks/rule.js'
import type { RuleSetting } from '../../checks/run.js'
import { SessionizeError } from '../../errors/errors.js'
import { didYouMean } from '../../errors/suggest.js'
import { parsePreset } from '../../events/presets/parse.js'
import type { Preset } from '../../events/presets/preset.js'
import { parseDuration } from '../../units/duration.js'
import type { Configured, FlagValue } from './configured.js'
import { ConfigDocument, type Path } from './document.js'
import {
  CONFIG,
  type ConfigContent,
  type OwnRuleContent,
  SECTIONS,
  type SettingContent,
} from './schema.js'

export interface Config extends Configured {
  readonly checks: {
    readonly select?: readonly string[]
    readonly exclude?: readonly string[]
    readonly failOn?: 'warn' | 'error'
    readonly baseline?: string
    readonly settings: Readonly<Record<string, RuleSetting>>
    readonly own: readonly OwnRule[]
  }
  readonly presets: readonly Preset[]
  /** `sessionize.config.yaml:3:5` of a flag's value. */
  place(flag: string): string
}

/** What must be known of a rule to check what is said of it. */
export type KnownRule = Pick<SqlRule, 'id' | 'tolerance'>

/** @throws SessionizeError `usage` with line and column. */
export function readConfig(path: string, rules: readonly KnownRule[]): Config {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new SessionizeError('usage', `Cannot read the config file ${path}.`, {
      hint: 'Write one with: sessionize init FILE',
      cause: error,
    })
  }
  return parseConfig(text, path, rules)
}

/** The keys of each section, for the documentation. */
export const CONFIG_SECTIONS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(SECTIONS).map(([section, keys]) => [section, Object.keys(keys)]),
)

/** Every flag that a config file can set. */
export const CONFIGURABLE_FLAGS: readonly string[] = Object.values(SECTIONS).flatMap((section) =>
  Object.keys(section),
)

export function parseConfig(text: string, file: string, rules: readonly KnownRule[]): Config {
  const ruleIds = rules.map(({ id }) => id)
  const document = ConfigDocument.parse(text, file)
  const { value } = document
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw document.problem([], NOT_KEYS, SECTIONS_HINT)
  }
  const result = v.safeParse(CONFIG, value)
  if (!result.success) throw explained(document, result.issues[0])
  const content = result.output
  const own = ownRules(document, content.checks?.own ?? [], ruleIds)
  const known = [...ruleIds, ...own.map(({ id }) => id)]
  const checks = content.checks ?? {}
  return {
    file,
    flags: flagsOf(content),
    checks: {
      ...selection(document, 'select', checks.select, known),
      ...selection(document, 'exclude', checks.exclude, known),
      ...(checks['fail-on'] === undefined ? {} : { failOn: checks['fail-on'] }),
      ...(checks.baseline === undefined ? {} : { baseline: checks.baseline }),
      settings: settings(document, checks.rules ?? {}, rules),
      own,
    },
    presets: (content.presets ?? []).map((preset, i) => presetAt(document, preset, i)),
    place: (flag) => document.place(pathOf(flag)),
  }
}

const pathOf = (flag: string): Path => {
  const section = Object.entries(SECTIONS).find(([, keys]) => flag in keys)
  return section === undefined ? [] : [section[0], flag]
}

function flagsOf(content: ConfigContent): Map<string, FlagValue> {
  const flags = new Map<string, FlagValue>()
  for (const section of [content.input, content.sessions, content.segments, content.resources]) {
    for (const [flag, value] of Object.entries(section ?? {})) {
      if (value !== undefined) flags.set(flag, value)
    }
  }
  return flags
}

const listed = (value: string | string[]): string[] => (typeof value === 'string' ? [value] : value)

function selection<Key extends 'select' | 'exclude'>(
  document: ConfigDocument,
  key: Key,
  value: string | string[] | undefined,
  known: readonly string[],
): { readonly [K in Key]?: readonly string[] } {
  const found: { [K in Key]?: readonly string[] } = {}
  if (value === undefined) return found
  const ids = listed(value)
  for (const [i, id] of ids.entries()) {
    const path = typeof value === 'string' ? ['checks', key] : ['checks', key, i]
    if (!known.includes(id)) throw unknownRule(document, path, id, known)
  }
  found[key] = ids
  return found
}

function settings(
  document: ConfigDocument,
  content: Readonly<Record<string, SettingContent>>,
  rules: readonly KnownRule[],
): Record<string, RuleSetting> {
  const found: Record<string, RuleSetting> = {}
  for (const [id, value] of Object.entries(content)) {
    const path: Path = ['checks', 'rules', id]
    const rule = rules.find((known) => known.id === id)
    if (rule === undefined) {
      const ids = rules.map((known) => known.id)
      throw unknownRule(document, path, id, ids)
    }
    found[id] =
      value === 'off' || value === false
        ? 'off'
        : {
            ...(value.warn === undefined ? {} : { warn: value.warn }),
            ...(value.error === undefined ? {} : { error: value.error }),
            ...(value.tolerance === undefined
              ? {}
              : {
                  tolerance: toleranceOf(document, [...path, 'tolerance'], rule, value.tolerance),
                }),
          }
  }
  return found
}

/** In microseconds where it is a length of time. */
function toleranceOf(
  document: ConfigDocument,
  path: Path,
  { id, tolerance }: KnownRule,
  value: string | number,
): number {
  if (tolerance === undefined) {
    throw document.problem(path, `\`${id}\` has no tolerance.`, 'Set its warn or error instead.')
  }
  if (tolerance.unit === 'number') {
    if (typeof value === 'number' && Number.isInteger(value)) return value
    throw document.problem(path, '`tolerance` must be a whole number here.')
  }
  if (typeof value === 'string') {
    try {
      return parseDuration(value, 'tolerance')
    } catch (error) {
      if (!(error instanceof SessionizeError)) throw error
      throw document.problem(path, error.message, error.hint)
    }
  }
  throw document.problem(path, '`tolerance` must be a length of time here, such as 10m.')
}

const unknownRule = (
  document: ConfigDocument,
  path: Path,
  id: string,
  known: readonly string[],
): SessionizeError =>
  document.problem(
    path,
    `no rule \`${id}\`.${didYouMean(id, known)}`,
    'See them all: sessionize check --list',
  )

function ownRules(
  document: ConfigDocument,
  rules: readonly OwnRuleContent[],
  ruleIds: readonly string[],
): OwnRule[] {
  const taken = new Set(ruleIds)
  return rules.map(({ id, meaning, sql, min, max, severity }, i) => {
    const path: Path = ['checks', 'own', i, 'id']
    if (taken.has(id)) throw document.problem(path, `there is already a rule \`${id}\`.`)
    taken.add(id)
    if (min !== undefined && max !== undefined && min > max) {
      throw document.problem(['checks', 'own', i, 'min'], `min ${min} is more than max ${max}.`)
    }
    return {
      id,
      meaning: meaning ?? id.replaceAll('-', ' '),
      sql,
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      severity: severity ?? 'error',
      place: document.place(path),
    }
  })
}

function presetAt(document: ConfigDocument, preset: unknown, position: number): Preset {
  try {
    return parsePreset(preset)
  } catch (error) {
    if (!(error instanceof SessionizeError)) throw error
    throw document.problem(['presets', position], error.message, error.hint)
  }
}

type Issue = v.BaseIssue<unknown>

/** Of alternatives that all failed, what went wrong deepest inside says most. */
function innermost(issue: Issue): { readonly issue: Issue; readonly path: Path } {
  const path = keysOf(issue)
  const [deep] = (issue.issues ?? [])
    .map(innermost)
    .filter((inner) => inner.path.length > 0)
    .sort((a, b) => b.path.length - a.path.length)
  return deep === undefined ? { issue, path } : { issue: deep.issue, path: [...path, ...deep.path] }
}

const keysOf = ({ path }: Issue): Path =>
  (path ?? []).flatMap(({ key }): (string | number)[] =>
    typeof key === 'string' || typeof key === 'number' ? [key] : [],
  )

/** The path of what is wrong, then what is wrong with it. */
function explained(document: ConfigDocument, outer: Issue): SessionizeError {
  const { issue, path } = innermost(outer)
  const name = path.join('.')
  if (path.length === 0) return document.problem([], NOT_KEYS, SECTIONS_HINT)
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const key = String(path.at(-1))
    const known = keysAt(path.slice(0, -1))
    const parent = path.length > 1 ? ` in \`${path.slice(0, -1).join('.')}\`` : ''
    return document.problem(
      path,
      `no key \`${key}\`${parent}.${didYouMean(key, known)}`,
      `Keys: ${known.join(', ')}.`,
    )
  }
  if (issue.received === 'undefined') {
    return document.problem(path.slice(0, -1), `\`${name}\` is missing.`)
  }
  const message =
    issue.expected === 'Object'
      ? 'must hold keys and values'
      : issue.message.startsWith('Invalid')
        ? `must be ${issue.expected ?? 'something else'}, not ${issue.received}`
        : issue.message
  return document.problem(path, `\`${name}\` ${message}.`)
}

const NOT_KEYS = 'a config file holds keys and values.'
const SECTIONS_HINT = 'Keys: input, sessions, segments, resources, checks, presets.'

/** The keys that an object at a path may have. */
function keysAt(path: Path): string[] {
  const [section, inner] = path
  if (section === undefined) return [...Object.keys(SECTIONS), 'checks', 'presets']
  if (section === 'checks') {
    if (inner === undefined) return ['select', 'exclude', 'fail-on', 'baseline', 'rules', 'own']
    return inner === 'rules'
      ? ['warn', 'error', 'tolerance']
      : ['id', 'meaning', 'sql', 'min', 'max', 'severity']
  }
  const keys = Object.entries(SECTIONS).find(([name]) => name === section)
  return keys === undefined ? [] : Object.keys(keys[1])
}
