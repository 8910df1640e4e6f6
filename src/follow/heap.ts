/**
 * The heap of V8, which ends the process in its own words, with nothing saved, when it is full. So it
 * is looked at before.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Of the limit, for new objects: the old ones, which are what is held, have no use of it. */
const YOUNG_BYTES = 48 * 1024 ** 2

/**
 * Of the room for what is held. The rest is for what must still be done: a table of users that doubles, the state
 * that is saved, the sessions that are written.
 */
const FULL_SHARE = 0.8

export interface Memory {
  /** Cheap enough to be asked after each chunk of input. */
  isFull(): boolean
  readonly usedBytes: number
  readonly limitBytes: number
}

export class Heap implements Memory {
  readonly limitBytes = getHeapStatistics().heap_size_limit
  usedBytes = 0
  private readonly room = Math.max(this.limitBytes - YOUNG_BYTES, this.limitBytes / 2)
  private readonly full = FULL_SHARE * this.room
  /** Below it there is no need to look closer. */
  private close = this.full

  isFull(): boolean {
    this.usedBytes = getHeapStatistics().used_heap_size
    if (this.usedBytes < this.close) return false
    // Much of it may be garbage: only after a collection it is known what is held. Each takes long,
    // so the next is made when half of the room that is left was taken.
    collectGarbage()
    this.usedBytes = getHeapStatistics().used_heap_size
    this.close = Math.max(this.full, (this.usedBytes + this.room) / 2)
    return this.usedBytes >= this.full
  }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
}
