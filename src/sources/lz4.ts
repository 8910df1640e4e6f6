/**
 * LZ4 frames, which Arrow files written by pandas, R and pyarrow hold by default and which Node
 * cannot unpack. Formats: lz4_Frame_format.md and lz4_Block_format.md of github.com/lz4/lz4.
 *
 * Our own, as lz4js, last released in 2018, takes damaged data for other data.
 */

const FRAME_MAGIC = 0x184d2204

/**
 * @param size what the frame is said to hold
 * @throws RangeError where the data is not what it says
 */
export function unpackLz4(frame: Uint8Array, size: number): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (view.getUint32(0, true) !== FRAME_MAGIC) throw new RangeError('no LZ4 frame')
  const flags = view.getUint8(4)
  const hasContentSize = (flags & 0x08) !== 0
  const hasDictionary = (flags & 0x01) !== 0
  const hasBlockChecksum = (flags & 0x10) !== 0
  let position = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0)
  const out = new Uint8Array(size)
  let written = 0
  for (;;) {
    const header = view.getUint32(position, true)
    position += 4
    if (header === 0) return out.subarray(0, written)
    const length = header & 0x7fffffff
    const block = frame.subarray(position, position + length)
    if (block.length < length) throw new RangeError('an LZ4 block ends early')
    if (header >>> 31 === 1) {
      out.set(block, written)
      written += length
    } else {
      written = unpackBlock(block, out, written)
    }
    position += length + (hasBlockChecksum ? 4 : 0)
  }
}
/** Returns where the output ends. Blocks may refer back into earlier ones. */
function unpackBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let from = 0
  let to = start
  const next = (): number => {
    const byte = block[from++]
    if (byte === undefined) throw new RangeError('an LZ4 block ends early')
    return byte
  }
  const extended = (length: number): number => {
    if (length < 15) return length
    let total = length
    for (let byte = 255; byte === 255; ) {
      byte = next()
      total += byte
    }
    return total
  }
  while (from < block.length) {
    const token = next()
    const literals = extended(token >>> 4)
    if (from + literals > block.length) throw new RangeError('an LZ4 block ends early')
    out.set(block.subarray(from, from + literals), to)
    from += literals
    to += literals
    // The last sequence has literals only.
    if (from >= block.length) break
    const distance = next() | (next() << 8)
    const length = extended(token & 15) + 4
    if (distance === 0 || distance > to || to + length > out.length) {
      throw new RangeError('an LZ4 match leads outside')
    }
    if (distance >= length) out.copyWithin(to, to - distance, to - distance + length)
    else for (let i = 0; i < length; i++) out[to + i] = out[to + i - distance] ?? 0
    to += length
  }
  return to
}
