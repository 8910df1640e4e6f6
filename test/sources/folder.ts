import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach } from 'vitest'
import { SessionizeError } from '../../src/errors/errors.js'
import { type OpenOptions, openSources } from '../../src/sources/open.js'
import type { SourceFile, Sources } from '../../src/sources/source.js'
import { Workspace } from '../../src/sources/workspace.js'

/** A folder of input and a workspace per test, both removed after it. */
export class Folder {
  private constructor(
    readonly path: string,
    readonly workspace: Workspace,
  ) {}

  static create(): Folder {
    return new Folder(mkdtempSync(join(tmpdir(), 'sources-test-')), Workspace.create())
  }

  write(name: string, content: string | Buffer): string {
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }

  /** Opens inputs named relative to this folder; labels come back relative to it. */
  async open(inputs: readonly string[], options: Partial<OpenOptions> = {}): Promise<Sources> {
    const place = (input: string): string =>
      input === '-' || input.includes('://') ? input : join(this.path, input)
    const sources = await openSources(inputs.map(place), { workspace: this.workspace, ...options })
    return {
      files: sources.files.map((file) => ({ ...file, label: this.short(file.label) })),
      skipped: sources.skipped.map((file) => ({ ...file, label: this.short(file.label) })),
    }
  }

  /** The error of opening them, its words relative to this folder. */
  async failure(
    inputs: readonly string[],
    options: Partial<OpenOptions> = {},
  ): Promise<{ code: string; message: string; hint: string | undefined }> {
    return failure(() => this.open(inputs, options), this)
  }

  short(text: string): string {
    return text.replaceAll(`${this.path}/`, '').replaceAll(this.path, '.')
  }

  /** How many files lie in the workspace. */
  spooled(): number {
    return readdirSync(this.workspace.directory).length
  }

  remove(): void {
    this.workspace.close()
    rmSync(this.path, { recursive: true, force: true })
  }
}

export async function failure(
  work: () => Promise<unknown>,
  folder?: Folder,
): Promise<{ code: string; message: string; hint: string | undefined }> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof SessionizeError)) throw error
    const { code, message, hint } = error
    return { code, message: folder?.short(message) ?? message, hint }
  }
  throw new Error('expected a failure')
}

/** What the engine will read, decompressed. */
export function contentOf(file: SourceFile | undefined): string {
  if (file === undefined) throw new Error('no such file')
  const bytes = readFileSync(file.path)
  return (file.compression === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8')
}

export const stdinOf = (...chunks: readonly (string | Buffer)[]): Readable =>
  Readable.from(chunks.map((chunk) => Buffer.from(chunk)))

/** `folder()` inside a test file gives the current test's folder. */
export function eachTestHasAFolder(): () => Folder {
  let folder: Folder | undefined
  beforeEach(() => {
    folder = Folder.create()
  })
  afterEach(() => {
    folder?.remove()
  })
  return () => {
    if (folder === undefined) throw new Error('outside of a test')
    return folder
  }
}
