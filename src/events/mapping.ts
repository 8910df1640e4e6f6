/**
 * Which column plays which role: given by flags, else by a vendor's preset, else by common names
 * and what the values look like. Where that is not clear, an error asks instead of guessing.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { fieldNames, fieldText, findField, readFields, type SourceGroup } from '../sources/scan.js'
import { identifier, join, type Sql, sql } from '../sql/sql.js'
import {
  detectFormat,
  formatName,
  formatOfType,
  parseTimeFormat,
  type TimeFormat,
} from './clock.js'
import { generic, PRESETS, type Preset } from './presets/index.js'

export type Role = 'user' | 'time' | 'event' | 'session'

/** What the user said; everything else is detected. */
export interface MappingOptions {
  readonly preset?: string
  /** First non-empty wins. */
  readonly user?: readonly string[]
  readonly time?: string
  readonly timeFormat?: string
  readonly event?: string
  readonly session?: string
  /** Key columns, or `none`. */
  readonly dedupe?: readonly string[]
}

export interface Mapping {
  readonly preset: string
  readonly user: readonly string[]
  readonly time: string
  readonly timeFormat: TimeFormat
  readonly event: string | null
  readonly session: string | null
  /** The recorded session id that means "in no session". */
  readonly outOfSession: string | null
  /** Rows alike in all of these are one event; empty: duplicates are kept. */
  readonly dedupe: readonly string[]
  readonly choices: readonly Choice[]
  readonly doubts: readonly string[]
}

/** Why a role got its column, and what else could have had it. */
export interface Choice {
  readonly role: Role | 'dedupe'
  readonly chosen: string | null
  readonly why: string
  readonly others: readonly string[]
  readonly samples: readonly string[]
}

const SAMPLE_ROWS = 1_000

/** @throws SessionizeError `unknown_column` or `mapping_uncertain`. */
export async function mapColumns(
  engine: Engine,
  groups: readonly SourceGroup[],
  options: MappingOptions,
): Promise<Mapping> {
  const preset = choosePreset(groups, options.preset)
  const samples = await Samples.take(engine, groups)
  const doubts: string[] = []
  const forced = options.preset !== undefined

  const user = chooseUser(groups, preset, options, samples, doubts, forced)
  const time = chooseTime(groups, preset, options, samples, forced)
  const event = chooseOptional('event', groups, preset.event, options.event, samples, preset)
  const session = chooseOptional(
    'session',
    groups,
    preset.session ?? [],
    options.session,
    samples,
    preset,
  )
  const dedupe = chooseDedupe(groups, preset, options.dedupe)

  if (session.chosen !== null && user.columns.includes(session.chosen)) {
    doubts.push(
      `\`${session.chosen}\` is taken for the user, but it looks like a session id: each session would be a user of its own.`,
    )
  }
  return {
    preset: preset.name,
    user: user.columns,
    time: time.column,
    timeFormat: time.format,
    event: event.chosen,
    session: session.chosen,
    outOfSession: session.chosen === null ? null : (preset.outOfSession ?? null),
    dedupe: dedupe.columns,
    choices: [user.choice, time.choice, event, session, dedupe.choice],
    doubts,
  }
}

function choosePreset(groups: readonly SourceGroup[], wanted: string | undefined): Preset {
  if (wanted !== undefined) {
    const preset = PRESETS.find(({ name }) => name === wanted.replaceAll('-', '_'))
    if (preset !== undefined) return preset
    const names = PRESETS.map(({ name }) => name)
    throw new SessionizeError('usage', `No preset \`${wanted}\`.${didYouMean(wanted, names)}`, {
      hint: `Presets: ${names.join(', ')}.`,
    })
  }
  return (
    PRESETS.find(
      ({ detect }) =>
        detect.length > 0 &&
        groups.every((group) => detect.every((name) => findField(group, name) !== undefined)),
    ) ?? generic
  )
}

interface UserChoice {
  readonly columns: readonly string[]
  readonly choice: Choice
}

function chooseUser(
  groups: readonly SourceGroup[],
  preset: Preset,
  options: MappingOptions,
  samples: Samples,
  doubts: string[],
  forced: boolean,
): UserChoice {
  const others = known(groups, [...preset.user, ...generic.user])
  if (options.user !== undefined) {
    const columns = options.user.map((name) => requireColumn(groups, name, '--user'))
    return {
      columns,
      choice: {
        role: 'user',
        chosen: columns.join(','),
        why: 'given by --user',
        others: without(others, columns),
        samples: samples.of(columns[0]),
      },
    }
  }
  const candidates = known(groups, preset.user)
  const filled = candidates.filter((name) => samples.share(name) > 0)
  const chosen = filled[0] ?? candidates[0]
  if (chosen === undefined) throw uncertain('user', groups, forced ? preset.name : undefined)
  const share = samples.share(chosen)
  const fallback = filled.find((name) => name !== chosen && samples.share(name) > share)
  if (preset === generic && share < 0.9 && fallback !== undefined) {
    doubts.push(
      `\`${chosen}\` is empty in ${Math.round((1 - share) * 100)} % of the sampled rows, \`${fallback}\` in ${Math.round((1 - samples.share(fallback)) * 100)} %: --user ${chosen},${fallback} would take the first that is there.`,
    )
  }
  return {
    columns: [chosen],
    choice: {
      role: 'user',
      chosen,
      why: preset === generic ? 'a usual name for a user id' : `the ${preset.name} preset`,
      others: without(others, [chosen]),
      samples: samples.of(chosen),
    },
  }
}

function chooseTime(
  groups: readonly SourceGroup[],
  preset: Preset,
  options: MappingOptions,
  samples: Samples,
  forced: boolean,
): { column: string; format: TimeFormat; choice: Choice } {
  const given =
    options.time === undefined ? undefined : requireColumn(groups, options.time, '--time')
  const usual = known(groups, preset.time)
  const typed = groups.flatMap(({ columns }) =>
    columns.filter(({ type }) => formatOfType(type) !== undefined).map(({ name }) => name),
  )
  const candidates = given === undefined ? [...new Set([...usual, ...typed])] : [given]
  for (const column of candidates) {
    const format = timeFormat(groups, column, options.timeFormat, samples)
    if (format === undefined) continue
    const why =
      given !== undefined
        ? 'given by --time'
        : preset !== generic
          ? `the ${preset.name} preset`
          : usual.includes(column)
            ? 'a usual name for a time'
            : 'the first column that holds times'
    return {
      column,
      format: format.format,
      choice: {
        role: 'time',
        chosen: column,
        why: `${why}; ${format.why}`,
        others: without([...new Set([...usual, ...typed])], [column]),
        samples: samples.of(column),
      },
    }
  }
  if (given !== undefined || candidates.length > 0) {
    const column = given ?? candidates[0] ?? ''
    const shown = samples.of(column).slice(0, 3)
    throw new SessionizeError(
      'bad_times',
      shown.length === 0
        ? `Column \`${column}\` holds no values in the first rows of ${groupLabel(groups)}, so its times cannot be read.`
        : `Cannot tell how times are written in \`${column}\` of ${groupLabel(groups)}: ${shown.map((value) => `"${value}"`).join(', ')}.`,
      {
        hint: `Say how with --time-format s|ms|us|ns|iso or a pattern such as '%d.%m.%Y %H:%M', or name another column with --time.`,
      },
    )
  }
  throw uncertain('time', groups, forced ? preset.name : undefined)
}

function timeFormat(
  groups: readonly SourceGroup[],
  column: string,
  given: string | undefined,
  samples: Samples,
): { format: TimeFormat; why: string } | undefined {
  if (given !== undefined)
    return { format: parseTimeFormat(given), why: 'format given by --time-format' }
  const types = groups.flatMap((group) => {
    const field = findField(group, column)
    return field === undefined
      ? []
      : [group.format === 'parquet' && field.path.length === 0 ? field.column.type : 'VARCHAR']
  })
  const native = types.map(formatOfType)
  const [first] = native
  if (first !== undefined && native.every((format) => format === first)) {
    return { format: first, why: `a ${types[0]} column` }
  }
  const values = samples.of(column, SAMPLE_ROWS)
  const detected = detectFormat(values)
  if (detected === undefined || detected.share < 0.5) return undefined
  return {
    format: detected.format,
    why: `${Math.round(detected.share * 100)} % of sampled values read as ${formatName(detected.format)}`,
  }
}

function chooseOptional(
  role: 'event' | 'session',
  groups: readonly SourceGroup[],
  names: readonly string[],
  given: string | undefined,
  samples: Samples,
  preset: Preset,
): Choice {
  const candidates = known(groups, names)
  if (given !== undefined) {
    const chosen = requireColumn(groups, given, `--${role}`)
    return {
      role,
      chosen,
      why: `given by --${role}`,
      others: without(candidates, [chosen]),
      samples: samples.of(chosen),
    }
  }
  const chosen = candidates[0] ?? null
  return {
    role,
    chosen,
    why:
      chosen === null
        ? 'no column with a usual name'
        : preset === generic
          ? 'a usual name'
          : `the ${preset.name} preset`,
    others: candidates.slice(1),
    samples: samples.of(chosen ?? undefined),
  }
}

const KEY_NAMES = ['uuid', 'insert_id', '$insert_id', 'message_id', 'messageId', 'event_id']

function chooseDedupe(
  groups: readonly SourceGroup[],
  preset: Preset,
  given: readonly string[] | undefined,
): { columns: readonly string[]; choice: Choice } {
  const others = known(groups, KEY_NAMES)
  const choice = (
    columns: readonly string[],
    why: string,
  ): { columns: readonly string[]; choice: Choice } => ({
    columns,
    choice: {
      role: 'dedupe',
      chosen: columns.length === 0 ? null : columns.join(','),
      why,
      others: without(others, columns),
      samples: [],
    },
  })
  if (given !== undefined) {
    if (given.length === 1 && given[0] === 'none') return choice([], 'given by --dedupe')
    return choice(
      given.map((name) => requireColumn(groups, name, '--dedupe')),
      'given by --dedupe',
    )
  }
  const key = preset.dedupe?.find((names) =>
    names.every((name) => known(groups, [name]).length > 0),
  )
  if (key !== undefined) return choice(key, `the ${preset.name} preset`)
  return choice(
    [],
    others.length === 0
      ? 'no usual key column'
      : `duplicates are kept; ${others[0]} could be a key`,
  )
}

/** The given names that exist in some group, in order. */
function known(groups: readonly SourceGroup[], names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => groups.some((group) => exists(group, name)))
}

/** A dotted name counts only where the nested key was seen. */
function exists(group: SourceGroup, name: string): boolean {
  const field = findField(group, name)
  return field !== undefined && (field.path.length === 0 || fieldNames(group).includes(name))
}

/** @throws SessionizeError `unknown_column` when no group has it. */
export function requireColumn(groups: readonly SourceGroup[], name: string, flag: string): string {
  for (const group of groups) {
    const field = findField(group, name)
    if (field !== undefined) return field.path.length === 0 ? field.column.name : name
  }
  const names = [...new Set(groups.flatMap(fieldNames))]
  throw new SessionizeError(
    'unknown_column',
    `No column \`${name}\` in ${groupLabel(groups)}.${didYouMean(name, names)}`,
    {
      hint: `${flag} takes one of: ${names.slice(0, 30).join(', ')}${names.length > 30 ? ', ...' : ''}.`,
    },
  )
}

function uncertain(
  role: 'user' | 'time',
  groups: readonly SourceGroup[],
  preset?: string,
): SessionizeError {
  const names = [...new Set(groups.flatMap(fieldNames))]
  const because = preset === undefined ? '' : ` (the ${preset} preset does not fit)`
  return new SessionizeError(
    'mapping_uncertain',
    `Cannot tell which column of ${groupLabel(groups)} holds the ${role}${because}. Columns: ${names.slice(0, 30).join(', ')}${names.length > 30 ? ', ...' : ''}.`,
    { hint: `Name it with --${role} COLUMN. See: sessionize inspect FILE` },
  )
}

const groupLabel = (groups: readonly SourceGroup[]): string => {
  const files = groups.flatMap((group) => group.files)
  const [first] = files
  return files.length === 1
    ? (first?.label ?? '')
    : `${first?.label ?? ''} and ${files.length - 1} other files`
}

const without = (names: readonly string[], taken: readonly string[]): string[] =>
  names.filter((name) => !taken.includes(name))

/** Values of the first rows of each group, as text, by column. */
class Samples {
  private constructor(private readonly values: ReadonlyMap<string, readonly (string | null)[]>) {}

  static async take(engine: Engine, groups: readonly SourceGroup[]): Promise<Samples> {
    const values = new Map<string, (string | null)[]>()
    for (const group of groups) {
      // The same order whatever the flags: names only, values are few.
      const names = [...new Set(fieldNames(group))].filter((name) => name.split('.').length <= 2)
      const fields = names.flatMap((name) => {
        const field = findField(group, name)
        return field === undefined ? [] : [{ name, field }]
      })
      if (fields.length === 0) continue
      const columns: Sql[] = fields.map(
        ({ field }, i) => sql`${fieldText(group, field)} AS ${identifier(`c${i}`)}`,
      )
      const rows = await engine.rows<Record<string, string | null>>(
        sql`SELECT ${join(columns)} FROM ${readFields(
          group,
          fields.map(({ field }) => field),
        )} LIMIT ${SAMPLE_ROWS}`,
      )
      fields.forEach(({ name }, i) => {
        const list = values.get(name) ?? []
        for (const row of rows) list.push(row[`c${i}`] ?? null)
        values.set(name, list)
      })
    }
    return new Samples(values)
  }

  /** Non-empty values of a column, distinct unless more are asked for. */
  of(name: string | undefined, limit = 5): string[] {
    const filled = (this.values.get(name ?? '') ?? []).filter(isFilled)
    return limit > 5 ? filled.slice(0, limit) : [...new Set(filled)].slice(0, limit)
  }

  /** Share of sampled rows in which the column is not empty. */
  share(name: string): number {
    const all = this.values.get(name) ?? []
    return all.length === 0 ? 0 : all.filter(isFilled).length / all.length
  }
}

const isFilled = (value: string | null): value is string => value !== null && value.trim() !== ''
