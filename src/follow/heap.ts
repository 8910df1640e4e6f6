/**
 * The heap of V8, which ends the process in its own words, with nothing saved, when it is full. So it
 * is looked at before.
 */
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Of V8's limit, for new objects: the old ones, which are what is held, have no use of it. */
const YOUNG_BYTES = 48 * 1024 ** 2

/**
 * Of the room for what is held. Above four fifths V8 ends a process whose collections take most of its
 * time, though there is room left (`IsIneffectiveMarkCompact` in its heap.cc), as on a busy machine
 * they do. The rest is for what must still be done: a table of users that doubles, the state that is
 * saved, the sessions that are written.
 */
const FULL_SHARE = 0.65

/** Of the room, that may be taken at least before the next look. */
const STEP_SHARE = 0.03

export interface Memory {
  /** Cheap enough to be asked after each chunk of input. */
  isFull(): boolean
  /** Of old objects, as `--max-old-space-size` means them. */
  readonly usedBytes: number
  readonly limitBytes: number
}

export class Heap implements Memory {
  readonly limitBytes = oldLimitBytes()
  usedBytes = 0
  private readonly full = FULL_SHARE * this.limitBytes
  /** Below it there is no need to look closer. */
  private close = this.full / 2

  isFull(): boolean {
    this.usedBytes = oldBytes()
    if (this.usedBytes < this.close) return false
    // Some of it may be garbage: only after a collection it is known what is held. Each takes long,
    // so the next is made when half of the room that is left was taken.
    collectGarbage()
    this.usedBytes = oldBytes()
    const left = this.full - this.usedBytes
    this.close = this.usedBytes + Math.max(left / 2, STEP_SHARE * this.limitBytes)
    return left <= 0
  }
}

function oldLimitBytes(): number {
  const { heap_size_limit: bytes } = getHeapStatistics()
  return Math.max(bytes - YOUNG_BYTES, bytes / 2)
}

/** What has outlived a collection or two. */
function oldBytes(): number {
  let bytes = 0
  for (const { space_name: name, space_used_size: used } of getHeapSpaceStatistics()) {
    if (!name.startsWith('new_')) bytes += used
  }
  return bytes
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
}
