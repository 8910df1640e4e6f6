/**
 * Ten times the events, and more of them than fit into memory: the growth of the time, and the price
 * of a limit. Not among the parts that run unasked: at 100 M events it takes a quarter of an hour.
 */
import { sameTables } from '../answers.mjs'
import { cli, tableContenders } from '../contenders.mjs'
import { shaped } from './table.mjs'

export function run(bench) {
  const { sizes, shapes, large, memory, folder, measure, path, report, forget } = bench
  for (const shape of shapes) {
    const results = new Map()
    for (const events of [sizes.at(-1), large]) {
      const { path: file } = shaped(bench, shape, events)
      const { contenders, answers } = tableContenders(folder, file, ['hand'])
      const narrow = ['sessions', file, '--columns', 'user,start,end,events']
      const all = [
        ...contenders,
        {
          name: 'sessionize, four columns',
          args: [cli, ...narrow, '-o', path('narrow.parquet')],
        },
        {
          name: `sessionize, four columns, --memory ${memory}`,
          args: [cli, ...narrow, '--memory', memory, '-o', path('tight.parquet')],
        },
        {
          name: `sessionize, all these columns, --memory ${memory}`,
          args: [...contenders[0].args.slice(0, -1), path('tight-all.parquet'), '--memory', memory],
        },
      ]
      for (const contender of all) {
        results.set(`${contender.name}, ${events}`, { rounds: 1, ...measure.once(contender) })
      }
      sameTables([...answers, ['with little memory', path('tight-all.parquet')]])
    }
    report(`Growth and little memory, ${shape}`, results, {
      first: `sessionize, ${sizes.at(-1)}`,
      notes: [growth(results, 'sessionize', sizes.at(-1), large)],
    })
    forget(path(`${shape}-${large}.parquet`))
  }
}

function growth(results, name, from, to) {
  const [small, big] = [from, to].map((events) => results.get(`${name}, ${events}`))
  const times = (figure) => (big[figure] / small[figure]).toFixed(1)
  return `From ${from} to ${to} events the session table takes ${times('seconds')} times the time and ${times('cpuSeconds')} times the processor.`
}
