/**
 * What a folder already holds, in a file beside the exports. A range counts as finished when it is
 * named here and its file is there in full, or when the server said that it has no data.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import { replaceFile } from '../files/replacement.js'
import { formatHour, type HourRange, parseHour } from './hours.js'

const SCHEMA = 'sessionize/pull-manifest/v1'
/** Hidden, so that reading the folder passes it over. */
const NAME = '.sessionize-pull.json'

export interface FinishedRange extends HourRange {
  /** Null where there was no data. */
  readonly file: string | null
  readonly bytes: number
}

export class Manifest {
  private constructor(
    private readonly folder: string,
    private readonly host: string,
    private finished: FinishedRange[],
  ) {}

  /** @throws SessionizeError when the folder belongs to another server, or its manifest is damaged. */
  static open(folder: string, host: string): Manifest {
    const path = join(folder, NAME)
    if (!existsSync(path)) return new Manifest(folder, host, [])
    const { host: before, ranges } = parse(path)
    if (before !== host) {
      throw new SessionizeError('usage', `${folder} holds exports of ${before}, not of ${host}.`, {
        hint: 'Give each project a folder of its own.',
      })
    }
    return new Manifest(folder, host, ranges)
  }

  /** Those whose file is still as it was written. */
  get ranges(): readonly FinishedRange[] {
    return this.finished.filter(({ file, bytes }) => {
      if (file === null) return true
      const path = join(this.folder, file)
      return existsSync(path) && statSync(path).size === bytes
    })
  }

  /** Written at once, so that whatever happens next, it is not pulled again. */
  add(range: FinishedRange): void {
    this.finished = [...this.ranges, range].sort((a, b) => a.start - b.start)
    const ranges = this.finished.map(({ start, end, file, bytes }) => ({
      start: formatHour(start),
      end: formatHour(end),
      file,
      bytes,
    }))
    const path = join(this.folder, NAME)
    replaceFile(
      path,
      [`${JSON.stringify({ schema: SCHEMA, host: this.host, ranges }, null, 1)}\n`],
      {
        what: path,
        otherwise: 'choose another folder with --output',
      },
    )
  }
}

function parse(path: string): { host: string; ranges: FinishedRange[] } {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (isManifest(parsed)) {
      return {
        host: parsed.host,
        ranges: parsed.ranges.map(({ start, end, file, bytes }) => ({
          start: parseHour(start, 'start'),
          end: parseHour(end, 'end'),
          file,
          bytes,
        })),
      }
    }
  } catch {
    // Said below, whatever is wrong with it.
  }
  throw new SessionizeError('input_corrupt', `${path} is damaged.`, {
    hint: 'Delete it: everything is then pulled again.',
  })
}

interface SavedManifest {
  readonly host: string
  readonly ranges: readonly {
    readonly start: string
    readonly end: string
    readonly file: string | null
    readonly bytes: number
  }[]
}

function isManifest(value: unknown): value is SavedManifest {
  return (
    isRecord(value) &&
    value['schema'] === SCHEMA &&
    typeof value['host'] === 'string' &&
    Array.isArray(value['ranges']) &&
    value['ranges'].every(isSavedRange)
  )
}

const isSavedRange = (range: unknown): boolean =>
  isRecord(range) &&
  typeof range['start'] === 'string' &&
  typeof range['end'] === 'string' &&
  (range['file'] === null || typeof range['file'] === 'string') &&
  typeof range['bytes'] === 'number'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
