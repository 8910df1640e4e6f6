import { crc32, deflateRawSync } from 'node:zlib'

/** One member as it is to be written, with every lie that a test wants told. */
export interface ZipPart {
  readonly name: string
  readonly data?: string | Buffer
  readonly stored?: boolean
  /** What the headers claim instead of the truth. */
  readonly claims?: {
    readonly size?: number
    readonly crc?: number
    readonly method?: number
    readonly flags?: number
    /** Unix mode, with the file type. */
    readonly mode?: number
  }
  /** Sizes and offset in zip64 fields, whatever they are. */
  readonly zip64?: boolean
  /** Points at the data of this earlier member instead of having its own. */
  readonly sharesDataOf?: string
}

/** A zip, byte by byte (APPNOTE.TXT 4.3), so that hostile ones can be written too. */
export function buildZip(
  parts: readonly ZipPart[],
  comment = '',
  counted = Math.min(parts.length, 0xffff),
): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  const offsets = new Map<string, number>()
  let offset = 0
  for (const part of parts) {
    const name = Buffer.from(part.name, 'utf8')
    const data = Buffer.from(part.data ?? '')
    const body = part.stored === true ? data : deflateRawSync(data)
    const method = part.claims?.method ?? (part.stored === true ? 0 : 8)
    const flags = 0x0800 | (part.claims?.flags ?? 0)
    const crc = part.claims?.crc ?? crc32(data)
    const size = part.claims?.size ?? data.length
    const common = Buffer.alloc(26)
    common.writeUInt16LE(part.zip64 === true ? 45 : 20, 0)
    common.writeUInt16LE(flags, 2)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE(crc, 10)
    common.writeUInt32LE(part.zip64 === true ? 0xffffffff : body.length, 14)
    common.writeUInt32LE(part.zip64 === true ? 0xffffffff : size, 18)
    common.writeUInt16LE(name.length, 22)

    const start = part.sharesDataOf === undefined ? offset : (offsets.get(part.sharesDataOf) ?? 0)
    if (part.sharesDataOf === undefined) {
      const extra = part.zip64 === true ? zip64Extra(size, body.length) : Buffer.alloc(0)
      common.writeUInt16LE(extra.length, 24)
      const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, extra, body])
      locals.push(local)
      offsets.set(part.name, offset)
      offset += local.length
    }
    const extra = part.zip64 === true ? zip64Extra(size, body.length, start) : Buffer.alloc(0)
    common.writeUInt16LE(extra.length, 24)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(((part.claims?.mode ?? 0o100644) << 16) >>> 0, 6)
    rest.writeUInt32LE(part.zip64 === true ? 0xffffffff : start, 10)
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, rest, name, extra]),
    )
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(counted, 8)
  end.writeUInt16LE(counted, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...locals, central, end, Buffer.from(comment)])
}

function zip64Extra(size: number, stored: number, offset?: number): Buffer {
  const values = offset === undefined ? [size, stored] : [size, stored, offset]
  const extra = Buffer.alloc(4 + values.length * 8)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(values.length * 8, 2)
  values.forEach((value, i) => {
    extra.writeBigUInt64LE(BigInt(value), 4 + i * 8)
  })
  return extra
}
