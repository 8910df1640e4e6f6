/** From a record to an event, or to the reason why it is none: the batch's reasons, in its order. */
import type { RejectReason } from '../events/ledger.js'
import type { Key, StreamColumns } from './columns.js'
import { NO_PROPERTIES, type StreamEvent } from './event.js'
import { csvField, type FieldPath, jsonField } from './fields.js'

import type { JsonObject } from './json-object.js'
import { RecurringTexts } from './recurring.js'
import { type TimeReader, timeReader } from './time.js'

export type Fate = RejectReason | 'out_of_session'

/** What a role's field holds in a record, for either format. */
type Read<Record> = (record: Record, line: string) => string | null

export class EventReader<Record> {
  private readonly users: readonly Read<Record>[]
  private readonly time: Read<Record>
  private readonly name: Read<Record>
  private readonly session: Read<Record>
  private readonly properties: readonly Read<Record>[]
  private readonly outOfSession: string | null
  private readonly readTime: TimeReader
  private readonly recurring = new RecurringTexts()

  private constructor(columns: StreamColumns, field: (path: FieldPath) => Read<Record>) {
    const key = (one: Key): Read<Record> => keyValue(one, field)
    this.users = columns.user.map(key)
    this.time = field(columns.time)
    this.name = columns.event === null ? NOTHING : key(columns.event)
    this.session = columns.session === null ? NOTHING : key(columns.session)
    this.properties = columns.properties.map(key)
    this.outOfSession = columns.outOfSession
    this.readTime = timeReader(columns.timeFormat, columns.timeZone, columns.timeDetected)
  }

  static json(columns: StreamColumns): EventReader<JsonObject> {
    return new EventReader(columns, jsonField)
  }

  static csv(columns: StreamColumns, header: readonly string[]): EventReader<readonly string[]> {
    return new EventReader(columns, (path) => csvField(header, path))
  }

  read(record: Record, line: string): StreamEvent | Fate {
    const user = this.userOf(record, line)
    if (user === null) return 'no_user'
    const time = this.time(record, line)
    if (time === null || isBlank(time)) return 'no_time'
    const micros = this.readTime(time)
    if (!Number.isFinite(micros)) return Number.isNaN(micros) ? 'bad_time' : 'time_out_of_range'
    // Empty text is no value.
    const recorded = this.session(record, line) || null
    if (recorded !== null && recorded === this.outOfSession) return 'out_of_session'
    const name = this.recurring.orNull(this.name(record, line) || null)
    const properties =
      this.properties.length === 0
        ? NO_PROPERTIES
        : this.properties.map((property) => this.recurring.orNull(property(record, line) || null))
    return { user, micros, name, recorded, properties }
  }

  private userOf(record: Record, line: string): string | null {
    for (const field of this.users) {
      const user = field(record, line)
      if (user !== null && !isBlank(user)) return user
    }
    return null
  }
}

const NOTHING = (): null => null

/** Between joined values, as in the batch. */
const JOINED_BY = '|'

/** Of several alternatives the first that is filled; where values are joined, all must be. */
function keyValue<Record>(key: Key, field: (path: FieldPath) => Read<Record>): Read<Record> {
  const alternatives = key.map((parts) => parts.map(field))
  const [first, ...others] = alternatives
  const only = first?.[0]
  if (only !== undefined && first?.length === 1 && others.length === 0) return only
  return (record, line) => {
    for (const parts of alternatives) {
      const values = parts.map((part) => part(record, line))
      if (values.every(isFilled)) return values.join(JOINED_BY)
    }
    return null
  }
}

const isFilled = (value: string | null): boolean => value !== null && !isBlank(value)

/** Empty, or nothing but spaces; hardly any text starts with one, so the rest is seldom looked at. */
const isBlank = (text: string): boolean =>
  text === '' || (text.charCodeAt(0) === 32 && text.trimStart() === '')
