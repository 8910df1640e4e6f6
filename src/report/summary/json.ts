import type { Summary } from '../../analysis/summary.js'
import { jsonText } from '../untrusted.js'

/** The answer itself; docs/schemas/summary.v1.json is its contract. */
export const summaryAsJson = (summary: Summary): string => `${jsonText(summary)}\n`
