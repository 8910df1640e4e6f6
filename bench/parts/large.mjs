/**
 * Ten times the events, and more of them than fit into memory: the growth of the time, and the price
 * of a limit. Not among the parts that run unasked: at 100 M events it takes a quarter of an hour.
 */
import { sameTables } from '../answers.mjs'
import { cli, tableContenders } from '../contenders.mjs'
import { equal, shaped } from './table.mjs'

export function run(bench) {
  const { sizes, shapes, large, memory, folder, measure, path, report, forget } = bench
  const small = sizes.at(-1)
  for (const shape of shapes) {
    const bySize = new Map()
    for (const events of [small, large]) {
      const { path: file, size } = shaped(bench, shape, events)
      const { contenders, answers } = tableContenders(folder, file, ['hand'])
      const [own] = contenders
      const narrow = ['sessions', file, '--columns', 'user,start,end,events', '-o']
      const all = [
        ...contenders,
        {
          name: `sessionize --memory ${memory}`,
          args: [...own.args.slice(0, -1), path('tight.parquet'), '--memory', memory],
        },
        { name: 'sessionize, four columns', args: [cli, ...narrow, path('narrow.parquet')] },
        {
          name: `sessionize, four columns, --memory ${memory}`,
          args: [cli, ...narrow, path('narrow-tight.parquet'), '--memory', memory],
        },
      ]
      const results = new Map(
        all.map((contender) => [contender.name, { rounds: 1, ...measure.once(contender) }]),
      )
      bySize.set(events, results)
      const { sessions, totalSeconds } = sameTables([
        ...answers,
        ['with little memory', path('tight.parquet')],
      ])
      report(`Session table, ${shape}: ${events} events in ${size} of Parquet`, results, {
        notes: [
          equal('session', sessions, totalSeconds),
          ...(events === large ? [growth(bySize, small, large)] : []),
        ],
      })
    }
    forget(path(`${shape}-${large}.parquet`))
  }
}

function growth(bySize, small, large) {
  const [from, to] = [small, large].map((events) => bySize.get(events).get('sessionize'))
  const times = (figure) => (to[figure] / from[figure]).toFixed(1)
  return `From ${small} to ${large} events sessionize takes ${times('seconds')} times the time and ${times('cpuSeconds')} times the processor.`
}
