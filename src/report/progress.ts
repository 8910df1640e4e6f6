import type { Writable } from 'node:stream'
import { formatBytes, formatCount, formatSeconds } from './quantities.js'
import { visible } from './untrusted.js'
import { pad, shorten, textWidth } from './width.js'

export interface ProgressState {
  /** `reading events` */
  readonly phase: string
  readonly done: number
  /** Null while it is not known; then neither a share nor a time left is claimed. */
  readonly total: number | null
  readonly unit: 'bytes' | 'rows' | 'files'
}

/** Work that ends sooner needs no telling. */
const QUIET_MILLIS = 500
const REDRAW_MILLIS = 100

/**
 * `reading events  1.2 GB of 3.4 GB (35%)  412 MB/s  5s left`, from what was really done in the
 * phase so far. Parts that do not fit are left out, the last first.
 */
export function progressLine(state: ProgressState, elapsedMillis: number, columns: number): string {
  const amount = (count: number): string =>
    state.unit === 'bytes' ? formatBytes(count) : formatCount(count)
  const { done, total } = state
  const perSecond = elapsedMillis > 0 ? (done * 1_000) / elapsedMillis : 0
  const parts = [visible(state.phase)]
  if (total === null)
    parts.push(state.unit === 'bytes' ? amount(done) : `${amount(done)} ${state.unit}`)
  else {
    const share = total === 0 ? 1 : Math.min(1, done / total)
    const unit = state.unit === 'bytes' ? '' : ` ${state.unit}`
    parts.push(`${amount(done)} of ${amount(total)}${unit} (${Math.floor(share * 100)}%)`)
  }
  if (perSecond > 0) {
    parts.push(
      `${state.unit === 'bytes' ? formatBytes(perSecond) : `${formatCount(perSecond)} ${state.unit}`}/s`,
    )
    if (total !== null && done < total)
      parts.push(`${formatSeconds(Math.ceil((total - done) / perSecond))} left`)
  }
  while (parts.length > 1 && textWidth(parts.join('  ')) > columns) parts.pop()
  return shorten(parts.join('  '), columns, '...')
}

/** One line on a terminal, redrawn in place and gone at the end. Silent anywhere else. */
export class Progress {
  private readonly begun: number
  private phase: string | undefined
  private phaseBegun = 0
  private drawnAt = Number.NEGATIVE_INFINITY
  private drawnWidth = 0

  /** @param clock milliseconds, never going back. */
  constructor(
    private readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number },
    private readonly clock: () => number,
  ) {
    this.begun = clock()
  }

  update(state: ProgressState): void {
    if (this.stream.isTTY !== true) return
    const now = this.clock()
    const newPhase = state.phase !== this.phase
    if (newPhase) {
      this.phase = state.phase
      this.phaseBegun = now
    }
    if (now - this.begun < QUIET_MILLIS) return
    if (!newPhase && now - this.drawnAt < REDRAW_MILLIS) return
    // One column is kept free: a full line makes some terminals wrap.
    const line = progressLine(state, now - this.phaseBegun, (this.stream.columns || 80) - 1)
    // Old text is overwritten with spaces, which even a dumb terminal understands.
    this.stream.write(`\r${pad(line, this.drawnWidth, 'left')}`)
    this.drawnAt = now
    this.drawnWidth = textWidth(line)
  }

  /** Clears the line. Messages and results come after this. */
  finish(): void {
    if (this.drawnWidth === 0) return
    this.stream.write(`\r${' '.repeat(this.drawnWidth)}\r`)
    this.drawnWidth = 0
  }
}
