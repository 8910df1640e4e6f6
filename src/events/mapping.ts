/**
 * Which column plays which role: given by flags, else by a vendor's preset, else by common names
 * and what the values look like. Where that is not clear, an error asks instead of guessing.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { fieldExists, fieldNames } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import { formatOfType, type TimeFormat } from './clock.js'
import { type ClockChoice, chooseClock, type MappedClock } from './clock-choice.js'
import { type CsvOptions, detectPreset, type PresetOptions, presetPaths } from './detection.js'
import { chooseDedupe, type Dedupe } from './duplicates.js'
import { openedAsAsked, openedWhereNeeded } from './envelopes.js'
import {
  availableKey,
  groupLabel,
  keyFields,
  keyNames,
  nameless,
  requireKey,
  shortList,
} from './key.js'
import { isNullLike } from './null-like.js'
import { generic, type Preset } from './presets/index.js'
import { Samples } from './samples.js'
import { isTyped, settledColumn, type TimeColumn, timeColumn } from './time-column.js'
import { noRows } from './unreadable.js'

export { requireColumn } from './key.js'

/** What a column is for. */
export type Role = 'user' | 'time' | 'event' | 'session'

/** What the user said; everything else is detected. Columns may be keys: `a+b`, `a,b`. */
export interface MappingOptions extends PresetOptions, CsvOptions {
  /** First non-empty wins. */
  readonly user?: readonly string[]
  readonly time?: string
  readonly timeFormat?: string
  readonly event?: string
  readonly session?: string
  /** Key columns, `exact`, `insert_id`, or `none`. */
  readonly dedupe?: readonly string[]
  /** The list, or the object, inside of rows whose elements are the events: `data.events`. */
  readonly unnest?: string
  /** Which of the clocks that an event carries; `event` is the vendor's own choice. */
  readonly clock?: ClockChoice
  /** Texts that stand for nothing, besides the usual ones. */
  readonly nulls?: readonly string[]
  /** Ids that stand in one row belong to one person. */
  readonly stitch?: boolean
}

export interface Mapping {
  readonly preset: string
  readonly about: string
  readonly user: readonly string[]
  /** The column; of a corrected clock, the one that is corrected. */
  readonly time: string
  /** Of the first files that have the column. */
  readonly timeFormat: TimeFormat
  readonly clock: MappedClock
  readonly event: string | null
  readonly session: string | null
  /** The recorded session id that means "in no session". */
  readonly outOfSession: string | null
  /** Rows alike in all of these are one event; empty: duplicates are kept; `exact`: in all columns. */
  readonly dedupe: readonly string[]
  /** Texts that stand for nothing in the user, the time, the session and the key. */
  readonly nulls: readonly string[]
  /** `dedupe` says `exact`. */
  readonly exact: boolean
  /** Names that users expect for dimensions, and where they are. */
  readonly dimensions: Readonly<Record<string, readonly string[]>>
  /** Names of the preset's dimensions that the files have. */
  readonly known: readonly string[]
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

/** A mapping, and the groups as it reads them: lists whose elements are events are taken apart. */
export interface Mapped {
  readonly mapping: Mapping
  readonly groups: readonly SourceGroup[]
  readonly samples: Samples
}

/** @throws SessionizeError `unknown_column` or `mapping_uncertain`. */
export async function mapColumns(
  engine: Engine,
  groups: readonly SourceGroup[],
  options: MappingOptions,
): Promise<Mapping> {
  return (await mapSources(engine, groups, options)).mapping
}

export async function mapSources(
  engine: Engine,
  described: readonly SourceGroup[],
  options: MappingOptions,
): Promise<Mapped> {
  const paths = [...presetPaths(options), ...givenPaths(options)]
  const first = await Samples.take(engine, described, paths)
  const unknownLog =
    described.every(({ log }) => log !== undefined && log.kind !== 'w3c') &&
    first.share('time') === 0
  if (first.none || unknownLog) throw await noRows(engine, described)
  const asked = options.unnest
  const detected = detectPreset(described, options, first)
  const inside = asked ?? detected.preset.unnest
  const groups =
    inside !== undefined
      ? openedAsAsked(described, inside, asked === undefined ? undefined : option('unnest'))
      : detected.preset === generic
        ? openedWhereNeeded(described, options)
        : described
  const same = groups.every((group, i) => group === described[i])
  const samples = same ? first : await Samples.take(engine, groups, paths)
  // What lies inside may be a vendor's as well.
  const { preset, doubts } =
    same || detected.preset !== generic ? detected : detectPreset(groups, options, samples)
  const numbered = await numberedColumns(engine, groups, samples, preset)
  const columns = new Columns(groups, samples, preset, options.preset !== undefined, numbered)
  return { mapping: await map(engine, columns, options, doubts), groups, samples }
}

/** What is chosen from. */
class Columns {
  constructor(
    readonly groups: readonly SourceGroup[],
    readonly samples: Samples,
    readonly preset: Preset,
    /** The preset was named by the user. */
    readonly forced: boolean,
    readonly numbered: Numbered,
  ) {}

  exists = (name: string): boolean =>
    this.groups.some((group, i) =>
      fieldExists(group, name, () => this.samples.inGroup(i, name).length > 0),
    )

  /** Of the given keys those that exist in some group, each cut to what exists of it. */
  known(keys: readonly string[]): string[] {
    return [...new Set(keys.flatMap((key) => availableKey(this.groups, key, this.exists) ?? []))]
  }

  /** Share of sampled rows in which some name of the key is filled. */
  share(key: string): number {
    return Math.max(0, ...keyNames(this.groups, key).map((name) => this.samples.share(name)))
  }

  samplesOf(key: string | null | undefined): string[] {
    const [name] = key === null || key === undefined ? [] : keyNames(this.groups, key)
    return this.samples.of(name)
  }

  /** Payloads, which are no names. */
  holdsObjects(key: string): boolean {
    const values = this.samplesOf(key)
    return values.length > 0 && values.every((value) => /^\s*[{[]/.test(value))
  }

  timesOf(key: string): string[] {
    const found = this.groups.flatMap((group, i) => this.samples.timesInGroup(i, group, key))
    return [...new Set(found)].slice(0, 5)
  }

  get why(): string {
    return `the ${this.preset.name} preset`
  }
}

async function map(
  engine: Engine,
  columns: Columns,
  options: MappingOptions,
  detectionDoubts: readonly string[],
): Promise<Mapping> {
  const { preset, groups } = columns
  const doubts = [...detectionDoubts]
  const user = chooseUser(columns, options, doubts)
  const time = await chooseTime(engine, columns, options)
  const event = chooseOptional('event', columns, preset.event, options.event)
  const session = chooseOptional('session', columns, preset.session ?? [], options.session)
  const dedupe = chooseDedupe(columns, options.dedupe)
  const clock = await chooseClock(time.column, {
    choice: options.clock,
    given: options.time !== undefined,
    preset,
    find: async (keys) => {
      for (const name of columns.known(keys)) {
        const found = await timeColumn(engine, groups, name, columns.samples)
        if (found !== undefined) return settledColumn(engine, groups, found)
      }
      return undefined
    },
  })
  doubts.push(...timeDoubts(clock.time), ...userDoubts(columns, user.columns, session.chosen))
  return {
    preset: preset.name,
    about: preset.about,
    user: user.columns,
    time: clock.time.name,
    timeFormat: mainFormat(columns, clock.time),
    clock,
    event: event.chosen,
    session: session.chosen,
    outOfSession: session.chosen === null ? null : (preset.outOfSession ?? null),
    dedupe: dedupe.columns,
    exact: dedupe.exact,
    nulls: options.nulls ?? [],
    dimensions: preset.dimensions ?? {},
    known: Object.values(preset.dimensions ?? {})
      .flat()
      .filter(columns.exists),
    choices: [
      user.choice,
      timeChoice(time.choice, clock, columns),
      event,
      session,
      dedupeChoice(dedupe),
    ],
    doubts,
  }
}

/** Nested names that flags ask for, which the columns' types may not tell of. */
const givenPaths = ({ user = [], time, event, session, dedupe = [] }: MappingOptions): string[] =>
  [...user, time, event, session, ...dedupe]
    .flatMap((key) => (key === undefined ? [] : [key, ...key.split(/[,+]/)]))
    .filter((name) => name.includes('.'))

function chooseUser(
  columns: Columns,
  { user: given, stitch = false }: MappingOptions,
  doubts: string[],
): { columns: readonly string[]; choice: Choice } {
  const { preset, groups } = columns
  const others = columns.known([...preset.user.flatMap(parts(groups)), ...generic.user])
  const choice = (chosen: readonly string[], why: string) => ({
    columns: chosen,
    choice: {
      role: 'user' as const,
      chosen: chosen.join(','),
      why,
      others: without(others, chosen),
      samples: columns.samplesOf(chosen[0]),
    },
  })
  if (given?.length === 0) throw nameless(groups, '--user')
  if (given !== undefined) {
    return choice(
      given.map((key) => requireKey(groups, key, '--user')),
      'given by --user',
    )
  }
  if (stitch) {
    const ids = columns.known(preset.identity ?? [])
    if (ids.length >= 2) return choice(ids, `ids that --stitch joins, by ${columns.why}`)
    throw new SessionizeError(
      'usage',
      `--stitch needs two or more columns of ids, and ${columns.why} knows ${ids.length === 0 ? 'none' : `only ${ids[0]}`} here.`,
      { hint: 'Name them, the best known first: --user user_id,device_id --stitch' },
    )
  }
  const candidates = [...columns.known(preset.user), ...columns.numbered.others.slice(0, 1)]
  const filled = candidates.filter((key) => columns.share(key) > 0)
  // Of a vendor's columns its preset knows which is the user's.
  const mostly = filled.filter((key) => preset !== generic || columns.share(key) >= MOSTLY)
  const chosen = mostly[0] ?? filled[0] ?? candidates[0]
  if (chosen === undefined) throw uncertain('user', columns)
  const share = columns.share(chosen)
  const fallback = filled.find((key) => key !== chosen && columns.share(key) > share)
  if (preset === generic && share < 0.9 && fallback !== undefined) {
    doubts.push(
      `\`${chosen}\` is empty in ${Math.round((1 - share) * 100)} % of the sampled rows, \`${fallback}\` in ${Math.round((1 - columns.share(fallback)) * 100)} %: --user ${chosen},${fallback} would take the first that is there.`,
    )
  }
  const why =
    preset !== generic
      ? columns.why
      : columns.numbered.others.includes(chosen)
        ? 'the first column beside the time of files without a header'
        : 'a usual name for a user id'
  if (preset === generic && columns.numbered.others.includes(chosen)) {
    doubts.push(
      `The first row holds values and no names: \`${chosen}\` is taken for the user. --user COLUMN and --time COLUMN say it.`,
    )
  }
  return choice(parts(groups)(chosen), why)
}

/** Columns of files without a header, by what they hold. */
interface Numbered {
  readonly times: readonly string[]
  readonly others: readonly string[]
}

async function numberedColumns(
  engine: Engine,
  groups: readonly SourceGroup[],
  samples: Samples,
  preset: Preset,
): Promise<Numbered> {
  const times: string[] = []
  if (preset !== generic || !groups.every(({ csv }) => csv?.header === false)) {
    return { times, others: [] }
  }
  const names = [...new Set(groups.flatMap(fieldNames))].filter((name) => /^column\d+$/.test(name))
  for (const name of names) {
    if ((await timeColumn(engine, groups, name, samples)) !== undefined) times.push(name)
  }
  return { times, others: times.length === 0 ? [] : names.filter((name) => !times.includes(name)) }
}

/** `a,b` as two keys. */
const parts =
  (groups: readonly SourceGroup[]) =>
  (key: string): string[] =>
    keyNames(groups, key).length === 1 ? [key] : key.split(',')

/** An account that hardly any event has is no user of them all. */
const MOSTLY = 0.5
/** More than this share of the sampled users says that the value is no user's. */
const NULL_LIKE_SHARE = 0.02
/** In a column of user ids hardly any equals its session's id. */
const SESSION_SHARE = 0.95

function userDoubts(
  { samples, preset }: Columns,
  user: readonly string[],
  session: string | null,
): string[] {
  const doubts: string[] = []
  for (const key of user) {
    const values = samples.of(key, Number.MAX_SAFE_INTEGER)
    const nullLike = values.filter(isNullLike)
    if (nullLike.length > NULL_LIKE_SHARE * values.length) {
      const percent = Math.round((nullLike.length / values.length) * 100)
      doubts.push(
        `\`${key}\` is "${nullLike[0]}" in ${percent} % of the sampled rows, which looks like no id at all: those rows are taken for one user. Leave them out with --where "${key} <> '${nullLike[0]}'".`,
      )
    }
    const same =
      session !== null && (key === session || samples.equalShare(key, session) > SESSION_SHARE)
    if (same || /^(.*\.)?\$?(domain_)?session_?id$/i.test(key)) {
      doubts.push(
        `\`${key}\` is taken for the user, but it looks like a session id: each session would be a user of its own.`,
      )
    }
  }
  const [first, second] = user
  if (
    preset !== generic &&
    first !== undefined &&
    second !== undefined &&
    preset.identity !== undefined
  ) {
    const share = samples.share(first)
    if (share > 0.01 && share < 0.99) {
      doubts.push(
        `\`${first}\` is filled in ${Math.round(share * 100)} % of the sampled rows, and \`${second}\` stands in for it elsewhere: a visit during which someone signs in is cut in two. --stitch joins the two ids.`,
      )
    }
  }
  return doubts
}

async function chooseTime(
  engine: Engine,
  columns: Columns,
  options: MappingOptions,
): Promise<{ column: TimeColumn; choice: Choice }> {
  const { groups, preset, samples } = columns
  const given = options.time === undefined ? undefined : requireKey(groups, options.time, '--time')
  const usual = columns.known(preset.time)
  const typed = groups
    .filter(isTyped)
    .flatMap((group) =>
      group.columns.filter(({ type }) => formatOfType(type) !== undefined).map(({ name }) => name),
    )
  const candidates =
    given === undefined ? [...new Set([...usual, ...typed, ...columns.numbered.times])] : [given]
  const find = (name: string): Promise<TimeColumn | undefined> =>
    timeColumn(engine, groups, name, samples, options.timeFormat)
  let column: TimeColumn | undefined
  for (const name of candidates) {
    const found = await find(name)
    if (found === undefined) continue
    column ??= found
    if (!found.wholeDays) {
      column = found
      break
    }
  }
  if (column !== undefined) {
    const { name } = column
    if (column.wholeDays && given === undefined)
      column = (await finerTime(columns, name, find)) ?? column
    if (column.unordered) column = await settledColumn(engine, groups, column)
    const why =
      given !== undefined
        ? 'given by --time'
        : column.name !== name
          ? `finer than the whole days of ${name}`
          : preset !== generic
            ? columns.why
            : usual.includes(name)
              ? 'a usual name for a time'
              : 'the first column that holds times'
    return {
      column,
      choice: {
        role: 'time',
        chosen: column.name,
        why: `${why}; ${column.why}`,
        others: without([...new Set([...usual, ...typed])], [column.name]),
        samples: columns.timesOf(column.name),
      },
    }
  }
  const [tried] = candidates
  if (tried === undefined) {
    const [only, ...others] = await writtenTimes(columns, find)
    if (only === undefined || others.length > 0) throw uncertain('time', columns)
    return {
      column: only.unordered ? await settledColumn(engine, groups, only) : only,
      choice: {
        role: 'time',
        chosen: only.name,
        why: `the only column that holds times; ${only.why}`,
        others: [],
        samples: columns.timesOf(only.name),
      },
    }
  }
  const shown = columns.timesOf(tried).slice(0, 3)
  throw new SessionizeError(
    'bad_times',
    shown.length === 0
      ? `Column \`${tried}\` holds no values in the first rows of ${groupLabel(groups)}, so its times cannot be read.`
      : `Cannot tell how times are written in \`${tried}\` of ${groupLabel(groups)}: ${shown.map((value) => `"${value.slice(0, 100)}"`).join(', ')}.`,
    {
      hint: `Say how with --time-format s|ms|us|ns|iso or a pattern such as '%d.%m.%Y %H:%M', or name another column with --time.`,
    },
  )
}

const TIME_OF_DAY =
  /^\s*\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s*[AaPp]\.?[Mm]\.?)?(\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?\s*$/

/** Whole days make no sessions: the time of day in another column, else a column with finer times. */
async function finerTime(
  { groups, samples, preset }: Columns,
  days: string,
  find: (name: string) => Promise<TimeColumn | undefined>,
): Promise<TimeColumn | undefined> {
  const names = [...new Set(groups.flatMap((group) => group.columns.map(({ name }) => name)))]
  const at = names.indexOf(days)
  const near = names
    .filter((name) => name !== days)
    .sort((a, b) => Math.abs(names.indexOf(a) - at) - Math.abs(names.indexOf(b) - at))
  const hours = near.filter((name) => {
    const values = samples.of(name, Number.MAX_SAFE_INTEGER)
    return values.length > 0 && values.every((value) => TIME_OF_DAY.test(value))
  })
  const [beside] = hours
  if (beside !== undefined) {
    const found = await find(`${days}+${beside}`)
    if (found !== undefined) return found
  }
  if (preset !== generic) return undefined
  const written = await writtenTimes({ groups, samples }, find)
  return written.find(({ wholeDays }) => !wholeDays)
}

/** Columns without a usual name whose values are written times; a number may be anything. */
async function writtenTimes(
  { groups, samples }: Pick<Columns, 'groups' | 'samples'>,
  find: (name: string) => Promise<TimeColumn | undefined>,
): Promise<TimeColumn[]> {
  const names = [...new Set(groups.flatMap((group) => group.columns.map(({ name }) => name)))]
  const found: TimeColumn[] = []
  for (const name of names) {
    const values = samples.of(name, Number.MAX_SAFE_INTEGER)
    if (!values.some((value) => /\d/.test(value)) || values.some(isNumber)) continue
    const column = await find(name)
    if (column !== undefined) found.push(column)
  }
  return found
}

const isNumber = (value: string): boolean => /^\s*[+-]?[\d.]+\s*$/.test(value)

function timeDoubts({ name, wholeDays }: TimeColumn): string[] {
  return wholeDays
    ? [
        `\`${name}\` holds whole days and no time of day, so that all lengths are 0 or whole days: name a finer column with --time, or a date and a time of day with --time date+time.`,
      ]
    : []
}

function timeChoice(choice: Choice, clock: MappedClock, columns: Columns): Choice {
  if (clock.choice === undefined) return choice
  const { name, why } = clock.time
  const correction =
    clock.correction === undefined
      ? ''
      : ` + (${clock.correction.server.name} - ${clock.correction.sent.name})`
  return {
    ...choice,
    chosen: `${name}${correction}`,
    why: `given by --clock ${clock.choice}; ${why}`,
    samples: columns.timesOf(name),
  }
}

function mainFormat({ groups }: Columns, time: TimeColumn): TimeFormat {
  const at = groups.findIndex((group) => keyFields(group, time.name).length > 0)
  return time.formats[Math.max(0, at)] ?? 'iso'
}

function chooseOptional(
  role: 'event' | 'session',
  columns: Columns,
  keys: readonly string[],
  given: string | undefined,
): Choice {
  const candidates = columns.known(keys)
  if (given?.trim() === '') {
    return { role, chosen: null, why: `taken away by --${role}`, others: candidates, samples: [] }
  }
  if (given !== undefined) {
    const chosen = requireKey(columns.groups, given, `--${role}`)
    return {
      role,
      chosen,
      why: `given by --${role}`,
      others: without(candidates, [chosen]),
      samples: columns.samplesOf(chosen),
    }
  }
  const chosen = candidates.find((key) => !columns.holdsObjects(key)) ?? candidates[0] ?? null
  return {
    role,
    chosen,
    why:
      chosen === null
        ? 'no column with a usual name'
        : columns.preset === generic
          ? 'a usual name'
          : columns.why,
    others: without(candidates, chosen === null ? [] : [chosen]),
    samples: columns.samplesOf(chosen),
  }
}

const dedupeChoice = ({ columns, why, others }: Dedupe): Choice => ({
  role: 'dedupe',
  chosen: columns.length === 0 ? null : columns.join(','),
  why,
  others,
  samples: [],
})

function uncertain(
  role: 'user' | 'time',
  { groups, samples, preset, forced }: Columns,
): SessionizeError {
  const names = [...new Set(groups.flatMap(fieldNames))]
  const because = forced ? ` (the ${preset.name} preset does not fit)` : ''
  const headerless = groups.some(({ csv }) => csv?.header === false)
    ? ' The first row holds values and no names, so the columns are numbered.'
    : ''
  const likely = names
    .filter((name) => LIKELY[role].test(name) && samples.of(name, 1).length > 0)
    .slice(0, 3)
  const shown = likely.map(
    (name) =>
      `\`${name}\` (${samples
        .of(name, 2)
        .map((value) => `"${value.slice(0, 40)}"`)
        .join(', ')})`,
  )
  const perhaps = shown.length === 0 ? '' : ` It may be ${shown.join(' or ')}.`
  return new SessionizeError(
    'mapping_uncertain',
    `Cannot tell which column of ${groupLabel(groups)} holds the ${role}${because}.${headerless}${perhaps} Columns: ${shortList(names)}.`,
    { hint: `Name it with --${role} ${likely[0] ?? 'COLUMN'}. See: sessionize inspect FILE` },
  )
}

/** Names that could be meant, for the one who is asked. */
const LIKELY = {
  user: /user|visitor|customer|client|person|member|account|player|device|cookie|contact|profile|subscriber|email|guest|uid|guid|addr|\bip\b|(^|[_.\s-])id$/i,
  time: /time|date|stamp|moment|when|_at$|[a-z]At$|\bts\b|day|hour/i,
} as const

const without = (names: readonly string[], taken: readonly string[]): string[] =>
  names.filter((name) => !taken.includes(name))
