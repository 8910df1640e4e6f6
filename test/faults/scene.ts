/** A folder to work in and a temporary folder of its own, so that whatever is left can be seen. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, inShell, ran, type Started, type StartOptions, start } from './program.js'

export class Scene {
  readonly folder: string
  readonly temporary: string

  constructor(private readonly root = mkdtempSync(join(tmpdir(), 'faults-'))) {
    this.folder = join(root, 'work')
    this.temporary = join(root, 'tmp')
    mkdirSync(this.folder)
    mkdirSync(this.temporary)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, content: string | Buffer): string {
    writeFileSync(this.path(name), content)
    return this.path(name)
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name))
  }

  start(args: readonly string[], options: StartOptions = {}): Started {
    return start(args, this.placed(options))
  }

  run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return ran(args, this.placed(options))
  }

  shell(line: string, options: StartOptions = {}): Promise<Ended> {
    return inShell(line, this.placed(options))
  }

  private placed(options: StartOptions): StartOptions {
    return {
      cwd: this.folder,
      ...options,
      env: { TMPDIR: this.temporary, ...options.env },
    }
  }

  /** Parts of outputs, and temporary folders. */
  leftovers(): string[] {
    return [
      ...readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /partial|tmp_/.test(name),
      ),
      ...readdirSync(this.temporary),
    ].sort()
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** So many events of a few users, a minute apart with pauses, in a shuffled but fixed order. */
export function eventsCsv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const at = (i * 7919) % rows
    const minutes = at * 2 + Math.floor(at / 40) * 60
    const time = new Date(Date.UTC(2024, 0, 1) + minutes * 60_000).toISOString()
    return `u${at % 97},${time},${['View', 'Click', 'Buy'][at % 3]},${['Web', 'iOS'][at % 2]},${1704067200 + Math.floor(at / 40)}`
  })
  return `user_id,time,event,platform,session_id\n${lines.join('\n')}\n`
}
