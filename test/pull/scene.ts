/** A server, a folder, and pulls of the one into the other. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Credentials } from '../../src/pull/credentials.js'
import { Endpoint } from '../../src/pull/endpoint.js'
import { parseHour } from '../../src/pull/hours.js'
import { type Pulled, type PullOptions, pullAmplitude } from '../../src/pull/pull.js'
import { ExportServer } from './server.js'

export const KEYS = { AMPLITUDE_API_KEY: 'api-key-1', AMPLITUDE_SECRET_KEY: 'secret-key-2' }

export class PullScene {
  readonly said: string[] = []
  /** How often it waited to try again. */
  waits = 0

  private constructor(
    readonly server: ExportServer,
    readonly folder: string,
  ) {}

  static async start(): Promise<PullScene> {
    return new PullScene(await ExportServer.start(), mkdtempSync(join(tmpdir(), 'pull-')))
  }

  async stop(): Promise<void> {
    await this.server.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  pull(start: string, end: string, options: Partial<PullOptions> = {}): Promise<Pulled> {
    return pullAmplitude({
      range: { start: parseHour(start, ''), end: parseHour(end, '') },
      folder: this.folder,
      endpoint: Endpoint.of('us', this.server.url),
      credentials: Credentials.read(KEYS),
      now: () => Date.UTC(2025, 0, 1),
      random: () => 0.5,
      patienceMillis: 20_000,
      mostBytes: 1_000_000,
      signal: new AbortController().signal,
      say: (message) => this.said.push(message),
      onProgress: () => undefined,
      ...options,
      sleep: async () => {
        this.waits++
      },
    })
  }

  get zips(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.zip'))
      .sort()
  }

  get hidden(): string[] {
    return readdirSync(this.folder).filter((name) => name.startsWith('.'))
  }

  get asked(): string[] {
    return this.server.asked.map(({ start, end }) => `${start}-${end}`)
  }
}
