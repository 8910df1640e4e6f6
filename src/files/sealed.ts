/** JSON whose last member is a checksum of all bytes before it: not a bit of it changes unseen. */
import { createHash } from 'node:crypto'

const SEAL = /,\n "checksum": "([0-9a-f]{64})"\n}\n$/
const SEAL_BYTES = Buffer.byteLength(',\n "checksum": ""\n}\n') + 64

const digest = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')

export function sealed(content: object): string {
  const text = JSON.stringify(content, null, 1).replace(/\n}$/, '')
  return `${text},\n "checksum": "${digest(text)}"\n}\n`
}

/** Undefined where there is no checksum to compare with. */
export function isIntact(bytes: Buffer): boolean | undefined {
  const at = Math.max(0, bytes.length - SEAL_BYTES)
  const said = SEAL.exec(bytes.subarray(at).toString('latin1'))?.[1]
  return said === undefined ? undefined : said === digest(bytes.subarray(0, at))
}
