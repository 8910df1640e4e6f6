import { type CheckReport, hasFailed } from '../../checks/result.js'
import type { Appearance } from '../appearance.js'
import { styleFor } from '../style.js'
import { blocksAsTerminal } from '../terminal.js'
import { wrap } from '../width.js'
import { checkBlocks } from './document.js'
import { describeCounts, describeVerdict } from './wording.js'

/** The verdict first, then what is wrong, then everything else. */
export function checkAsTerminal(report: CheckReport, look: Appearance): string {
  const style = styleFor(look)
  const paint = hasFailed(report)
    ? style.failure
    : report.verdict === 'warn'
      ? style.caution
      : style.strong
  const [first = '', ...rest] = wrap(
    `Checks ${describeVerdict(report)}: ${describeCounts(report)}`,
    look.columns,
  )
  const headline = [paint(first), ...rest.map(paint)].join('\n')
  return `${headline}\n\n${blocksAsTerminal(checkBlocks(report), look)}\n`
}
