/** The one way to standard error for what is no error: what happens beside the answer. */
import { visible } from '../report/untrusted.js'
import type { Terminal } from './terminal.js'

/** Names of files and words of data may be in it: a terminal shows them, and obeys nothing. */
export const tell = ({ stderr }: Pick<Terminal, 'stderr'>, ...lines: readonly string[]): void => {
  for (const line of lines) stderr.write(`${visible(line)}\n`)
}
