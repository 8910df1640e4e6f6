/** Reads a preset that a user wrote, and says what is wrong with it. */
import { SessionizeError } from '../../errors/errors.js'
import { didYouMean } from '../../errors/suggest.js'
import type { Clocks, Preset } from './preset.js'

const KEYS: readonly (keyof Preset)[] = [
  'name',
  'about',
  'detect',
  'user',
  'time',
  'timeZone',
  'event',
  'session',
  'outOfSession',
  'dedupe',
  'insertId',
  'dimensions',
  'identity',
  'clocks',
  'unnest',
  'layout',
]
const CLOCK_KEYS: readonly (keyof Clocks)[] = ['client', 'server', 'sent', 'toleranceSeconds']

/**
 * Only `name`, `user` and `time` are required; a single name may stand for a list of one.
 *
 * @throws SessionizeError `usage` that names the field.
 */
export function parsePreset(value: unknown): Preset {
  if (!isRecord(value)) throw wrong('A preset', 'is not an object')
  const name = value['name']
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_]*$/.test(name)) {
    throw wrong('A preset', 'needs a `name` of small letters, digits and underscores')
  }
  const where = `Preset \`${name}\``
  onlyKeys(value, KEYS, where)
  const of = <T>(key: string, read: (value: unknown, where: string) => T): T | undefined =>
    value[key] === undefined ? undefined : read(value[key], `${where}: \`${key}\``)
  const needed = <T>(key: string, read: (value: unknown, where: string) => T): T => {
    const found = of(key, read)
    if (found === undefined) throw wrong(where, `needs \`${key}\``)
    return found
  }
  const preset: Preset = {
    name,
    about: of('about', string) ?? '',
    detect: of('detect', nameSets) ?? [],
    user: needed('user', names),
    time: needed('time', names),
    timeZone: of('timeZone', string) ?? '',
    event: of('event', names) ?? [],
    ...optional('session', of('session', names)),
    ...optional('outOfSession', of('outOfSession', string)),
    ...optional('dedupe', of('dedupe', nameSets)),
    ...optional('insertId', of('insertId', nameSets)),
    ...optional('dimensions', of('dimensions', dimensions)),
    ...optional('identity', of('identity', names)),
    ...optional('clocks', of('clocks', clocks)),
    ...optional('unnest', of('unnest', string)),
    ...optional('layout', of('layout', layout)),
  }
  return preset
}

const optional = <K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } => {
  const entry: { [P in K]?: T } = {}
  if (value !== undefined) entry[key] = value
  return entry
}

function string(value: unknown, where: string): string {
  if (typeof value !== 'string') throw wrong(where, 'must be a text')
  return value
}

function names(value: unknown, where: string): string[] {
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list) || list.length === 0) {
    throw wrong(where, 'must be a column or a list of columns')
  }
  return list.map((name) => {
    if (typeof name !== 'string' || name.trim() === '') {
      throw wrong(where, `must hold names of columns, and has ${JSON.stringify(name)}`)
    }
    return name
  })
}

/** `["a", "b"]` is one set; `[["a"], ["b", "c"]]` are two. */
function nameSets(value: unknown, where: string): string[][] {
  if (Array.isArray(value) && value.length === 0) return []
  if (Array.isArray(value) && value.some(Array.isArray)) {
    return value.map((set) => names(set, where))
  }
  return [names(value, where)]
}

function dimensions(value: unknown, where: string): Record<string, string[]> {
  if (!isRecord(value)) throw wrong(where, 'must be an object: {"platform": ["os_name"]}')
  return Object.fromEntries(
    Object.entries(value).map(([name, columns]) => [name, names(columns, `${where}.${name}`)]),
  )
}

function clocks(value: unknown, where: string): Clocks {
  if (!isRecord(value)) throw wrong(where, 'must be an object: {"client": ["sent_time"]}')
  onlyKeys(value, CLOCK_KEYS, where)
  const of = (key: 'client' | 'server' | 'sent') =>
    optional(key, value[key] === undefined ? undefined : names(value[key], `${where}.${key}`))
  const tolerance = value['toleranceSeconds']
  if (tolerance !== undefined && (typeof tolerance !== 'number' || !(tolerance >= 0))) {
    throw wrong(`${where}.toleranceSeconds`, 'must be a number of seconds')
  }
  return {
    ...of('client'),
    ...of('server'),
    ...of('sent'),
    ...(tolerance === undefined ? {} : { toleranceSeconds: tolerance }),
  }
}

function layout(value: unknown, where: string): NonNullable<Preset['layout']> {
  if (!isRecord(value)) throw wrong(where, 'must be an object with `columns`')
  onlyKeys(value, ['columns', 'recognise'], where)
  const columns = names(value['columns'], `${where}.columns`)
  const patterns = value['recognise'] ?? {}
  if (!isRecord(patterns)) throw wrong(`${where}.recognise`, 'must be an object of patterns')
  const recognise = Object.fromEntries(
    Object.entries(patterns).map(([name, pattern]) => {
      if (!columns.includes(name)) {
        throw wrong(`${where}.recognise`, `names \`${name}\`, which is not among the columns`)
      }
      return [name, expression(pattern, `${where}.recognise.${name}`)]
    }),
  )
  return { columns, recognise }
}

function expression(value: unknown, where: string): string {
  const pattern = string(value, where)
  try {
    new RegExp(pattern)
  } catch (error) {
    throw wrong(where, `is not a regular expression: ${pattern}`, error)
  }
  return pattern
}

function onlyKeys(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  where: string,
): void {
  const odd = Object.keys(value).find((key) => !known.includes(key))
  if (odd !== undefined) {
    throw wrong(where, `has \`${odd}\`, which no preset has`, undefined, didYouMean(odd, known))
  }
}

const wrong = (where: string, what: string, cause?: unknown, near = ''): SessionizeError =>
  new SessionizeError('usage', `${where} ${what}.${near}`, {
    hint: 'See docs/presets.md for what a preset holds.',
    ...(cause === undefined ? {} : { cause }),
  })

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
