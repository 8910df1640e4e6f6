/** Which of the clocks that an event carries says when it happened. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import type { Preset } from './presets/index.js'
import type { TimeColumn } from './time-column.js'

export const CLOCK_CHOICES = ['event', 'client', 'server', 'corrected'] as const
/** Which of an event's times counts; `corrected` is the device's, set right by the server's. */
export type ClockChoice = (typeof CLOCK_CHOICES)[number]

export interface MappedClock {
  readonly time: TimeColumn
  /** As it was asked for. */
  readonly choice?: ClockChoice
  /** The time plus how far the device was behind the server when it sent the event. */
  readonly correction?: {
    readonly server: TimeColumn
    readonly sent: TimeColumn
    readonly toleranceMicros: number
  }
  /** Two clocks whose difference is reported: the device's, when it sent the event if that is known. */
  readonly skew?: { readonly client: TimeColumn; readonly server: TimeColumn }
}

interface ClockOptions {
  readonly choice: ClockChoice | undefined
  /** A time column was named. */
  readonly given: boolean
  readonly preset: Preset
  readonly find: (keys: readonly string[]) => Promise<TimeColumn | undefined>
}

/** @throws SessionizeError `usage` when the files do not have the clock. */
export async function chooseClock(
  event: TimeColumn,
  { choice, given, preset, find }: ClockOptions,
): Promise<MappedClock> {
  if (choice === undefined) return { time: event }
  if (given) {
    throw new SessionizeError(
      'usage',
      `${option('clock')} ${choice} and ${option('time')} both say which time counts.`,
      {
        hint: 'Leave one of them out.',
      },
    )
  }
  const { clocks = {} } = preset
  const client = await find(clocks.client ?? [])
  const server = await find(clocks.server ?? [])
  const sent = await find(clocks.sent ?? [])
  const from = sent ?? client ?? event
  const skew =
    server === undefined || from.name === server.name ? {} : { skew: { client: from, server } }
  switch (choice) {
    case 'event':
      return { time: event, choice, ...skew }
    case 'client':
      return { time: client ?? missing(choice, clocks.client, preset), choice, ...skew }
    case 'server':
      return { time: server ?? missing(choice, clocks.server, preset), choice, ...skew }
    case 'corrected': {
      const correction = {
        server: server ?? missing(choice, clocks.server, preset),
        sent: sent ?? missing(choice, clocks.sent, preset),
        toleranceMicros: (clocks.toleranceSeconds ?? 0) * 1_000_000,
      }
      return { time: client ?? missing(choice, clocks.client, preset), choice, correction, ...skew }
    }
  }
}

function missing(
  choice: ClockChoice,
  columns: readonly string[] | undefined,
  preset: Preset,
): never {
  throw new SessionizeError(
    'usage',
    columns === undefined
      ? `${option('clock')} ${choice}: the ${preset.name} preset does not know such a clock.`
      : `${option('clock')} ${choice} needs ${columns.join(' or ')}, which these files do not have.`,
    { hint: `Name the column that counts with ${option('time')}.` },
  )
}
