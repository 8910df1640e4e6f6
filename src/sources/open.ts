import type { Readable } from 'node:stream'
import { SessionizeError } from '../errors/errors.js'
import { assertUnchanged, fingerprint } from './changes.js'
import { buffers } from './gzip.js'
import { fileCandidate, Intake } from './intake.js'
import { ARCHIVE_LIMITS, type ArchiveLimits } from './limits.js'
import type { Outputs } from './outputs.js'
import { inParallel, PARALLEL_FILES } from './parallel.js'
import { remoteFile } from './remote.js'
import { locate, STDIN } from './resolve.js'
import type { SkippedFile, Sources } from './source.js'
import { superseded } from './superseded.js'
import type { Workspace } from './workspace.js'

export type { ArchiveLimits } from './limits.js'

export interface OpenOptions {
  /** Where what cannot be read in place is put. The caller closes it, also after a failure. */
  readonly workspace: Workspace
  /** What `-` reads. */
  readonly stdin?: Readable
  readonly limits?: Partial<ArchiveLimits>
  /** What the run writes: it is not read, and not overwritten where it holds events. */
  readonly outputs?: Outputs
  /** `unpack`: bytes written to the workspace so far. */
  readonly onProgress?: (progress: SourceProgress) => void
}

/** How far the reading has come. */
export interface SourceProgress {
  readonly phase: string
  readonly bytes: number
  readonly totalBytes?: number
}

/**
 * Turns what a user names into event files that can be read: paths, folders (recursive), globs,
 * archives, `-` for standard input, and URLs, which are passed on as they are.
 */
export async function openSources(
  inputs: readonly string[],
  options: OpenOptions,
): Promise<Sources> {
  const located = await locate(inputs, options.outputs)
  const report = options.onProgress
  const intake = new Intake(
    options.workspace,
    { ...ARCHIVE_LIMITS, ...options.limits },
    (phase, bytes, totalBytes) =>
      report?.({ phase, bytes, ...(totalBytes === undefined ? {} : { totalBytes }) }),
  )
  await inParallel(located.files, PARALLEL_FILES, async (file) => {
    const before = file.pipe ? new Map() : await fingerprint([file])
    await intake.take(await fileCandidate(file))
    // What was copied cannot change any more, so it is now that a change would show.
    await assertUnchanged([file], before)
  })
  if (located.stdin) await takeStdin(intake, options.stdin)
  const taken = [...intake.files, ...located.urls.map(remoteFile)].sort(byLabel)
  const old = superseded(taken.map(({ label }) => label))
  const files = taken.filter(({ label }) => !old.has(label))
  const skipped = [
    ...located.skipped,
    ...intake.skipped,
    ...[...old].map((label) => ({ label, why: 'not_current' as const })),
  ].sort(byLabel)
  if (files.length === 0) throw nothingToRead(inputs, skipped)
  return { files, skipped }
}

async function takeStdin(intake: Intake, stdin: Readable | undefined): Promise<void> {
  if (stdin === undefined) {
    throw new SessionizeError('usage', 'There is no standard input to read for `-`.')
  }
  await intake.take({
    label: '(stdin)',
    name: STDIN,
    named: true,
    partitions: [],
    bytes: 0,
    read: () => buffers(stdin),
  })
}

/** By code units, which no locale changes. */
const byLabel = (a: { readonly label: string }, b: { readonly label: string }): number =>
  a.label < b.label ? -1 : a.label > b.label ? 1 : 0

const REASONS: Readonly<Record<SkippedFile['why'], string>> = {
  empty: 'empty',
  marker: 'a marker',
  merged_ids: 'merged ids',
  resource_entry: 'left by the operating system',
  hidden: 'hidden',
  not_events: 'not events',
  not_a_file: 'not a file',
  not_current: 'replaced by others',
}

const NAMED_AT_MOST = 5

function nothingToRead(
  inputs: readonly string[],
  skipped: readonly SkippedFile[],
): SessionizeError {
  const where = inputs.map((input) => (input === STDIN ? '(stdin)' : input)).join(', ')
  const [only] = skipped
  if (skipped.length > 0 && skipped.every(({ why }) => why === 'empty')) {
    return new SessionizeError(
      'input_empty',
      skipped.length === 1 && only !== undefined
        ? `${only.label} is empty.`
        : `All ${skipped.length} files in ${where} are empty.`,
      { hint: 'Check that the export or the command before it gave any events.' },
    )
  }
  const names = skipped
    .slice(0, NAMED_AT_MOST)
    .map(({ label, why }) => `${label} (${REASONS[why]})`)
  const more = skipped.length - names.length
  const passed =
    names.length === 0
      ? 'It holds no files.'
      : `Passed over: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
  return new SessionizeError('no_events', `No event file in ${where}. ${passed}`, {
    hint: 'Name a file of events: NDJSON, JSON, CSV, Parquet, Arrow or an access log, or a zip of them.',
  })
}
