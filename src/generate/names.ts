import { raw, type Sql, sql } from '../sql/sql.js'
import { draw, nth } from './draws.js'
import { PLATFORMS } from './population.js'

/** Event names, by how often they come in 32. */
const COMMON: readonly (readonly [name: string, in32: number])[] = [
  ['Page Viewed', 10],
  ['Product Viewed', 6],
  ['Search Performed', 3],
  ['Product Added', 2],
  ['Cart Viewed', 2],
  ['Article Read', 2],
  ['Video Played', 2],
  ['Checkout Started', 1],
  ['Order Completed', 1],
  ['Share Clicked', 1],
  ['Settings Changed', 1],
  ['Notification Opened', 1],
]
const WEB = COMMON.flatMap(([name, in32]) => Array.from({ length: in32 }, () => name))
const MOBILE = WEB.map((name) => name.replace('Page', 'Screen'))
const OPENED = 'App Opened'
const HEARTBEAT = 'heartbeat'
/** Sent by a server, in no session. */
const STRAY = ['Email Delivered', 'Push Delivered', 'Order Shipped', 'Subscription Renewed']

export const EVENT_NAMES: readonly string[] = [...WEB, ...MOBILE, OPENED, HEARTBEAT, ...STRAY]
export const PURCHASE_NAME = 'Order Completed'

const code = (name: string): number => EVENT_NAMES.indexOf(name) + 1
const MOBILE_PLATFORMS = PLATFORMS.flatMap(({ mobile }, i) => (mobile ? [i + 1] : []))

export const heartbeatCode = sql`${code(HEARTBEAT)}`

/** The name of a visit's event: mobile visits begin by opening the app, others by a page. */
export const codeInVisit = (key: Sql, index: Sql, platform: Sql): Sql => {
  const slot = sql`(${draw(key, 'name')} & 31)::TINYINT`
  const mobile = sql`${platform} IN (${raw(MOBILE_PLATFORMS.join(', '))})`
  return sql`(CASE
      WHEN ${mobile} THEN CASE WHEN ${index} = 0 THEN ${code(OPENED)} ELSE ${WEB.length + 1} + ${slot} END
      ELSE CASE WHEN ${index} = 0 THEN 1 ELSE 1 + ${slot} END
    END)::TINYINT`
}

export const strayCode = (key: Sql): Sql =>
  sql`(${code(STRAY[0] ?? '')} + (${draw(key, 'name')} % ${STRAY.length})::TINYINT)::TINYINT`

export const nameOf = (codeColumn: Sql): Sql => nth(EVENT_NAMES, codeColumn)
