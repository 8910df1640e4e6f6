/** One request of the Export API: a range of hours to a zip on disk, or what the server said instead. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SessionizeError } from '../errors/errors.js'
import type { Secrets } from '../errors/secrets.js'
import { serverWords } from '../errors/server-words.js'
import { VERSION } from '../package.js'
import { retryAfterMillis } from './backoff.js'
import { ask, body } from './connection.js'
import type { Credentials } from './credentials.js'
import type { Endpoint } from './endpoint.js'
import type { HourRange } from './hours.js'
import { Patience, type PatienceOptions } from './patience.js'
import type { ProxyServer } from './proxy.js'
import { isZipStart, zipFault } from './whole-zip.js'
import { firstWords } from './words.js'

export type Answer =
  | { readonly kind: 'saved'; readonly bytes: number; readonly sha256: string }
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

export interface RequestOptions extends PatienceOptions {
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  readonly proxy: ProxyServer | undefined
  /** Of the keys and of the proxy. */
  readonly secrets: Secrets
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** More than this is no export, and would only fill the disk. */
  readonly mostBytes: number
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
    const response = await ask(options.endpoint.url(range), {
      headers: {
        authorization: options.credentials.basic,
        'accept-encoding': 'identity',
        'user-agent': `sessionize/${VERSION}`,
      },
      proxy: options.proxy,
      signal: patience.signal,
    })
    patience.begin()
    try {
      if (response.statusCode === 200) return await save(response, path, options, patience)
      return await refusal(response, options)
    } finally {
      response.destroy()
    }
  } catch (error) {
    options.signal.throwIfAborted()
    if (error instanceof SessionizeError) throw error
    if (patience.reason !== undefined) return failed(patience.reason)
    const lasting = diskFailure(path, error) ?? distrusted(error, options)
    if (lasting !== undefined) throw lasting
    return failed(networkFailure(error))
  } finally {
    patience.end()
  }
}

/** Hidden, so that reading the folder passes over what a killed run has left. */
export const partialPath = (path: string): string =>
  join(dirname(path), `.${basename(path)}.partial`)

async function save(
  response: IncomingMessage,
  path: string,
  options: RequestOptions,
  patience: Patience,
): Promise<Answer> {
  const partial = partialPath(path)
  const hash = createHash('sha256')
  let bytes = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of zipBytes(response, options)) {
      patience.renew(chunk.length)
      bytes += chunk.length
      options.onBytes(chunk.length)
      if (bytes > options.mostBytes) throw new TooLarge()
      hash.update(chunk)
      yield chunk
    }
  }
  try {
    await pipeline(counted, createWriteStream(partial))
    const promised = response.headers['content-length']
    const encoded = response.headers['content-encoding'] !== undefined
    if (promised !== undefined && !encoded && Number(promised) !== bytes) {
      return failed(`the download was cut: ${bytes} of ${promised} bytes`)
    }
    const fault = await zipFault(partial, 'the download')
    if (fault !== undefined) return failed(fault)
    await rename(partial, path)
    return { kind: 'saved', bytes, sha256: hash.digest('hex') }
  } catch (error) {
    if (error instanceof TooLarge) {
      return { kind: 'too_large', said: `more than ${options.mostBytes} bytes came` }
    }
    throw error
  } finally {
    await rm(partial, { force: true })
  }
}

class TooLarge extends Error {}

/** @throws SessionizeError as soon as it begins as no zip does: nothing of it is worth waiting for. */
async function* zipBytes(
  response: IncomingMessage,
  options: RequestOptions,
): AsyncGenerator<Buffer> {
  const content = body(response)
  let start = Buffer.alloc(0)
  let isStart = true
  for await (const chunk of content.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (!isStart) {
      yield chunk
      continue
    }
    start = Buffer.concat([start, chunk])
    if (!isZipStart(start)) break
    isStart = start.length < 4
    if (!isStart) yield start
  }
  if (!isStart || start.length === 0) return
  if (!isZipStart(start)) throw await noZip(response, content, start, options)
  yield start
}

async function noZip(
  response: IncomingMessage,
  content: Readable,
  start: Buffer,
  { endpoint, secrets, patienceMillis: millis }: RequestOptions,
): Promise<SessionizeError> {
  const words = await firstWords(content, secrets, { start, millis })
  const type = serverWords(response.headers['content-type'] ?? 'no type', secrets, { longest: 60 })
  return new SessionizeError(
    'input_unreadable',
    `${endpoint.host} answered with something that is no zip (${type})${words === '' ? '' : `: ${words}`}.`,
    { hint: 'It is not the Export API that answers there: check --region and --base-url.' },
  )
}

async function refusal(response: IncomingMessage, options: RequestOptions): Promise<Answer> {
  const status = response.statusCode ?? 0
  switch (status) {
    case 404:
      return { kind: 'no_data' }
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
  const said = await firstWords(body(response), options.secrets, { millis: options.patienceMillis })
  if (status === 413 || (status === 400 && (said === '' || SPEAKS_OF_SIZE.test(said)))) {
    return { kind: 'too_large', said }
  }
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

/** The documented 400: "The file size of the exported data is too large. Shorten the time ranges ... 4GB." */
const SPEAKS_OF_SIZE =
  /too (large|big|long|much)|larger|exceed|shorten|smaller|size limit|\b4 ?gi?b\b/i

const askedBy = (response: IncomingMessage, { now }: RequestOptions): number =>
  retryAfterMillis(response.headers['retry-after'] ?? null, now())

const failed = (why: string, status: number | null = null, askedMillis = 0): Answer => ({
  kind: 'failed',
  why,
  status,
  askedMillis,
})

function networkFailure(error: unknown): string {
  const code = codeOf(error)
  return `the connection failed${code === '' ? '' : ` (${code})`}`
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

/** What waiting does not mend. */
function distrusted(error: unknown, { endpoint }: RequestOptions): SessionizeError | undefined {
  const code = codeOf(error)
  if (!/CERT|SIGNATURE|ALTNAME/.test(code)) return undefined
  return new SessionizeError(
    'input_unreadable',
    `The certificate of ${endpoint.host} is not trusted (${code}).`,
    { hint: 'Where a proxy signs for others, name its authority: NODE_EXTRA_CA_CERTS=FILE' },
  )
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
