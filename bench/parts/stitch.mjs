/**
 * What joining identities costs, against taking each id for a user: many people of few ids, and one
 * chain of ids, the worst case of looking for who belongs together.
 */
import { cli, sqlContender } from '../contenders.mjs'

const CHAIN_IDS = 100_000

/** Three ids in ten events: each person has an account and two devices, and signs in half of the time. */
const people = (events, path) => `COPY (
  SELECT CASE WHEN hash(event, 'known') % 2 = 0 THEN 'account-' || person END AS user_id,
    'device-' || person || '-' || (hash(event, 'device') % 2) AS device_id,
    TIMESTAMP '2024-01-01' + to_seconds((hash(event, 'time') % 2592000)::BIGINT) AS time, 'view' AS event
  FROM (SELECT range AS event, hash(range, 'person') % ${Math.round(events / 10)} AS person FROM range(${events}))
) TO '${path}' (FORMAT parquet)`

/** Each account on two devices, and each device with two accounts. */
const chain = (ids, path) => `COPY (
  SELECT 'account-' || ((range + 1) // 2) AS user_id, 'device-' || (range // 2) AS device_id,
    TIMESTAMP '2024-01-01' + to_seconds(range) AS time, 'view' AS event
  FROM range(${ids})
) TO '${path}' (FORMAT parquet)`

const number = (size) =>
  Number(size.replace(/[kM]$/, '')) * (size.endsWith('M') ? 1e6 : size.endsWith('k') ? 1e3 : 1)

export function run({ sizes, folder, path, measure, compare, report, forget }) {
  const out = path('stitch.json')
  const ids = ['--user', 'user_id,device_id', '-o', out]
  for (const size of sizes) {
    const file = path(`people-${size}.parquet`)
    measure.once(sqlContender(folder, 'people', people(number(size), file)))
    const contenders = [
      { name: 'summary --stitch', args: [cli, file, ...ids, '--stitch'] },
      { name: 'summary, ids as they are', args: [cli, file, ...ids] },
    ]
    report(`Joined identities: ${size} events, ${number(size) * 0.3} ids`, compare(contenders))
    forget(file)
  }
  const file = path('chain.parquet')
  measure.once(sqlContender(folder, 'chain', chain(CHAIN_IDS, file)))
  const contenders = [
    {
      name: 'summary --stitch',
      args: [cli, file, ...ids, '--stitch', '--stitch-limit', String(CHAIN_IDS * 2)],
    },
    { name: 'summary, ids as they are', args: [cli, file, ...ids] },
  ]
  report(`Joined identities: one chain of ${CHAIN_IDS} ids`, compare(contenders))
  forget(file)
}
