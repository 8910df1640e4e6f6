/**
 * Which rows are events and what is read of them: options and a mapping to a plan that says it in
 * terms of the columns there are.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import type { SourceGroup } from '../sources/group.js'
import { sql, text } from '../sql/sql.js'
import { epochMicros } from './clock.js'
import { parseCondition } from './condition.js'
import { availableKey } from './key.js'
import { type Mapped, type Mapping, requireColumn } from './mapping.js'
import { passthroughColumns } from './passthrough.js'
import type { Dimension, RowPlan } from './rows.js'
import { assertTimeZone } from './time-column.js'

/** Which rows are events, which properties are read of them, and what stays with them. */
export interface RowOptions {
  /** Names of presets' dimensions, columns or paths, for `by` and properties. */
  readonly dimensions?: readonly string[]
  /** The flags that named them, for messages. */
  readonly namedBy?: ReadonlyMap<string, string>
  /** Names of presets' dimensions that are taken where the files have them. */
  readonly optionalDimensions?: readonly string[]
  /** SQL on the columns of one event. */
  readonly where?: string
  /** Inclusive, as ISO 8601. */
  readonly from?: string
  /** Exclusive, as ISO 8601. */
  readonly to?: string
  /** For times without a zone. */
  readonly timeZone?: string
  /** Event names left out of everything, as patterns with `*`; counted as ignored. */
  readonly ignore?: readonly string[]
  /** Rows without a recorded session id are out of session. */
  readonly recordedOnly?: boolean
  /** Columns of the files that stay with their events; they then have an `id` too. */
  readonly passThrough?: readonly string[] | 'all'
}

/**
 * @param options with `stitch`, the plan also reads each user key of its own
 * @throws SessionizeError `unknown_column`, `usage`
 */
export async function planRows(
  engine: Engine,
  { mapping, groups, samples }: Mapped,
  options: RowOptions & { readonly stitch?: boolean },
): Promise<RowPlan> {
  const timeZone = options.timeZone ?? 'UTC'
  await assertTimeZone(engine, timeZone, option('timezone'))
  const plan: RowPlan = {
    mapping,
    timeZone,
    dimensions: dimensionNames({ mapping, groups }, options).map((name, i) =>
      dimension(groups, mapping, name, i, options.namedBy?.get(name)),
    ),
    condition:
      options.where === undefined
        ? undefined
        : await parseCondition(engine, options.where, groups, rolesOf(mapping), samples),
    fromMicros: await instant(engine, options.from, option('from'), timeZone),
    toMicros: await instant(engine, options.to, option('to'), timeZone),
    ignore: options.ignore ?? [],
    recordedOnly: options.recordedOnly ?? false,
    ids: options.stitch === true,
    passthrough:
      options.passThrough === undefined ? [] : passthroughColumns(groups, options.passThrough),
  }
  if (
    plan.fromMicros !== undefined &&
    plan.toMicros !== undefined &&
    plan.fromMicros >= plan.toMicros
  ) {
    throw new SessionizeError(
      'usage',
      `${option('from')} ${options.from} is not before ${option('to')} ${options.to}.`,
      {
        hint: `Events at ${option('from')} are read, those at ${option('to')} are not.`,
      },
    )
  }
  return plan
}

/** Names that a condition may use besides the files' own. */
const rolesOf = ({ user, time, event, session }: Mapping) => ({
  user: user.join(','),
  time,
  event,
  session,
})

function dimensionNames(
  { mapping, groups }: Omit<Mapped, 'samples'>,
  options: RowOptions,
): string[] {
  const present = (options.optionalDimensions ?? []).filter(
    (name) => vendorKeys(groups, mapping, name).length > 0,
  )
  return [...new Set([...(options.dimensions ?? []), ...present])]
}

/** A preset's dimension stands for the columns of that vendor. */
function vendorKeys(groups: readonly SourceGroup[], mapping: Mapping, name: string): string[] {
  const exists = (candidate: string): boolean => mapping.known.includes(candidate)
  const aliases = Object.hasOwn(mapping.dimensions, name) ? (mapping.dimensions[name] ?? []) : []
  return aliases.flatMap((alias) => availableKey(groups, alias, exists) ?? [])
}

function dimension(
  groups: readonly SourceGroup[],
  mapping: Mapping,
  name: string,
  position: number,
  flag: string | undefined,
): Dimension {
  const column = `d${position}`
  const found = vendorKeys(groups, mapping, name)
  return { name, sources: found.length > 0 ? found : [requireColumn(groups, name, flag)], column }
}

/** A time without a zone is meant in that of the data. */
async function instant(
  engine: Engine,
  value: string | undefined,
  flag: string,
  zone: string,
): Promise<bigint | undefined> {
  if (value === undefined) return undefined
  await engine.setTimeZone(zone)
  const { micros } = await engine.row<{ micros: bigint | null }>(
    sql`SELECT ${epochMicros(text(value), 'iso', zone)} AS micros`,
  )
  await engine.setTimeZone('UTC')
  if (micros === null) {
    throw new SessionizeError('usage', `${flag} ${value} is not a time.`, {
      hint: `Write it as ${flag} 2024-01-31 or ${flag} "2024-01-31T18:00:00Z".`,
    })
  }
  return micros
}
