/**
 * The folder in which the commands of the documentation are run: what a reader has after cloning,
 * and the same files under the names that examples use. Nothing is written into the project.
 */
import { execFile } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { gzipSync } from 'node:zlib'

export const ROOT = join(import.meta.dirname, '../..')

export interface Ran {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'sessionize-docs-'))
  readonly #programs = mkdtempSync(join(tmpdir(), 'sessionize-docs-bin-'))

  constructor() {
    const program = join(this.#programs, 'sessionize')
    writeFileSync(program, `#!/bin/sh\nexec node '${join(ROOT, 'bin/sessionize.js')}' "$@"\n`)
    chmodSync(program, 0o755)

    const fixture = (...names: string[]): string => join(ROOT, 'fixtures', ...names)
    cpSync(fixture(), this.path('fixtures'), { recursive: true })
    for (const name of ['export.zip', 'old.zip', 'new.zip'])
      copyFileSync(fixture('demo.zip'), this.path(name))
    for (const name of ['events.csv', 'events.ndjson', 'events.parquet'])
      copyFileSync(fixture(name), this.path(name))
    mkdirSync(this.path('export'))
    copyFileSync(fixture('demo.zip'), this.path('export/hours.zip'))
    mkdirSync(this.path('logs'))
    writeFileSync(
      this.path('logs/day-1.ndjson.gz'),
      gzipSync(readFileSync(fixture('presets/mixpanel.ndjson'))),
    )
    this.#halves()
    const app = [
      { user_id: 'ann', time: '2024-05-06T10:00:00Z', event: 'open', session_id: 1 },
      {
        user_id: 'ann',
        time: '2024-05-06T10:02:00Z',
        event: 'session_completed',
        session_id: 1,
        session_length_seconds: 120,
      },
    ]
    writeFileSync(this.path('app.ndjson'), app.map((row) => `${JSON.stringify(row)}\n`).join(''))
    mkdirSync(this.path('.config/fish/completions'), { recursive: true })
  }

  /** The same table as two halves in time, as the files of two days or two months would be. */
  #halves(): void {
    const lines = readFileSync(join(ROOT, 'fixtures/events.ndjson'), 'utf8').trimEnd().split('\n')
    const isFirst = (line: string): boolean => /"time":"2024-05-0[6-9]/.test(line)
    const [first, second] = [lines.filter(isFirst), lines.filter((line) => !isFirst(line))]
    for (const [name, half] of [
      ['day-1', first],
      ['day-2', second],
    ] as const) {
      writeFileSync(this.path(`${name}.ndjson.gz`), gzipSync(`${half.join('\n')}\n`))
    }
    const [header = '', ...rows] = readFileSync(join(ROOT, 'fixtures/events.csv'), 'utf8')
      .trimEnd()
      .split('\n')
    for (const [name, half] of [
      ['february', rows.filter((row) => /,2024-05-0[6-9]/.test(row))],
      ['march', rows.filter((row) => !/,2024-05-0[6-9]/.test(row))],
    ] as const) {
      writeFileSync(this.path(`${name}.csv`), `${[header, ...half].join('\n')}\n`)
    }
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** What a shell says to `script`, 80 columns wide and without colour. */
  run(script: string, env: Readonly<Record<string, string>> = { NO_COLOR: '1' }): Promise<Ran> {
    const settings = Object.entries(process.env).filter(
      ([name]) => !/^(SESSIONIZE_|FORCE_COLOR$|NO_COLOR$|AMPLITUDE_)/.test(name),
    )
    return new Promise((done) => {
      const child = execFile(
        'bash',
        ['-c', script],
        {
          cwd: this.folder,
          maxBuffer: 1 << 26,
          env: {
            ...Object.fromEntries(settings),
            ...env,
            COLUMNS: '80',
            HOME: this.folder,
            LC_ALL: 'C.UTF-8',
            TERM: 'xterm-256color',
            TZ: 'UTC',
            PATH: [this.#programs, process.env['PATH']].join(delimiter),
          },
        },
        (_, stdout, stderr) => done({ exit: child.exitCode ?? -1, stdout, stderr }),
      )
      child.stdin?.end()
    })
  }

  remove(): void {
    for (const folder of [this.folder, this.#programs])
      rmSync(folder, { recursive: true, force: true })
  }
}
