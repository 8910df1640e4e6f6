/** Columns that hold times: how each spells them, in each group of files. */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import { sql, text } from '../sql/sql.js'
import {
  detectFormat,
  formatName,
  formatOfType,
  parseTimeFormat,
  type TimeFormat,
} from './clock.js'
import { SAMPLE_ROWS, type Samples } from './samples.js'

export interface TimeColumn {
  readonly name: string
  /** By position of the group; where a group does not have the column, as in the others. */
  readonly formats: readonly TimeFormat[]
  /** The format was found from samples, so that a value in plain ISO 8601 is read as well. */
  readonly detected: boolean
  readonly why: string
  readonly doubts: readonly string[]
}

/** Undefined when no format fits what is in the column. */
export function timeColumn(
  groups: readonly SourceGroup[],
  name: string,
  samples: Samples,
  given?: string,
): TimeColumn | undefined {
  if (given !== undefined) {
    const format = parseTimeFormat(given)
    return {
      name,
      formats: groups.map(() => format),
      detected: false,
      why: 'format given by --time-format',
      doubts: [],
    }
  }
  const found = groups.map((group, i) => formatInGroup(group, i, name, samples))
  const main = found.find((format) => format !== undefined)
  if (main === undefined) return undefined
  return {
    name,
    formats: found.map((format) => (format ?? main).format),
    detected: found.some((format) => format?.typed === false),
    why: main.why,
    doubts: found.flatMap((format) => format?.doubt ?? []),
  }
}

interface GroupFormat {
  readonly format: TimeFormat
  readonly typed: boolean
  readonly why: string
  readonly doubt?: string
}

function formatInGroup(
  group: SourceGroup,
  position: number,
  name: string,
  samples: Samples,
): GroupFormat | undefined {
  const field = findField(group, name)
  if (field === undefined) return undefined
  const { type } = field.column
  const native = isTyped(group) && field.path.length === 0 ? formatOfType(type) : undefined
  if (native !== undefined) return { format: native, typed: true, why: `a ${type} column` }
  const values = samples.inGroup(position, name).slice(0, SAMPLE_ROWS)
  const detected = detectFormat(values)
  if (detected === undefined || detected.share < 0.5) return undefined
  const percent = Math.round(detected.share * 100)
  return {
    format: detected.format,
    typed: false,
    why: `${percent} % of sampled values read as ${formatName(detected.format)}`,
    ...(detected.others === 0
      ? {}
      : {
          doubt: `\`${name}\` spells times in more than one way: ${percent} % of the sampled values read as ${formatName(detected.format)}. Of the others those in ISO 8601 are read too, the rest is rejected and counted.`,
        }),
  }
}

/** Formats whose columns the engine reads as what they are. */
export const isTyped = ({ format }: SourceGroup): boolean =>
  format === 'parquet' || format === 'arrow'

/** @throws SessionizeError `usage` */
export async function assertTimeZone(engine: Engine, zone: string, flag: string): Promise<void> {
  try {
    await engine.run(sql`SELECT timezone(${text(zone)}, TIMESTAMP '2000-01-01')`)
  } catch (error) {
    throw new SessionizeError('usage', `${flag} ${zone} is not a time zone.`, {
      hint: 'Use a name of the IANA database, such as Europe/Berlin, or UTC.',
      cause: error,
    })
  }
}
