export interface TarPart {
  readonly name: string
  readonly data?: string | Buffer
  /** Tar's type letter; a plain file by default. */
  readonly type?: string
  readonly claimedSize?: number
  readonly badChecksum?: boolean
}

/** A ustar archive, block by block; without its two empty blocks when `end` is false. */
export function buildTar(parts: readonly TarPart[], end = true): Buffer {
  const blocks: Buffer[] = []
  for (const { name, data = '', type = '0', claimedSize, badChecksum } of parts) {
    const body = Buffer.from(data)
    const header = Buffer.alloc(512)
    header.write(name, 0, 100)
    header.write('0000644\0', 100)
    header.write(`${(claimedSize ?? body.length).toString(8).padStart(11, '0')}\0`, 124)
    header.write('        ', 148)
    header.write(type, 156)
    header.write('ustar\x0000', 257, 'latin1')
    const sum = header.reduce((total, byte) => total + byte, 0) + (badChecksum === true ? 1 : 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    blocks.push(header, body, Buffer.alloc((512 - (body.length % 512)) % 512))
  }
  if (end) blocks.push(Buffer.alloc(1024))
  return Buffer.concat(blocks)
}

/** A pax record: its length counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest) + 1
  while (Buffer.byteLength(`${length}${rest}`) !== length) length++
  return `${length}${rest}`
}
