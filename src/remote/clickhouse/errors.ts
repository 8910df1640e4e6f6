/** What went wrong on a ClickHouse server or on the way to it, in words that say what to do next. */
import { type ErrorCode, SessionizeError } from '../../errors/errors.js'
import type { Secrets } from '../../errors/secrets.js'
import { serverWords } from '../../errors/server-words.js'

interface Symptom {
  readonly codes: readonly string[]
  readonly code: ErrorCode
  readonly hint: string
}

/** By the server's number of the error, or the system's name of it. */
const SYMPTOMS: readonly Symptom[] = [
  {
    codes: ['516', '192', '193', '194'],
    code: 'input_unreadable',
    hint: 'Set CLICKHOUSE_USER and CLICKHOUSE_PASSWORD, or name a file with them: --credentials FILE',
  },
  {
    codes: ['497', '164'],
    code: 'input_unreadable',
    hint: 'The user must be allowed to read the table and to change settings of its own queries (readonly = 0 or 2).',
  },
  {
    codes: ['60', '81'],
    code: 'input_missing',
    hint: 'Write it as --table database.table',
  },
  {
    codes: ['241'],
    code: 'out_of_memory',
    hint: 'Raise max_memory_usage for this user, or let it spill: max_bytes_before_external_group_by and max_bytes_before_external_sort.',
  },
  {
    codes: ['243'],
    code: 'disk_full',
    hint: 'Free some space on the server.',
  },
  {
    codes: ['159', '160'],
    code: 'engine',
    hint: 'Raise max_execution_time for this user, or take fewer events with --from and --to.',
  },
  {
    codes: ['394'],
    code: 'engine',
    hint: 'Somebody stopped the query on the server. Run it again.',
  },
  {
    codes: ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'],
    code: 'input_missing',
    hint: 'Check --url: the HTTP port is 8123, or 8443 with TLS.',
  },
  {
    codes: [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    code: 'input_unreadable',
    hint: 'Name the authority that signed the certificate of the server: --ca FILE',
  },
]

/** Answers of a server that is only busy or about to be there again. */
const PASSING = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'EAI_AGAIN',
  'ETIMEDOUT',
  // Too many queries, no connection to a shard, a network error between servers.
  '202',
  '209',
  '210',
  '279',
])

/**
 * Whether a read that got no byte yet can be tried again. What has no code is no answer of the server
 * but the page of a proxy in front of it.
 */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error instanceof SessionizeError ? error.cause : error)
  return code === undefined || PASSING.has(code)
}

/** Whether the user may not do it, or only read. */
export const isForbidden = (error: unknown): boolean =>
  error instanceof SessionizeError && ['164', '497'].includes(codeOf(error.cause) ?? '')

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error
    ? 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number')
      ? String(error.code)
      : /Code: (\d+)\. DB::Exception/.exec(error.message)?.[1]
    : undefined

export function explainClickHouse(error: unknown, url: string, secrets: Secrets): SessionizeError {
  if (error instanceof SessionizeError) return error
  const code = codeOf(error)
  const found = SYMPTOMS.find(({ codes }) => code !== undefined && codes.includes(code))
  const message = error instanceof Error ? error.message : String(error)
  const told =
    serverWords(firstSentence(secrets.redact(message)), secrets, { longest: LONGEST }) ||
    (code ?? 'no answer')
  // Only what was redacted goes on: the client's own error may hold the request.
  const cause = Object.assign(new Error(told), code === undefined ? {} : { code })
  return new SessionizeError(found?.code ?? 'engine', `ClickHouse at ${url}: ${told}`, {
    cause,
    ...(found === undefined ? {} : { hint: found.hint }),
  })
}

const LONGEST = 600

/** Without the server's version and, where it repeats it, the query. */
function firstSentence(message: string): string {
  const plain = message
    .replace(/^Code: \d+\. DB::Exception: /, '')
    .replace(/[:.]? (In scope|While processing) [\s\S]*$/i, '.')
    .trimEnd()
  const version = plain.lastIndexOf(' (version ')
  return version >= 0 && plain.endsWith(')') ? plain.slice(0, version) : plain
}
