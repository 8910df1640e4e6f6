/** What questions cost beside the session table. */
import { cli } from '../contenders.mjs'
import { shaped } from './table.mjs'

export function run(bench) {
  const { sizes, path, compare, report } = bench
  const events = sizes.at(-1)
  const { path: file } = shaped(bench, 'dense', events)
  const columns = 'user,start,end,length_seconds,events,bounce,platform,country,version'
  const by = ['--by', 'platform,country,version']
  const contenders = [
    {
      name: 'sessions, with three dimensions',
      args: [cli, 'sessions', file, ...by, '--columns', columns, '-o', path('questions.parquet')],
    },
    {
      name: 'summary, by three dimensions',
      args: [cli, file, ...by, '-o', path('summary.json')],
    },
    { name: 'summary, gap 1m', args: [cli, file, '--gap', '1m', '-o', path('summary.json')] },
    { name: 'gap, 13 timeouts and the fit', args: [cli, 'gap', file, '-o', path('gap.json')] },
  ]
  report(`Questions, dense: ${events} events of Parquet`, compare(contenders), {
    first: 'the table',
  })
}
