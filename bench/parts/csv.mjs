/** The session table from CSV. */
import { sameTables } from '../answers.mjs'
import { scanContender, tableContenders } from '../contenders.mjs'
import { equal } from './table.mjs'

export function run({ sizes, folder, peers, data, compare, report, forget }) {
  for (const events of sizes) {
    const { path, size } = data(`dense-${events}.csv`, '--events', events, '--seed', '1')
    const { contenders, answers } = tableContenders(folder, path, peers)
    const results = compare([...contenders, scanContender(folder, path)])
    const { sessions, totalSeconds } = sameTables(answers)
    report(`Session table, dense: ${events} events in ${size} of CSV`, results, {
      notes: [equal('session', sessions, totalSeconds)],
    })
    forget(path)
  }
}
