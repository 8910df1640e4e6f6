/** The folders of `test/cases`, as their `case.json` says them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const CASES = join(import.meta.dirname, 'cases')

export interface Case {
  readonly about: string
  readonly args: readonly string[]
  readonly inputs?: readonly string[]
  /** The file whose bytes come on standard input. */
  readonly stdin?: string
  readonly exit?: number
  readonly stderr?: string
  readonly ledger?: Readonly<Record<string, unknown>>
}

/** With the paths of the inputs, by default every other file of the folder, and what comes on stdin. */
export function readCase(name: string): Omit<Case, 'stdin'> & { paths: string[]; stdin?: Buffer } {
  const folder = join(CASES, name)
  const { stdin, ...said }: Case = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8'))
  const own = readdirSync(folder)
    .filter((file) => file !== 'case.json' && file !== 'expected.csv')
    .sort()
  return {
    ...said,
    paths: (said.inputs ?? own).map((input) => (input === '-' ? input : join(folder, input))),
    ...(stdin === undefined ? {} : { stdin: readFileSync(join(folder, stdin)) }),
  }
}
