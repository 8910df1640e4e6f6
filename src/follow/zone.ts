/** Local days without the engine, by the platform's own time zones. All in microseconds. */
import { SessionizeError } from '../errors/errors.js'
import { MICROS_PER_DAY } from '../units/time.js'

/** Offsets change at full quarters of an hour, in every zone since 1972. */
const BUCKET_MICROS = 900_000_000
/** About four months of distinct quarters; then the memory starts anew. */
const MOST_BUCKETS = 10_000

export class Zone {
  private readonly format: Intl.DateTimeFormat | undefined
  private readonly offsets = new Map<number, number>()

  /** @throws RangeError when the platform does not know the name. */
  constructor(readonly name: string) {
    this.format = /^(UTC|GMT|Etc\/UTC)$/i.test(name)
      ? undefined
      : new Intl.DateTimeFormat('en-US', {
          timeZone: name,
          calendar: 'iso8601',
          hourCycle: 'h23',
          year: 'numeric',
          month: 'numeric',
          day: 'numeric',
          hour: 'numeric',
          minute: 'numeric',
          second: 'numeric',
        })
  }

  static named(name: string, flag = '--timezone'): Zone {
    try {
      return new Zone(name)
    } catch (error) {
      throw new SessionizeError('usage', `${flag} ${name} is not a time zone.`, {
        hint: 'Use a name of the IANA database, such as Europe/Berlin, or UTC.',
        cause: error,
      })
    }
  }

  /** Days since 1970-01-01, of the local date at an instant. */
  day(micros: number): number {
    return Math.floor((micros + this.offset(micros)) / MICROS_PER_DAY)
  }

  /** Local time minus UTC at an instant. */
  private offset(micros: number): number {
    if (this.format === undefined) return 0
    const bucket = Math.floor(micros / BUCKET_MICROS)
    const known = this.offsets.get(bucket)
    if (known !== undefined) return known
    if (this.offsets.size >= MOST_BUCKETS) this.offsets.clear()
    const offset = this.measure(this.format, (bucket * BUCKET_MICROS) / 1_000)
    this.offsets.set(bucket, offset)
    return offset
  }

  private measure(format: Intl.DateTimeFormat, millis: number): number {
    const part = new Map(
      format.formatToParts(millis).map(({ type, value }) => [type, Number(value)]),
    )
    const local = Date.UTC(
      part.get('year') ?? 1970,
      (part.get('month') ?? 1) - 1,
      part.get('day') ?? 1,
      part.get('hour') ?? 0,
      part.get('minute') ?? 0,
      part.get('second') ?? 0,
    )
    return (local - millis) * 1_000
  }
}
