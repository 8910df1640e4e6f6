/** One thing to try: a command line and the files it is given. Kept as JSON when it breaks something. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUG } from '../faults/program.js'
import { type Run, run } from '../oracle/run.js'

export interface Case {
  /** `{}` stands for the folder of the files. */
  readonly args: readonly string[]
  /** By name, in base64. */
  readonly files: Readonly<Record<string, string>>
}

/** A world in which something went wrong: which kind it is, and what was drawn. */
export interface KeptWorld {
  readonly world: string
  readonly drawn: string
}

export const FOUND = join(import.meta.dirname, 'found')

/** Where a long run notes what it is about to try, in case the process does not survive it. */
export const CURRENT = process.env['FUZZ_CURRENT']

const PATIENCE_MILLIS = 60_000

/** @returns what is wrong with how the program took it; undefined when nothing is. */
export async function complaint({ args, files }: Case): Promise<string | undefined> {
  if (CURRENT !== undefined) writeFileSync(CURRENT, JSON.stringify({ args, files }))
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
  try {
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(folder, name), Buffer.from(bytes, 'base64'))
    }
    const timeout = new Promise<'late'>((resolve) => {
      setTimeout(() => resolve('late'), PATIENCE_MILLIS).unref()
    })
    const played = run(args.map((arg) => arg.replaceAll('{}', folder)))
    const ended = await Promise.race([played, timeout])
    if (ended === 'late') return `no end within ${PATIENCE_MILLIS / 1000} s`
    const left = readdirSync(folder).filter((name) => name.includes('.partial'))
    return left.length > 0 ? `left behind: ${left.join(', ')}` : wrong(ended)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function wrong({ exit, stderr }: Run): string | undefined {
  if (![0, 1, 2, 3, 4].includes(exit)) return `exit code ${exit}`
  if (BUG.test(stderr) || /INTERNAL Error|FATAL Error/.test(stderr)) return stderr
  if (exit > 1 && !/^error: /m.test(stderr)) return `exit code ${exit} and no word why: ${stderr}`
  return undefined
}

/** Becomes a test of its own: `found.test.ts` plays all that is there. */
export function keep(name: string, found: Case | KeptWorld): string {
  mkdirSync(FOUND, { recursive: true })
  const text = `${JSON.stringify(found, null, 2)}\n`
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  const path = join(FOUND, `${name}-${hash}.json`)
  writeFileSync(path, text)
  return path
}
