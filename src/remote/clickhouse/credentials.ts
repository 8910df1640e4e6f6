/** Who a ClickHouse server takes us for: from the environment or a file only, and never in any message. */
import { readFileSync } from 'node:fs'
import { SessionizeError } from '../../errors/errors.js'
import { Secrets } from '../../errors/secrets.js'

type Environment = Readonly<Record<string, string | undefined>>

const HINT =
  'Set CLICKHOUSE_USER and CLICKHOUSE_PASSWORD, or name a file with these two lines: --credentials FILE'

export class ClickHouseCredentials {
  // Not even `console.log` shows a field of this kind.
  readonly #user: string
  readonly #password: string

  private constructor(user: string, password: string) {
    this.#user = user
    this.#password = password
  }

  /**
   * Without any, the server's user `default` with an empty password.
   *
   * @param path a file of lines `CLICKHOUSE_USER=...` and `CLICKHOUSE_PASSWORD=...`, which then says
   * it all
   * @throws SessionizeError `usage` when the file cannot be read as such.
   */
  static read(env: Environment, path: string | undefined): ClickHouseCredentials {
    const values = path === undefined ? env : fromFile(path)
    return new ClickHouseCredentials(
      values['CLICKHOUSE_USER'] ?? 'default',
      values['CLICKHOUSE_PASSWORD'] ?? '',
    )
  }

  /** For the client, and nothing else. */
  reveal(): { readonly username: string; readonly password: string } {
    return { username: this.#user, password: this.#password }
  }

  /** Whether something is sent that nobody on the way may read. */
  get hasPassword(): boolean {
    return this.#password !== ''
  }

  /** What may stand in no message. */
  get secrets(): Secrets {
    const basic = Buffer.from(`${this.#user}:${this.#password}`).toString('base64')
    return new Secrets(this.hasPassword ? [this.#password, basic] : [])
  }
}

const NAMES = ['CLICKHOUSE_USER', 'CLICKHOUSE_PASSWORD']

/** No line of it may reach a message. */
function fromFile(path: string): Environment {
  const values: Record<string, string> = {}
  for (const [i, line] of content(path).split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    const equals = line.indexOf('=')
    const name = line.slice(0, Math.max(0, equals)).trim()
    if (!NAMES.includes(name)) {
      throw new SessionizeError(
        'usage',
        `Line ${i + 1} of ${path} is neither ${NAMES.join('=... nor ')}=...`,
        { hint: HINT },
      )
    }
    values[name] = line.slice(equals + 1)
  }
  return values
}

function content(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it failed'
    throw new SessionizeError('usage', `Cannot read the credentials in ${path} (${why}).`, {
      hint: HINT,
    })
  }
}
