/** Events with their session, against the windows that one would write. */
import { cli, sqlContender } from '../contenders.mjs'
import { shaped } from './table.mjs'

export function run(bench) {
  const { sizes, folder, path, compare, report } = bench
  const events = sizes.at(-1)
  const { path: file } = shaped(bench, 'dense', events)
  const byHand = `COPY (
    WITH marked AS (
      SELECT *, lag(time) OVER (PARTITION BY user_id ORDER BY time) AS previous FROM read_parquet('${file}')
    ),
    numbered AS (
      SELECT *, sum(CASE WHEN time - previous <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END)
        OVER (PARTITION BY user_id ORDER BY time ROWS UNBOUNDED PRECEDING) AS session
      FROM marked
    )
    SELECT * EXCLUDE (previous), md5(user_id || session) AS id, epoch(time - previous) AS since,
      row_number() OVER (PARTITION BY user_id, session ORDER BY time) AS event_number
    FROM numbered ORDER BY user_id, time
  ) TO '${path('labels-hand.parquet')}' (FORMAT parquet)`
  const contenders = [
    { name: 'sessionize events', args: [cli, 'events', file, '-o', path('labels-own.parquet')] },
    sqlContender(folder, 'hand-written windows, ordered', byHand),
  ]
  report(`Events with their session, dense: ${events} events`, compare(contenders))
}
