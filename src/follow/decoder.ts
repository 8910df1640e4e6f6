/** From the bytes of a stream to its events. */
import type { LineCounts } from './counts.js'
import type { StreamEvent } from './event.js'

/** Takes an event, and the line that it came from as JSON. */
export type TakeEvent = (event: StreamEvent, json: () => string) => void

export interface Decoder {
  /** Events are taken before it returns. */
  push(chunk: Buffer): void
  /** The input is over: what is left counts as a whole line. */
  end(): void
  /** Position in the input after the last line that was taken. */
  readonly consumed: number
}

export interface DecoderOptions {
  readonly counts: LineCounts
  readonly take: TakeEvent
  /** In the input, of the first byte. */
  readonly position: number
}
