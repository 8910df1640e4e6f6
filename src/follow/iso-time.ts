/**
 * ISO 8601 and its usual relaxations, as the engine casts text to a timestamp with time zone:
 * `2024-03-05`, `2024-3-5 1:02`, `2024-03-05T10:00:00.123456789Z`, `... +0130`, `... Europe/Berlin`.
 */
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from '../units/time.js'
import { dayNumber } from './calendar.js'
import { type Zone, Zones } from './zone.js'

/** One reader for many texts: it scans by character, so that a time costs no allocation. */
export class IsoTimes {
  private text = ''
  private at = 0
  private readonly zones = new Zones()

  /** @param zone of times that name none. */
  constructor(private readonly zone: Zone) {}

  /** Microseconds since 1970; NaN when it is no time. */
  read(text: string): number {
    const micros = this.scan(text)
    if (Number.isNaN(micros) && text.includes(':59:60')) {
      // A leap second is the second after it, as in POSIX time.
      return this.scan(text.replaceAll(':59:60', ':59:59')) + MICROS_PER_SECOND
    }
    return micros
  }

  private scan(text: string): number {
    this.text = text
    this.at = 0
    const day = this.date()
    if (Number.isNaN(day)) return Number.NaN
    if (this.at === text.length) return this.zone.instant(day * MICROS_PER_DAY)
    const next = text.charCodeAt(this.at)
    if (next === SPACE || next === LETTER_T) this.at++
    const time = this.time()
    if (!(time <= MICROS_PER_DAY)) return Number.NaN
    return this.suffix(day * MICROS_PER_DAY + time)
  }

  private date(): number {
    this.spaces()
    const negative = this.skip(MINUS)
    const year = this.digits(9)
    if (year < 0) return Number.NaN
    const separator = this.text.charCodeAt(this.at++)
    if (!DATE_SEPARATORS.has(separator)) return Number.NaN
    const month = this.digits(2)
    if (month < 0 || !this.skip(separator)) return Number.NaN
    const day = this.digits(2)
    if (day < 0 || isDigit(this.text.charCodeAt(this.at))) return Number.NaN
    return dayNumber(negative ? -year : year, month, day)
  }

  /** `10:00`, `10:00:00`, `10:00:00.5`; also `10:`, as the engine has it. */
  private time(): number {
    this.spaces()
    const hour = this.digits(9)
    if (hour < 0 || !this.skip(COLON)) return Number.NaN
    if (this.at === this.text.length) return hour * MICROS_PER_HOUR
    const minute = this.digits(2)
    if (minute < 0 || minute >= 60) return Number.NaN
    let micros = hour * MICROS_PER_HOUR + minute * MICROS_PER_MINUTE
    if (!this.skip(COLON) || this.at === this.text.length) return micros
    const second = this.digits(2)
    if (second < 0 || second >= 60) return Number.NaN
    micros += second * MICROS_PER_SECOND
    return this.skip(DOT) ? micros + this.fraction() : micros
  }

  /** Microseconds; what is finer is cut off. */
  private fraction(): number {
    let micros = 0
    let weight = 100_000
    for (; isDigit(this.text.charCodeAt(this.at)); this.at++) {
      if (weight >= 1) micros += (this.text.charCodeAt(this.at) - ZERO) * weight
      weight /= 10
    }
    return micros
  }

  /** The zone, then nothing but blanks. */
  private suffix(local: number): number {
    const { text } = this
    if (this.at === text.length) return this.zone.instant(local)
    let micros: number
    const char = text.charCodeAt(this.at)
    if (char === LETTER_Z) {
      this.at++
      micros = local
    } else if (char === PLUS || char === MINUS) {
      micros = local - this.offset()
    } else if (char === SPACE) {
      const [name = ''] = /^[\w/+-]*/.exec(text.slice(++this.at)) ?? []
      this.at += name.length
      const zone = name === '' ? this.zone : this.zones.named(name)
      if (zone === undefined) return Number.NaN
      micros = zone.instant(local)
    } else return Number.NaN
    this.spaces()
    return this.at === text.length ? micros : Number.NaN
  }

  /** `+01`, `+0130`, `+01:30`, `+01:30:15`. */
  private offset(): number {
    const sign = this.text.charCodeAt(this.at++) === MINUS ? -1 : 1
    const hours = this.pair()
    if (hours < 0) return Number.NaN
    let micros = hours * MICROS_PER_HOUR
    this.skip(COLON)
    const minutes = this.pair()
    if (minutes >= 0) {
      micros += minutes * MICROS_PER_MINUTE
      this.skip(COLON)
      const seconds = this.pair()
      if (seconds >= 0) micros += seconds * MICROS_PER_SECOND
    }
    return sign * micros
  }

  private spaces(): void {
    while (isBlank(this.text.charCodeAt(this.at))) this.at++
  }

  private skip(char: number): boolean {
    if (this.text.charCodeAt(this.at) !== char) return false
    this.at++
    return true
  }

  /** At least one digit, at most `most`; -1 when there is none. */
  private digits(most: number): number {
    let value = 0
    const end = this.at + most
    const start = this.at
    for (let char = this.text.charCodeAt(this.at); isDigit(char) && this.at < end; ) {
      value = value * 10 + char - ZERO
      char = this.text.charCodeAt(++this.at)
    }
    return this.at === start ? -1 : value
  }

  /** Exactly two digits; -1 without moving when there are fewer. */
  private pair(): number {
    const tens = this.text.charCodeAt(this.at)
    const ones = this.text.charCodeAt(this.at + 1)
    if (!isDigit(tens) || !isDigit(ones)) return -1
    this.at += 2
    return (tens - ZERO) * 10 + ones - ZERO
  }
}

const [SPACE, PLUS, MINUS, DOT, ZERO, COLON, LETTER_T, LETTER_Z] = [32, 43, 45, 46, 48, 58, 84, 90]
/** A blank, `-`, `/` and `\`. */
const DATE_SEPARATORS: ReadonlySet<number> = new Set([32, 45, 47, 92])

/** False for the NaN beyond the end. */
const isDigit = (char: number): boolean => char >= 48 && char <= 57
const isBlank = (char: number): boolean => char === 32 || (char >= 9 && char <= 13)
