import type { Readable, Writable } from 'node:stream'
import type { Appearance } from '../report/appearance.js'

export type { Appearance }

/** The world a command runs in; tests pass their own. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where a config file is looked for; the process's own folder by default. */
  readonly cwd?: string
  /** The answer is CSV. */
  readonly csv?: boolean
  /** CSV goes to a spreadsheet: see `safe-csv.ts`. */
  readonly safeCsv?: boolean
}

/**
 * How text may look on a stream: the one place that decides about colour and width.
 * Colour is off when piped, with NO_COLOR, with TERM=dumb; FORCE_COLOR turns it on.
 */
export function appearance(
  stream: Terminal['stdout'],
  env: Terminal['env'],
  wanted?: boolean,
): Appearance {
  const tty = stream.isTTY === true
  const dumb = env['TERM'] === 'dumb'
  const set = (name: string): boolean => (env[name] ?? '') !== ''
  const forced = set('FORCE_COLOR') && env['FORCE_COLOR'] !== '0'
  const color = wanted ?? (set('NO_COLOR') ? false : forced || (tty && !dumb))
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  const unicode = !dumb && (!/^(C|POSIX)$/.test(locale) || !tty)
  return { color, unicode, columns: Math.max(40, stream.columns ?? (Number(env['COLUMNS']) || 80)) }
}
