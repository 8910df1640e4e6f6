import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { didYouMean } from '../errors/suggest.js'
import { FORMATS, type FormatName, formatNamed, isFormatName } from './formats/index.js'
import type { Compression } from './table.js'

export interface Destination {
  readonly format: FormatName
  readonly compression: Compression
}

const COMPRESSIONS: readonly (readonly [ending: string, Compression])[] = [
  ['.gz', 'gzip'],
  ['.zst', 'zstd'],
]

/**
 * What a file's name asks for: `events.csv.gz` is CSV, compressed.
 *
 * @throws SessionizeError `usage` when the name says no format, or a compression that the format
 * does not take.
 */
export function destinationOf(path: string, wanted?: FormatName): Destination {
  const name = path.toLowerCase()
  const [ending, compression] = COMPRESSIONS.find(([suffix]) => name.endsWith(suffix)) ?? [
    '',
    'none' as const,
  ]
  const stem = name.slice(0, name.length - ending.length)
  const format = wanted === undefined ? nameOf(stem) : formatOf(wanted)
  if (format === undefined) {
    throw new SessionizeError('usage', `The name ${path} does not say which format to write.`, {
      hint: `Name it .parquet, .csv, .ndjson or .zip, or give ${option('format')} (${FORMATS.map(({ name }) => name).join(', ')}).`,
    })
  }
  const { encoding, packaging } = formatNamed(format)
  if (compression !== 'none' && (encoding === 'parquet' || packaging === 'hourly_zip')) {
    throw new SessionizeError('usage', `${format} compresses by itself, so ${path} cannot be.`, {
      hint: `Leave out the ${ending}.`,
    })
  }
  return { format, compression }
}

/** @throws SessionizeError `usage` when there is no such format. */
export function formatOf(name: string): FormatName {
  if (isFormatName(name)) return name
  const names = FORMATS.map((format) => format.name)
  throw new SessionizeError(
    'usage',
    `${option('format')} \`${name}\` is not known.${didYouMean(name, names)}`,
    {
      hint: `Use one of: ${names.join(', ')}.`,
    },
  )
}

function nameOf(stem: string): FormatName | undefined {
  const found = FORMATS.find(({ extensions }) => extensions.some((ending) => stem.endsWith(ending)))
  return found !== undefined && isFormatName(found.name) ? found.name : undefined
}

/** @throws SessionizeError `usage` where events of no session cannot be told as such. */
export function assertRecords(format: FormatName, outOfSessionShare: number): void {
  if (outOfSessionShare > 0 && !formatNamed(format).recordsSessions) {
    throw new SessionizeError(
      'usage',
      `${option('outOfSession')} needs a format that records session ids, which ${format} does not.`,
      {
        hint: `Use one of: ${FORMATS.filter((format) => format.recordsSessions)
          .map(({ name }) => name)
          .join(', ')}.`,
      },
    )
  }
}
