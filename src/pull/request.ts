/** One request of the Export API: a range of hours to a zip on disk, or what the server said instead. */
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SessionizeError } from '../errors/errors.js'
import { VERSION } from '../package.js'
import { retryAfterMillis } from './backoff.js'
import type { Credentials } from './credentials.js'
import type { Endpoint } from './endpoint.js'
import type { HourRange } from './hours.js'
import { isWholeZip } from './whole-zip.js'

export type Answer =
  | { readonly kind: 'saved'; readonly bytes: number }
  | { readonly kind: 'no_data' }
  /** More than the server gives at once. */
  | { readonly kind: 'too_large'; readonly said: string }
  /** It may go better another time. */
  | {
      readonly kind: 'failed'
      readonly why: string
      readonly status: number | null
      readonly askedMillis: number
    }

export interface RequestOptions {
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Without a byte for so long, the connection is given up. */
  readonly patienceMillis: number
  readonly signal: AbortSignal
  /** Called with the bytes of each piece that came. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Saves to `path` only what is whole: it is written beside it and renamed. When stopped nothing is left.
 *
 * @throws SessionizeError when trying again would not help, or when stopped.
 */
export async function requestRange(
  range: HourRange,
  path: string,
  options: RequestOptions,
): Promise<Answer> {
  const patience = new Patience(options)
  try {
    const response = await fetch(options.endpoint.url(range), {
      headers: {
        authorization: options.credentials.basic,
        'accept-encoding': 'identity',
        'user-agent': `sessionize/${VERSION}`,
      },
      redirect: 'manual',
      signal: patience.signal,
    })
    patience.renew()
    if (response.status === 200) return await save(response, path, options, patience)
    return await refusal(response, options)
  } catch (error) {
    options.signal.throwIfAborted()
    if (error instanceof SessionizeError) throw error
    return failed(patience.isOver ? 'the server sent nothing for too long' : networkFailure(error))
  } finally {
    patience.end()
  }
}

/** Hidden, so that reading the folder passes over what a killed run has left. */
export const partialPath = (path: string): string =>
  join(dirname(path), `.${basename(path)}.partial`)

async function save(
  response: Response,
  path: string,
  options: RequestOptions,
  patience: Patience,
): Promise<Answer> {
  const partial = partialPath(path)
  let bytes = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of response.body ?? []) {
      patience.renew()
      bytes += chunk.length
      options.onBytes(chunk.length)
      yield chunk
    }
  }
  try {
    await pipeline(counted, createWriteStream(partial))
    const promised = response.headers.get('content-length')
    const encoded = response.headers.get('content-encoding') !== null
    if (promised !== null && !encoded && Number(promised) !== bytes) {
      return failed(`the download was cut: ${bytes} of ${promised} bytes`)
    }
    if (!(await isWholeZip(partial))) return failed('the download is not a whole zip')
    await rename(partial, path)
    return { kind: 'saved', bytes: (await stat(path)).size }
  } catch (error) {
    throw diskFailure(path, error) ?? error
  } finally {
    await rm(partial, { force: true })
  }
}

async function refusal(response: Response, options: RequestOptions): Promise<Answer> {
  const { status } = response
  const said = options.credentials.redact(await words(response))
  switch (status) {
    case 404:
      return { kind: 'no_data' }
    case 400:
    case 413:
      return { kind: 'too_large', said }
    case 401:
    case 403:
      throw new SessionizeError(
        'input_unreadable',
        `${options.endpoint.host} does not accept the keys (${status}).`,
        {
          hint: 'Check AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY, and --region eu for a project in the EU.',
        },
      )
    case 408:
    case 425:
    case 429:
      return failed(`the server asks to slow down (${status})`, status, askedBy(response, options))
  }
  if (status >= 500)
    return failed(`the server failed (${status})`, status, askedBy(response, options))
  throw new SessionizeError(
    'input_unreadable',
    `${options.endpoint.host} answered ${status}${said === '' ? '' : `: ${said}`}.`,
    {
      hint:
        status < 400
          ? 'It points elsewhere: check --region and --base-url.'
          : 'Check --start, --end, --region and --base-url.',
    },
  )
}

/** The start of what the server says, on one line. */
async function words(response: Response): Promise<string> {
  const text = await response.text().catch(() => '')
  return text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 200)
    .replace(/\.$/, '')
}

const askedBy = (response: Response, { now }: RequestOptions): number =>
  retryAfterMillis(response.headers.get('retry-after'), now())

const failed = (why: string, status: number | null = null, askedMillis = 0): Answer => ({
  kind: 'failed',
  why,
  status,
  askedMillis,
})

function networkFailure(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return `the connection failed${code === '' ? '' : ` (${code})`}`
}

/** Trouble with the disk is no trouble of the network, and does not pass by waiting. */
function diskFailure(path: string, error: unknown): SessionizeError | undefined {
  const isOfDisk = error instanceof Error && 'syscall' in error && 'path' in error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC') {
    return new SessionizeError('disk_full', 'The disk is full.', {
      hint: 'Free some space and run it again: what is finished is kept.',
      cause: error,
    })
  }
  return isOfDisk
    ? new SessionizeError('output_unwritable', `Cannot write ${path}.`, { cause: error })
    : undefined
}

/** Ends a request that gives nothing any more, or when the user says so. */
class Patience {
  private readonly controller = new AbortController()
  private timer: NodeJS.Timeout | undefined
  isOver = false

  constructor(private readonly options: RequestOptions) {
    options.signal.addEventListener('abort', this.stop)
    if (options.signal.aborted) this.stop()
    this.renew()
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  renew(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.isOver = true
      this.controller.abort()
    }, this.options.patienceMillis)
  }

  end(): void {
    clearTimeout(this.timer)
    this.options.signal.removeEventListener('abort', this.stop)
  }

  private readonly stop = (): void => this.controller.abort()
}
