/**
 * Tar archives as a stream: POSIX ustar and pax, and GNU long names. Members are read in place, in
 * order, so a `tar.gz` needs no unpacked copy.
 */
import { validateFileName } from 'yauzl'
import type { Bytes } from './bytes.js'
import { corrupt, refused, unsafeName } from './failures.js'

const BLOCK = 512
/** A pax header or a long name of more than this is not a name. */
const HEADER_LIMIT = 1024 * 1024

export interface TarMember {
  readonly name: string
  readonly size: number
  /** Can be read once, before the next member is asked for; what is not read is passed over. */
  readonly bytes: Bytes
}

/**
 * The magic of ustar, or (before 1988) a header whose checksum is right. Its fields are filled up with
 * NUL; text has none, and digits at the place of the checksum can be right by chance.
 */
export function isTarHeader(head: Buffer): boolean {
  if (head.length < BLOCK) return false
  const old = head.subarray(0, BLOCK).includes(0) && checksumMatches(head)
  return head.toString('latin1', 257, 262) === 'ustar' || old
}

/** Regular files only; directories are implied by names; anything that points elsewhere is refused. */
export async function* tarMembers(bytes: Bytes, label: string): AsyncGenerator<TarMember> {
  const reader = new ByteReader(bytes, label)
  try {
    let next: { path?: string; size?: number } = {}
    for (;;) {
      const header = await reader.block()
      if (header.every((byte) => byte === 0)) break
      if (!checksumMatches(header)) {
        throw corrupt(label, 'is damaged: a tar header does not match its checksum')
      }
      const type = header.toString('latin1', 156, 157)
      const size = next.size ?? number(header.subarray(124, 136), label)
      const name = (next.path ?? headerName(header)).replace(/^(\.\/+)+/, '')
      const unsafe = validateFileName(name.replaceAll('\\', '/'))
      if (unsafe !== null) throw unsafeName(label, unsafe)
      switch (type) {
        case '0':
        case '\0':
        case '7':
          next = {}
          // Before POSIX a directory was a file whose name ends with a slash.
          if (name.endsWith('/')) await reader.skip(padded(size))
          else {
            const body = reader.take(size, name)
            yield { name, size, bytes: body.bytes }
            await reader.skip(body.left() + padded(size) - size)
          }
          break
        case '5':
          next = {}
          await reader.skip(padded(size))
          break
        case 'x':
          next = { ...next, ...paxFields(await reader.text(size)) }
          break
        case 'L':
          next = { ...next, path: (await reader.text(size)).split('\0', 1).join() }
          break
        case 'g':
        case 'K':
        case 'V':
          await reader.skip(padded(size))
          break
        case '1':
        case '2':
          throw refused(`${label} holds a link, \`${name}\`: links are not followed.`)
        default:
          throw refused(`${label} holds \`${name}\`, which is not a plain file (tar type ${type}).`)
      }
    }
    // To its end, so that the checksum of a gzip around it is looked at.
    await reader.drain()
  } finally {
    await reader.close()
  }
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK

function checksumMatches(header: Buffer): boolean {
  const stored = Number.parseInt(text(header.subarray(148, 156)).trim(), 8)
  if (Number.isNaN(stored)) return false
  let sum = 0
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (header[i] ?? 0)
  return sum === stored
}

function headerName(header: Buffer): string {
  const name = text(header.subarray(0, 100))
  const ustar = header.toString('latin1', 257, 263) === 'ustar\0'
  const prefix = ustar ? text(header.subarray(345, 500)) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Up to the first NUL. */
function text(field: Buffer): string {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? field.length : end)
}

/** Octal text, or (GNU, beyond 8 GiB) a big-endian number with the top bit set. */
function number(field: Buffer, label: string): number {
  let value = 0
  if (((field[0] ?? 0) & 0x80) !== 0) {
    for (const [i, byte] of field.entries()) value = value * 256 + (i === 0 ? byte & 0x7f : byte)
  } else {
    const digits = text(field).trim()
    value = digits === '' ? 0 : Number.parseInt(digits, 8)
  }
  if (!Number.isSafeInteger(value) || value < 0) {
    throw corrupt(label, 'is damaged: a tar header has no readable size')
  }
  return value
}

/** `25 path=some/long/name\n`, the length in bytes counting itself. */
function paxFields(records: string): { path?: string; size?: number } {
  const fields: { path?: string; size?: number } = {}
  let rest = Buffer.from(records, 'utf8')
  while (rest.length > 0) {
    const length = Number.parseInt(rest.toString('latin1', 0, 20), 10)
    if (!(length > 0)) break
    const record = rest.toString('utf8', 0, Math.min(length, rest.length)).replace(/\n$/, '')
    rest = rest.subarray(Math.min(length, rest.length))
    const [, key, value] = /^\d+ ([^=]+)=(.*)$/s.exec(record) ?? []
    if (key === 'path' && value !== undefined) fields.path = value
    if (key === 'size' && value !== undefined && /^\d+$/.test(value)) fields.size = Number(value)
  }
  return fields
}

/** Exact reads over a stream of chunks of any size. */
class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>
  private buffer: Buffer = Buffer.alloc(0)

  constructor(
    bytes: Bytes,
    private readonly label: string,
  ) {
    this.chunks = bytes[Symbol.asyncIterator]()
  }

  /** One 512-byte block. A tar that ends without its two empty blocks was cut. */
  async block(): Promise<Buffer> {
    return this.exactly(BLOCK)
  }

  async text(size: number): Promise<string> {
    if (size > HEADER_LIMIT) throw refused(`${this.label} has a tar header of ${size} bytes.`)
    return (await this.exactly(padded(size))).toString('utf8', 0, size)
  }

  /** The next `size` bytes as a stream, and how many of them nobody has read. */
  take(size: number, name: string): { bytes: Bytes; left: () => number } {
    let left = size
    const nextPart = async (): Promise<Buffer> => {
      if (this.buffer.length === 0) await this.fill(`${this.label}!${name}`)
      const part = this.buffer.subarray(0, left)
      this.buffer = this.buffer.subarray(part.length)
      left -= part.length
      return part
    }
    async function* parts(): AsyncGenerator<Buffer> {
      while (left > 0) yield await nextPart()
    }
    return { bytes: parts(), left: () => left }
  }

  async skip(size: number): Promise<void> {
    for (let left = size; left > 0; ) {
      if (this.buffer.length === 0) await this.fill(this.label)
      const passed = Math.min(left, this.buffer.length)
      this.buffer = this.buffer.subarray(passed)
      left -= passed
    }
  }

  async drain(): Promise<void> {
    while ((await this.chunks.next()).done !== true);
  }

  async close(): Promise<void> {
    await this.chunks.return?.()
  }

  private async exactly(size: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let left = size; left > 0; ) {
      if (this.buffer.length === 0) await this.fill(this.label)
      const part = this.buffer.subarray(0, left)
      this.buffer = this.buffer.subarray(part.length)
      parts.push(part)
      left -= part.length
    }
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, size)
  }

  private async fill(label: string): Promise<void> {
    for (;;) {
      const next = await this.chunks.next()
      if (next.done === true) throw corrupt(label, 'is cut short: its tar data ends early')
      if (next.value.length > 0) {
        this.buffer = next.value
        return
      }
    }
  }
}
