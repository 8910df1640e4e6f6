import { Chalk } from 'chalk'
import type { Appearance } from './appearance.js'
import type { Ink } from './document.js'

export type Paint = (text: string) => string

/** The few inks and marks of the terminal output; without colour the inks change nothing. */
export interface Style extends Readonly<Record<Ink, Paint>> {
  /** Where there is no value. */
  readonly absent: string
  /** Where text was cut. */
  readonly ellipsis: string
}

/** Level 1 is the terminal's own 16 colours, which follow the reader's light or dark theme. */
export function styleFor(appearance: Appearance): Style {
  const chalk = new Chalk({ level: appearance.color ? 1 : 0 })
  return {
    strong: (text) => chalk.bold(text),
    quiet: (text) => chalk.dim(text),
    accent: (text) => chalk.cyan(text),
    caution: (text) => chalk.yellow(text),
    failure: (text) => chalk.bold.red(text),
    absent: appearance.unicode ? '–' : '-',
    ellipsis: appearance.unicode ? '…' : '...',
  }
}
