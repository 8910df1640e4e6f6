import type { Summary } from '../../analysis/summary.js'
import { answerFormats } from '../formats.js'
import { formatCompactCount, formatCount } from '../quantities.js'
import { documentAsTerminal } from '../terminal.js'
import { summaryBlocks } from './blocks.js'
import { summaryAsCsv } from './csv.js'

/** Below this, counts are shortened to `1.2M`. */
const NARROW = 80

const FORMATS = answerFormats<Summary>('Session lengths', summaryBlocks, summaryAsCsv)

export const summaryFormats: typeof FORMATS = {
  ...FORMATS,
  terminal(summary, appearance) {
    const count = appearance.columns < NARROW ? formatCompactCount : formatCount
    return documentAsTerminal(summaryBlocks(summary, 'terminal', count), appearance)
  },
}
