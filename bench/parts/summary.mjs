/**
 * `summary --by platform,country`: sessions, users, events, bounces, lengths with quantiles, with and
 * without bounces, and a histogram, of everything and of each segment.
 */
import { sameSummaries } from '../answers.mjs'
import { scanContender, summaryContenders } from '../contenders.mjs'
import { equal, shaped } from './table.mjs'

export function run(bench) {
  const { sizes, shapes, folder, peers, compare, report } = bench
  for (const events of sizes) {
    for (const shape of shapes) {
      const { path } = shaped(bench, shape, events)
      const { contenders, answers } = summaryContenders(folder, path, peers)
      const results = compare([...contenders, scanContender(folder, path)])
      const { sessions, totalSeconds } = sameSummaries(answers)
      report(`Summary by two dimensions, ${shape}: ${events} events of Parquet`, results, {
        notes: [equal('figure', sessions, totalSeconds)],
      })
    }
  }
}
