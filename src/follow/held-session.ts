import { compareText } from '../units/text-order.js'
import { type DistinctTexts, withText, withTexts } from './distinct.js'
import type { StreamEvent } from './event.js'

/** What is known so far of one session. Times are microseconds since 1970. */
export class HeldSession {
  start: number
  end: number
  events = 1
  /** Events that are not passive. */
  active = 1
  /** Empty where the event has no name. */
  firstEvent: string
  lastEvent: string
  names: DistinctTexts
  recorded: DistinctTexts

  constructor(event: StreamEvent) {
    this.start = event.micros
    this.end = event.micros
    this.firstEvent = event.name ?? ''
    this.lastEvent = event.name ?? ''
    this.collect(event)
  }

  /** In any order: of events tied in time the name decides, never the order of arrival. */
  add(event: StreamEvent): void {
    const name = event.name ?? ''
    this.events++
    this.active++
    if (isBefore(event.micros, name, this.start, this.firstEvent)) {
      this.start = event.micros
      this.firstEvent = name
    }
    if (isBefore(this.end, this.lastEvent, event.micros, name)) {
      this.end = event.micros
      this.lastEvent = name
    }
    this.collect(event)
  }

  /** In order: the event comes after all those before. A passive one moves nothing. */
  append(event: StreamEvent, passive: boolean): void {
    this.events++
    if (!passive) {
      this.active++
      this.end = event.micros
      this.lastEvent = event.name ?? ''
    }
    this.collect(event)
  }

  /** Takes in the session after this one, which an event between them has joined to it. */
  absorb(later: HeldSession): void {
    this.events += later.events
    this.active += later.active
    this.end = later.end
    this.lastEvent = later.lastEvent
    this.names = withTexts(this.names, later.names)
    this.recorded = withTexts(this.recorded, later.recorded)
  }

  private collect({ name, recorded }: StreamEvent): void {
    if (name !== null) this.names = withText(this.names, name)
    if (recorded !== null) this.recorded = withText(this.recorded, recorded)
  }
}

const isBefore = (aMicros: number, a: string, bMicros: number, b: string): boolean =>
  aMicros < bMicros || (aMicros === bMicros && compareText(a, b) < 0)
