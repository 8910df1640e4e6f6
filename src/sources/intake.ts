/** Takes files and streams in, says what each is, and puts what the engine cannot read as it lies into the workspace. */
import { createReadStream } from 'node:fs'
import { copyFile, link, open, rm, stat, symlink } from 'node:fs/promises'
import { resolve } from 'node:path'
import { plainPath } from '../engines/files.js'
import { SessionizeError } from '../errors/errors.js'
import { type Bytes, HEAD_BYTES, PeekedBytes } from './bytes.js'
import { asUtf8 } from './encoding.js'
import { kindByName } from './extension.js'
import { corrupt, readFailure, refused } from './failures.js'
import { conversion } from './foreign.js'
import { buffers, gunzipped, headInside, WHOLE_INPUT_BYTES } from './gzip.js'
import { oneOnALine } from './json-values.js'
import { ArchiveBudget, type ArchiveLimits } from './limits.js'
import { isMarker, isMergedIds, isParquetIndex, skippedByName } from './members.js'
import { type Partition, partitionsOf } from './partitions.js'
import { type Sniffed, type SniffedText, sniff } from './sniff.js'
import type { SkippedFile, SourceFile } from './source.js'
import { spool } from './spool.js'
import { isTableLog, tableInArchive } from './table-folders.js'
import { tarMembers } from './tar.js'
import type { Workspace } from './workspace.js'
import { visitZip } from './zip.js'

/** Something to look at: a file, a member of an archive, standard input. */
export interface Candidate {
  readonly label: string
  /** For rules on names: relative to its container, with `/`. */
  readonly name: string
  /** Named by the user: what cannot be read is an error, and is not passed over. */
  readonly named: boolean
  /** Size as stored, 0 when unknown. */
  readonly bytes: number
  /** By the folders that it lies in, also those that an archive lies in. */
  readonly partitions: readonly Partition[]
  /** Opens it from its start; only a file on disk can be opened twice. */
  readonly read: () => Bytes
  /** Set for a file on disk, which may stay where it is. */
  readonly path?: string
  /** Set inside an archive. */
  readonly archive?: {
    readonly budget: ArchiveBudget
    readonly depth: number
    /** Its bytes count against the limits already, as those of the gzip around a tar. */
    readonly counted: boolean
  }
}

/** A gzip of a gzip happens when a download is compressed on its way; a third layer is a trap. */
const GZIP_LAYERS = 3

/**
 * A small gzip is unpacked whole, and so checked, to see what it is. A table is then written down
 * plain, as the engine takes one thread for a packed one; not beyond this much in one run, as disks
 * are finite.
 */
const SMALL_GZIP_TOTAL_BYTES = 4 * 1024 ** 3

/** More than a file system lets a path have. */
const LONGEST_NAME = 4_096

const FORMATS_HINT =
  'Read are NDJSON, JSON, CSV/TSV, Parquet, Arrow and access logs, plain, gzip, zstd, in zip or tar.'

export class Intake {
  readonly files: SourceFile[] = []
  readonly skipped: SkippedFile[] = []

  constructor(
    private readonly workspace: Workspace,
    private readonly limits: ArchiveLimits,
    private readonly onProgress: (phase: string, bytes: number, totalBytes?: number) => void,
  ) {}

  async take(candidate: Candidate): Promise<void> {
    const { label, name } = candidate
    if (candidate.archive !== undefined && isTableLog(name)) throw tableInArchive(label)
    const why = candidate.named ? undefined : skippedByName(name)
    if (why !== undefined) return this.skip(label, why)
    const budget = candidate.archive?.budget ?? new ArchiveBudget(label, this.limits)
    const metered = (bytes: Bytes): Bytes => budget.metered(bytes, label, candidate.bytes)
    const member = candidate.archive !== undefined && !candidate.archive.counted
    let peeked: PeekedBytes | undefined
    try {
      peeked = await PeekedBytes.of(member ? metered(candidate.read()) : candidate.read())
      let layers = 0
      let seen = sniff(peeked, name)
      if (seen.kind === 'gzip' && (await this.packedLines(candidate, peeked, budget))) return
      while (seen.kind === 'gzip') {
        if (++layers > GZIP_LAYERS) throw refused(`${label} is gzip in gzip in gzip.`)
        peeked = await PeekedBytes.of(metered(gunzipped(peeked.all())))
        seen = sniff(peeked, name)
      }
      await this.settle({ ...candidate, seen, layers, peeked, budget })
    } catch (error) {
      throw readFailure(label, error)
    } finally {
      await peeked?.close()
    }
  }

  /**
   * Lines of JSON stay packed, whose start says what they are; `verifyCompressed` looks at the rest.
   * @returns false where it is something else
   */
  private async packedLines(
    candidate: Candidate,
    packed: PeekedBytes,
    budget: ArchiveBudget,
  ): Promise<boolean> {
    const { name, path, bytes } = candidate
    const inside = headInside(packed)
    const seen = inside && sniff(inside, name)
    if (seen?.kind !== 'text' || seen.format !== 'ndjson' || seen.encoding !== 'utf-8') return false
    if (seen.apart !== undefined) return false
    if (isMergedIds(name, seen.head) || kindByName(name).kind?.format === 'parquet') return false
    const place =
      path === undefined
        ? await this.spooled(packed.all())
        : { path: await this.literal(path), bytes }
    this.add(candidate, { format: 'ndjson', compression: 'gzip', budget, ...place })
    return true
  }

  private async settle(found: Found): Promise<void> {
    const { label, name, seen } = found
    switch (seen.kind) {
      case 'empty':
        return this.skip(label, isMarker(name, 0) ? 'marker' : 'empty')
      case 'zip':
      case 'tar':
        return this.archive(found, seen.kind)
      case 'parquet':
        return this.parquet(found)
      case 'arrow':
        return this.arrow(found)
      case 'zstd':
        return this.zstd(found)
      case 'text':
        return this.text(found, seen)
      case 'markup':
        return this.notEvents(found, 'is a web page or XML, not events', {
          hint: 'Downloads give such a page when they fail: open it in a browser, then export again.',
        })
      case 'foreign':
        return this.notEvents(found, `is ${seen.format.is}, which is not read`, {
          hint: conversion(seen.format, label),
        })
      case 'unknown':
        return this.notEvents(found, `is in no format that is read (it starts with ${seen.bytes})`)
      case 'gzip':
        throw new TypeError('gzip layers are taken off before')
    }
  }

  private async text(found: Found, seen: SniffedText): Promise<void> {
    const { label, name, peeked } = found
    if (peeked.complete && isMarker(name, peeked.head.length)) return this.skip(label, 'marker')
    if (kindByName(name).kind?.format === 'parquet') {
      throw corrupt(label, `is not a Parquet file: its content looks like ${seen.format}`, {
        hint: 'Export it again, or rename it if that is what it is.',
      })
    }
    if (!found.named && !seen.sure) return this.skip(label, 'not_events')
    const place = await this.place(found, seen.encoding, seen.format !== 'csv')
    if (isMergedIds(name, seen.head)) {
      const { path, compression } = place
      this.skipped.push({ label, why: 'merged_ids', path, compression })
      return
    }
    const { format, delimiter } = seen
    this.add(found, { format, ...place, ...(delimiter === undefined ? {} : { delimiter }) })
  }

  private async parquet(found: Found): Promise<void> {
    const { label } = found
    if (isParquetIndex(found.name)) {
      if (!found.named) return this.skip(label, 'marker')
      throw new SessionizeError('no_events', `${label} describes the files beside it.`, {
        hint: 'Name its folder.',
      })
    }
    const place = await this.place(found)
    const tail = await lastBytes(place.path, 4)
    if (tail === 'PARE') {
      throw new SessionizeError('unsupported', `${label} is an encrypted Parquet file.`, {
        hint: 'Export it without encryption.',
      })
    }
    if (tail !== 'PAR1' || place.bytes < 12) {
      throw corrupt(label, 'is cut short: a Parquet file ends with its footer, and this has none')
    }
    this.add(found, { format: 'parquet', ...place })
  }

  /** Node 20 cannot look inside zstd, so here the name decides: `events.csv.zst`. */
  private async zstd(found: Found): Promise<void> {
    const { label, name } = found
    const format = kindByName(name).kind?.format
    if (format === undefined) {
      return this.notEvents(found, 'is zstd, and its name does not say what is inside', {
        hint: 'Name it by its content, e.g. events.ndjson.zst, or unpack it with `zstd -d`.',
      })
    }
    if (format === 'parquet' || format === 'arrow') {
      throw new SessionizeError('unsupported', `${label} is ${format} inside zstd.`, {
        hint: 'Unpack it with `zstd -d` first.',
      })
    }
    const place = await this.place(found)
    this.add(found, { format, ...place, compression: 'zstd' })
  }

  /** The engine cannot scan Arrow, so what it reads is a conversion. */
  private async arrow(found: Found): Promise<void> {
    const { label, path, layers } = found
    const { arrowToParquet } = await import('./arrow.js')
    const inPlace = path !== undefined && layers === 0
    const source = inPlace ? path : (await this.place(found)).path
    const count = found.budget.meter(label, found.bytes)
    const place = (): string => this.workspace.path()
    const { parts, bytes } = await arrowToParquet({ label, path: source, count }, place)
    if (!inPlace) await rm(source)
    const [first = ''] = parts
    this.add(found, { format: 'arrow', path: first, parts, bytes, compression: 'none' })
  }

  /**
   * Where the bytes can be read: in place when the engine can, else in the workspace.
   * @param markMatters the engine's reader stumbles over a UTF-8 byte order mark
   */
  private async place(
    found: Found,
    encoding: SniffedText['encoding'] = 'utf-8',
    markMatters = false,
  ): Promise<Place> {
    const { path, layers, peeked, seen } = found
    const apart = seen.kind === 'text' ? seen.apart : undefined
    const recoded =
      encoding.startsWith('utf-16') ||
      (encoding === 'utf-8-bom' && markMatters) ||
      apart !== undefined
    const packedBinary = layers > 0 && seen.kind !== 'text'
    const small =
      layers > 0 && found.bytes <= WHOLE_INPUT_BYTES && this.spooledBytes < SMALL_GZIP_TOTAL_BYTES
    if (path !== undefined && !recoded && !packedBinary && !small && layers <= 1) {
      const compression = layers === 1 ? 'gzip' : 'none'
      return { path: await this.literal(path), bytes: found.bytes, compression }
    }
    const bytes = recoded ? asUtf8(peeked.all(), encoding) : peeked.all()
    const rows = apart === undefined ? bytes : oneOnALine(bytes, { lines: apart === 'lines' })
    return { ...(await this.spooled(rows)), compression: 'none' }
  }

  private async spooled(bytes: Bytes): Promise<Pick<Place, 'path' | 'bytes'>> {
    const path = this.workspace.path()
    return { path, bytes: await spool(this.counted(bytes), path) }
  }

  private spooledBytes = 0

  private async *counted(bytes: Bytes): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      this.spooledBytes += chunk.length
      this.onProgress('unpack', this.spooledBytes)
      yield chunk
    }
  }

  /** The engine takes `*`, `?` and `[` in a path for a glob: such a file gets a plain name. */
  private async literal(path: string): Promise<string> {
    if (!/[*?[]/.test(path)) return plainPath(path)
    const alias = this.workspace.path()
    const real = resolve(path)
    // Links may not be allowed (Windows) or not possible (another disk).
    await symlink(real, alias).catch(() => link(real, alias).catch(() => copyFile(real, alias)))
    return alias
  }

  private async archive(found: Found, kind: 'zip' | 'tar'): Promise<void> {
    const { label, path, layers, peeked, archive, budget } = found
    const depth = (archive?.depth ?? 0) + 1
    if (depth > this.limits.depth) {
      throw refused(
        `${label} is an archive inside ${depth - 1} others (limit ${this.limits.depth}).`,
      )
    }
    const member = async (name: string, bytes: number, stream: Bytes): Promise<void> => {
      if (name.length > LONGEST_NAME) {
        throw refused(
          `${label} has a member whose name is longer than ${LONGEST_NAME.toLocaleString('en')} characters.`,
        )
      }
      await this.take({
        label: this.unique(`${label}!${name}`),
        name,
        named: false,
        partitions: [...found.partitions, ...partitionsOf(name)],
        bytes,
        read: () => stream,
        archive: { budget, depth, counted: kind === 'tar' && layers > 0 },
      })
    }
    if (kind === 'zip') {
      const inPlace = path !== undefined && layers === 0
      const file = inPlace ? path : (await this.place(found)).path
      await visitZip(file, label, budget, ({ name, storedBytes, bytes }) =>
        member(name, storedBytes, bytes),
      )
      if (!inPlace) await rm(file)
      return
    }
    for await (const { name, size, bytes } of tarMembers(peeked.all(), label)) {
      budget.addEntries(1)
      await member(name, size, bytes)
    }
  }

  private readonly labels = new Set<string>()

  /** An archive may hold the same name twice, and both are data. */
  private unique(label: string): string {
    let free = label
    for (let n = 2; this.labels.has(free); n++) free = `${label} (${n})`
    this.labels.add(free)
    return free
  }

  private notEvents(found: Found, what: string, options: { hint?: string } = {}): void {
    if (kindByName(found.name).kind?.format === 'parquet') {
      throw corrupt(found.label, 'is not a Parquet file')
    }
    if (!found.named) {
      this.skip(found.label, 'not_events')
      return
    }
    throw new SessionizeError('input_unreadable', `${found.label} ${what}.`, {
      hint: FORMATS_HINT,
      ...options,
    })
  }

  private add({ label, partitions }: Candidate, file: Omit<SourceFile, 'label'>): void {
    this.files.push({ label, ...file, ...(partitions.length === 0 ? {} : { partitions }) })
  }

  private skip(label: string, why: SkippedFile['why']): void {
    this.skipped.push({ label, why })
  }
}

type Place = Pick<SourceFile, 'path' | 'bytes' | 'compression'>

interface Found extends Candidate {
  readonly seen: Sniffed
  /** Layers of gzip taken off `peeked`. */
  readonly layers: number
  readonly peeked: PeekedBytes
  readonly budget: ArchiveBudget
}

/** A file on disk as a candidate. */
export async function fileCandidate(file: {
  readonly label: string
  readonly path: string
  readonly name: string
  readonly named: boolean
  readonly partitions: readonly Partition[]
  readonly pipe: boolean
}): Promise<Candidate> {
  const { path, pipe, ...known } = file
  const read = (): Bytes => buffers(createReadStream(path, { highWaterMark: HEAD_BYTES }))
  if (pipe) return { ...known, bytes: 0, read }
  return { ...known, bytes: (await stat(path)).size, read, path }
}

async function lastBytes(path: string, count: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const buffer = Buffer.alloc(Math.min(count, size))
    await file.read(buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('latin1')
  } finally {
    await file.close()
  }
}
