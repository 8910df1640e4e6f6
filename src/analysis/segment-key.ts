/**
 * What `--by` names. A property of events has a rule for which of a session's values counts:
 *
 *   platform          the first filled value in the session (as `platform:first`)
 *   platform:last     the last one
 *   platform:mode     the most frequent one; of equally frequent ones, the first in sort order
 *   plan:user         the user's latest value in all the data, for each of the user's sessions
 *   @hour @weekday @day @week @month    of the session's start, in the report's time zone
 *   @length           the product bucket of its length
 *   @visitor          `new` for the user's first session in the data, else `returning`
 */
export type SegmentKey =
  | {
      readonly kind: 'property'
      /** As the user wrote it. */
      readonly name: string
      readonly property: string
      readonly pick: Pick
    }
  | { readonly kind: 'calendar'; readonly name: string; readonly part: CalendarPart }
  | { readonly kind: 'length'; readonly name: string }
  | { readonly kind: 'visitor'; readonly name: string }

const PICKS = ['first', 'last', 'mode', 'user'] as const
export type Pick = (typeof PICKS)[number]

const CALENDAR_PARTS = ['hour', 'weekday', 'day', 'week', 'month'] as const
export type CalendarPart = (typeof CALENDAR_PARTS)[number]

export function parseSegmentKey(name: string): SegmentKey {
  if (name === '@length') return { kind: 'length', name }
  if (name === '@visitor') return { kind: 'visitor', name }
  const part = CALENDAR_PARTS.find((candidate) => name === `@${candidate}`)
  if (part !== undefined) return { kind: 'calendar', name, part }
  const pick = PICKS.find((candidate) => name.endsWith(`:${candidate}`))
  return pick === undefined
    ? { kind: 'property', name, property: name, pick: 'first' }
    : { kind: 'property', name, property: name.slice(0, -pick.length - 1), pick }
}

/** The properties that must be read from the events. */
export const segmentProperties = (by: readonly string[]): string[] => [
  ...new Set(
    by.map(parseSegmentKey).flatMap((key) => (key.kind === 'property' ? [key.property] : [])),
  ),
]
