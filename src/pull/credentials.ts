/** The project's keys: from the environment only, and never in any message. */
import { createHash } from 'node:crypto'
import { SessionizeError } from '../errors/errors.js'

export class Credentials {
  // Not even `console.log` shows a field of this kind.
  readonly #apiKey: string
  readonly #secretKey: string

  private constructor(apiKey: string, secretKey: string) {
    this.#apiKey = apiKey
    this.#secretKey = secretKey
  }

  /** @throws SessionizeError `usage` when one is not set. */
  static read(env: Readonly<Record<string, string | undefined>>): Credentials {
    const value = (name: string): string => {
      const found = (env[name] ?? '').trim()
      if (found !== '') return found
      throw new SessionizeError('usage', `The environment variable ${name} is not set.`, {
        hint: 'Set AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY: they are in the project’s settings.',
      })
    }
    return new Credentials(value('AMPLITUDE_API_KEY'), value('AMPLITUDE_SECRET_KEY'))
  }

  /** The value of the `Authorization` header. */
  get basic(): string {
    return `Basic ${this.#encoded}`
  }

  /** What may stand in no message. */
  get secrets(): readonly string[] {
    return [this.#apiKey, this.#secretKey, this.#encoded]
  }

  /** Tells projects apart, and tells nothing else of the key. */
  get project(): string {
    return createHash('sha256').update(`sessionize/pull ${this.#apiKey}`).digest('hex').slice(0, 16)
  }

  get #encoded(): string {
    return Buffer.from(`${this.#apiKey}:${this.#secretKey}`).toString('base64')
  }
}
