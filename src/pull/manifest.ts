/**
 * What a folder already holds, in a file beside the exports. A range counts as finished when it is
 * named here and its file is there in full, or when the server said that it has no data.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import type { Lock } from '../files/lock.js'
import { replaceFile } from '../files/replacement.js'
import { isIntact, sealed } from '../files/sealed.js'
import { formatHour, type HourRange, parseHour } from './hours.js'
import { zipFault } from './whole-zip.js'

const SCHEMA = 'sessionize/pull-manifest/v1'
/** Hidden, so that reading the folder passes it over. */
const NAME = '.sessionize-pull.json'

export interface FinishedRange extends HourRange {
  /** Null where there was no data. */
  readonly file: string | null
  readonly bytes: number
  /** Of the file; older folders do not know it. */
  readonly sha256?: string
}

/** Whose exports a folder holds. */
export interface Owner {
  readonly host: string
  /** Tells projects of one host apart; older folders do not know it. */
  readonly project: string
}

export class Manifest {
  private constructor(
    private readonly folder: string,
    private readonly owner: Owner,
    private readonly lock: Lock,
    private finished: FinishedRange[],
  ) {}

  /**
   * @param lock of the folder
   * @throws SessionizeError when the folder belongs to somebody else, or its manifest is damaged.
   */
  static open(folder: string, owner: Owner, lock: Lock): Manifest {
    const path = join(folder, NAME)
    if (!existsSync(path)) return new Manifest(folder, owner, lock, [])
    const { host, project, ranges } = parse(path)
    if (host !== owner.host) throw otherOwner(folder, host, owner.host)
    if (project !== undefined && project !== owner.project) {
      throw otherOwner(folder, `another project of ${host}`, 'the one that AMPLITUDE_API_KEY names')
    }
    return new Manifest(folder, owner, lock, ranges)
  }

  get ranges(): readonly FinishedRange[] {
    return this.finished
  }

  /** Those of them whose file is not of the size that was written, or not of the same bytes if asked. */
  async damaged(
    ranges: readonly FinishedRange[],
    bytesToo: boolean,
  ): Promise<readonly FinishedRange[]> {
    const found: FinishedRange[] = []
    for (const range of ranges) {
      const path = join(this.folder, fileName(range))
      if (statSync(path).size !== range.bytes || (bytesToo && (await hasChanged(path, range)))) {
        found.push(range)
      }
    }
    return found
  }

  /** Forgets those whose file is not there any more. */
  dropMissing(): void {
    this.finished = this.finished.filter(
      ({ file }) => file === null || existsSync(join(this.folder, file)),
    )
  }

  /** Written at once, so that whatever happens next, it is not pulled again. */
  add(range: FinishedRange): void {
    const others = this.finished.filter(
      ({ start, end }) => start !== range.start || end !== range.end,
    )
    this.finished = [...others, range].sort((a, b) => a.start - b.start)
    this.save()
  }

  /** In favour of smaller ones. */
  drop(range: HourRange): void {
    this.finished = this.finished.filter(
      ({ start, end }) => start !== range.start || end !== range.end,
    )
    this.save()
  }

  private save(): void {
    this.lock.assertHeld()
    const ranges = this.finished.map(({ start, end, ...file }) => ({
      start: formatHour(start),
      end: formatHour(end),
      ...file,
    }))
    const path = join(this.folder, NAME)
    replaceFile(path, [sealed({ schema: SCHEMA, ...this.owner, ranges })], {
      what: path,
      otherwise: 'choose another folder with --output',
    })
  }
}

const otherOwner = (folder: string, holds: string, wanted: string): SessionizeError =>
  new SessionizeError('usage', `${folder} holds exports of ${holds}, not of ${wanted}.`, {
    hint: 'Give each project a folder of its own.',
  })

async function hasChanged(path: string, { sha256 }: FinishedRange): Promise<boolean> {
  if (sha256 === undefined) return (await zipFault(path, path)) !== undefined
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex') !== sha256
}

/** As the exports are called. */
export const fileName = ({ start, end }: HourRange): string =>
  `amplitude_${formatHour(start)}_${formatHour(end - 1)}.zip`

function parse(path: string): Partial<Owner> & { host: string; ranges: FinishedRange[] } {
  try {
    const bytes = readFileSync(path)
    const parsed: unknown = JSON.parse(bytes.toString('utf8'))
    // Those of earlier versions have no checksum.
    if (isIntact(bytes) !== false && isManifest(parsed)) {
      const ranges = parsed.ranges.map(({ start, end, ...file }) => ({
        start: parseHour(start, 'start'),
        end: parseHour(end, 'end'),
        ...file,
      }))
      // Files are replaced and removed by these names.
      if (ranges.every((range) => range.file === null || range.file === fileName(range))) {
        return { ...parsed, ranges }
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
  readonly project?: string
  readonly ranges: readonly {
    readonly start: string
    readonly end: string
    readonly file: string | null
    readonly bytes: number
    readonly sha256?: string
  }[]
}

function isManifest(value: unknown): value is SavedManifest {
  return (
    isRecord(value) &&
    value['schema'] === SCHEMA &&
    typeof value['host'] === 'string' &&
    isTextOrNone(value['project']) &&
    Array.isArray(value['ranges']) &&
    value['ranges'].every(isSavedRange)
  )
}

const isSavedRange = (range: unknown): boolean =>
  isRecord(range) &&
  typeof range['start'] === 'string' &&
  typeof range['end'] === 'string' &&
  (range['file'] === null || typeof range['file'] === 'string') &&
  typeof range['bytes'] === 'number' &&
  isTextOrNone(range['sha256'])

const isTextOrNone = (value: unknown): boolean => value === undefined || typeof value === 'string'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
