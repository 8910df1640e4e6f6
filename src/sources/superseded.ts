/**
 * Google Analytics exports a day again and again: `events_intraday_20240501` while it lasts,
 * `events_fresh_20240501` where that was bought, and at last `events_20240501`, which has all of it.
 */
const TABLE = /(^|[/!._-])events_(?:(intraday|fresh)_)?(\d{8})(?!\d)/g

const ORDER = ['', 'fresh', 'intraday']

interface DayTable {
  /** The property's data set and the day. */
  readonly key: string
  readonly rank: number
}

function dayTable(label: string): DayTable | undefined {
  const [, , kind = '', day] = [...label.matchAll(TABLE)].at(-1) ?? []
  if (day === undefined) return undefined
  const property = /(?:^|[/!._-])analytics_\d+/.exec(label)?.[0] ?? ''
  return { key: `${property} ${day}`, rank: ORDER.indexOf(kind) }
}

/** Labels of files whose day another file among them holds in its later form. */
export function superseded(labels: readonly string[]): ReadonlySet<string> {
  const best = new Map<string, number>()
  const tables = labels.map((label) => ({ label, table: dayTable(label) }))
  for (const { table } of tables) {
    if (table !== undefined) {
      best.set(table.key, Math.min(table.rank, best.get(table.key) ?? table.rank))
    }
  }
  return new Set(
    tables.flatMap(({ label, table }) =>
      table !== undefined && table.rank > (best.get(table.key) ?? table.rank) ? [label] : [],
    ),
  )
}
