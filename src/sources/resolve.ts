/** What a user typed -> files on disk, each once, in a fixed order. */
import type { Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { isPartial } from '../files/replacement.js'
import { readFailure } from './failures.js'
import { skippedByName, skippedFolder } from './members.js'
import { isOutput, isWritten, type Outputs, sayNew } from './outputs.js'
import { type Partition, partitionsOf } from './partitions.js'
import type { SkippedFile } from './source.js'
import { tableFiles } from './table-folders.js'
import { isWorkspace } from './workspace.js'

export interface LocatedFile {
  readonly label: string
  readonly path: string
  /** For rules on names: relative to the folder that was named, with `/`. */
  readonly name: string
  /** Named by the user, not found in a folder or by a glob, so that being unreadable is an error and not a reason to pass it over. */
  readonly named: boolean
  /** By folders below the named one, or from a glob's first wildcard. */
  readonly partitions: readonly Partition[]
  /** A pipe or a device: it can be read once, from its start. */
  readonly pipe: boolean
}

export interface Located {
  readonly stdin: boolean
  readonly urls: readonly string[]
  readonly files: readonly LocatedFile[]
  readonly skipped: readonly SkippedFile[]
}

export const STDIN = '-'

const hasGlob = (input: string): boolean => /[*?[{]/.test(input)

const isUrl = (input: string): boolean =>
  /^(https?|s3|gs|gcs|az|azure|abfss|r2|hf):\/\//i.test(input)

/** @param outputs what the run writes, which it does not read */
export async function locate(inputs: readonly string[], outputs?: Outputs): Promise<Located> {
  const search = new Search(outputs, inputs.length > 1)
  let stdin = false
  const urls = new Set<string>()
  for (const input of inputs) {
    if (input === STDIN) stdin = true
    else if (isUrl(input)) urls.add(input)
    else await search.input(input)
  }
  await search.sayNew(inputs)
  return { stdin, urls: [...urls], files: search.files, skipped: search.skipped }
}

interface Folder {
  readonly path: string
  /** The folder that was named, and where in it this one lies. */
  readonly root: string
  readonly relative: string
  /** Of the root's path what may be columns. */
  readonly counted: string
  readonly table: ReadonlySet<string> | undefined
}

class Search {
  readonly files: LocatedFile[] = []
  readonly skipped: SkippedFile[] = []
  /** Real paths, so that a file named twice, or by name and by folder, is read once. */
  private readonly seen = new Set<string>()

  constructor(
    private readonly outputs: Outputs | undefined,
    /** Several were named, as a shell does with a pattern. */
    private readonly several: boolean,
  ) {}

  async input(input: string): Promise<void> {
    // A file that exists under this very name wins over what its brackets would mean.
    const found = await statOf(input)
    if (found !== undefined) return this.place(input, found, true, '')
    if (!hasGlob(input)) throw missing(input, await siblings(input))
    const { glob } = await import('./glob.js')
    const paths = await glob(input)
    if (paths.length === 0) {
      throw new SessionizeError('input_missing', `No file matches ${input}.`, {
        hint: 'Check the folder, and use ** to look into folders at any depth.',
      })
    }
    for (const path of paths) {
      const stats = await statOf(path)
      if (stats === undefined) continue
      const counted = fromWildcard(input, path)
      const folders = counted.split('/').slice(0, stats.isDirectory() ? undefined : -1)
      const why = folders.map(skippedFolder).find((reason) => reason !== undefined)
      if (why !== undefined) this.skipped.push({ label: slashed(path), why })
      else await this.place(path, stats, false, counted)
    }
  }

  /** @param counted the part of the path whose folders may be columns */
  private async place(path: string, stats: Stats, named: boolean, counted: string): Promise<void> {
    const asked = !named || stats.isDirectory()
    const table = asked || this.several ? await this.tableAround(path, asked) : undefined
    if (stats.isDirectory()) return this.folder({ path, root: path, relative: '', counted, table })
    const partitions = partitionsOf(counted)
    if (this.isOld(path, table)) return
    await this.file({ label: slashed(path), path, name: basename(path), named, partitions }, stats)
  }

  private async file(file: Omit<LocatedFile, 'pipe'>, stats: Stats): Promise<void> {
    if (stats.isSocket() || stats.isBlockDevice()) {
      throw new SessionizeError('input_unreadable', `${file.label} is not a file or a pipe.`)
    }
    const pipe = !stats.isFile()
    if (!pipe && (await this.seenBefore(file.path))) return
    if (this.outputs !== undefined && (await isOutput(file, this.outputs))) return
    this.files.push({ ...file, pipe })
  }

  /** Recursive, in order of names. Links are followed, but no folder is entered twice. */
  private async folder({ path, root, relative, counted, table: around }: Folder): Promise<void> {
    if (await this.seenBefore(path)) return
    if (this.outputs !== undefined && isWritten(path, this.outputs)) return
    let names: string[]
    try {
      names = (await readdir(path)).sort()
    } catch (error) {
      throw readFailure(slashed(path), error)
    }
    const table = around ?? (await tableFiles(path, slashed(path)))
    for (const entry of names) {
      // Of this run or another: there for a moment, under a name that is never the same.
      if (isPartial(entry) || isWorkspace(entry)) continue
      const name = relative === '' ? entry : `${relative}/${entry}`
      const inner = join(path, entry)
      const stats = await statOf(inner)
      const label = slashed(join(root, name))
      // A pipe in a folder would block without end, and a link may lead nowhere.
      if (stats === undefined || !(stats.isFile() || stats.isDirectory())) {
        this.skipped.push({ label, why: 'not_a_file' })
        continue
      }
      const why = stats.isDirectory() ? skippedFolder(entry) : skippedByName(entry)
      if (why !== undefined) this.skipped.push({ label, why })
      else if (stats.isDirectory()) {
        await this.folder({ path: inner, root, relative: name, counted, table })
      } else if (!this.isOld(inner, table)) {
        const partitions = partitionsOf(`${counted}/${name}`)
        await this.file({ label, path: inner, name, named: false, partitions }, stats)
      }
    }
  }

  /** Whether the table in whose folder it lies has it no more. */
  private isOld(path: string, table: ReadonlySet<string> | undefined): boolean {
    if (table === undefined || table.has(resolve(path))) return false
    this.skipped.push({ label: slashed(path), why: 'not_current' })
    return true
  }

  private readonly tables = new Map<string, ReadonlySet<string> | undefined>()

  /** The files of the table in which something lies that was not found from the table's own folder. */
  private async tableAround(
    path: string,
    asked: boolean,
  ): Promise<ReadonlySet<string> | undefined> {
    const folder = dirname(resolve(path))
    if (!this.tables.has(folder)) {
      const own = await tableFiles(folder, slashed(dirname(path))).catch((error: unknown) => {
        // Files that were named one by one are those that are meant.
        if (asked) throw error
        return undefined
      })
      this.tables.set(
        folder,
        own ?? (dirname(folder) === folder ? undefined : await this.tableAround(folder, asked)),
      )
    }
    return this.tables.get(folder)
  }

  /** To be told once all is found. */
  async sayNew(inputs: readonly string[]): Promise<void> {
    if (this.outputs === undefined || this.outputs.files.length === 0) return
    const globs = inputs.filter(hasGlob)
    const { isFoundBy } =
      globs.length === 0 ? { isFoundBy: () => false } : await import('./glob.js')
    sayNew(
      this.outputs,
      (path) =>
        (this.seen.has(dirname(path)) && skippedByName(basename(path)) === undefined) ||
        globs.some((pattern) => isFoundBy(pattern, path)),
    )
  }

  private async seenBefore(path: string): Promise<boolean> {
    const real = await realpath(path)
    if (this.seen.has(real)) return true
    this.seen.add(real)
    return false
  }
}

/** What of a path that was found is no longer the glob's own text. */
function fromWildcard(pattern: string, path: string): string {
  const parts = slashed(pattern).split('/')
  const plain = join(...parts.slice(0, parts.findIndex(hasGlob)), '.')
  const above = plain === '.' ? 0 : split(plain).length
  return split(path).slice(above).join('/')
}

const split = (path: string): string[] =>
  slashed(path)
    .split('/')
    .filter((part) => part !== '')

const slashed = (path: string): string => (sep === '\\' ? path.replaceAll('\\', '/') : path)

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // A glob is no valid name on Windows (EINVAL), and a long list of braces no possible one.
    if (['ENOENT', 'ENOTDIR', 'EINVAL', 'ENAMETOOLONG'].includes(String(code))) return undefined
    throw readFailure(path, error)
  }
}

async function siblings(path: string): Promise<string[]> {
  try {
    return await readdir(dirname(path))
  } catch {
    return []
  }
}

function missing(input: string, names: readonly string[]): SessionizeError {
  const folder = dirname(input)
  const near = didYouMean(basename(input), names)
  return new SessionizeError('input_missing', `No file or folder ${input}.${near}`, {
    hint:
      names.length === 0 && folder !== '.'
        ? `The folder ${folder} does not exist or is empty.`
        : 'Check the name; a path is relative to the folder you are in.',
  })
}
