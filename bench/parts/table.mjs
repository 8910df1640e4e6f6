/** The session table, from Parquet to Parquet: the same sessions from everybody, or the run fails. */
import { sameTables } from '../answers.mjs'
import { scanContender, tableContenders } from '../contenders.mjs'

export function run(bench) {
  const { sizes, shapes, folder, peers, compare, report } = bench
  for (const events of sizes) {
    for (const shape of shapes) {
      const { path, size } = shaped(bench, shape, events)
      const { contenders, answers } = tableContenders(folder, path, peers)
      const results = compare([...contenders, scanContender(folder, path)])
      const { sessions, totalSeconds } = sameTables(answers)
      report(
        `Session table, ${shape}: ${events} events in ${size} of Parquet, ${sessions.toLocaleString('en')} sessions`,
        results,
        { notes: [equal('session', sessions, totalSeconds)] },
      )
    }
  }
}

export const shaped = ({ data }, shape, events) =>
  data(`${shape}-${events}.parquet`, '--events', events, '--shape', shape, '--seed', '1')

export const equal = (what, sessions, totalSeconds) =>
  `The ${what}s of all are equal: ${sessions.toLocaleString('en')} sessions of ${Math.round(totalSeconds).toLocaleString('en')} s in all.`
