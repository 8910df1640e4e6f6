/** Thrift's compact protocol, as far as a Parquet footer needs it (thrift-compact-protocol.md). */

const TYPE = { true: 1, false: 2, byte: 3, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const

export class ThriftWriter {
  private readonly parts: Buffer[] = []
  private lastField = 0

  bool(field: number, value: boolean): void {
    this.header(field, value ? TYPE.true : TYPE.false)
  }

  byte(field: number, value: number): void {
    this.header(field, TYPE.byte)
    this.parts.push(Buffer.from([value & 0xff]))
  }

  i32(field: number, value: number): void {
    this.header(field, TYPE.i32)
    this.parts.push(signed(value))
  }

  i64(field: number, value: number): void {
    this.header(field, TYPE.i64)
    this.parts.push(signed(value))
  }

  text(field: number, value: string): void {
    this.header(field, TYPE.binary)
    this.parts.push(binary(value))
  }

  struct(field: number, write: (inner: ThriftWriter) => void): void {
    this.header(field, TYPE.struct)
    this.parts.push(struct(write))
  }

  structs(field: number, writers: readonly ((inner: ThriftWriter) => void)[]): void {
    this.list(field, TYPE.struct, writers.map(struct))
  }

  i32s(field: number, values: readonly number[]): void {
    this.list(field, TYPE.i32, values.map(signed))
  }

  texts(field: number, values: readonly string[]): void {
    this.list(field, TYPE.binary, values.map(binary))
  }

  stop(): void {
    this.parts.push(Buffer.from([0]))
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts)
  }

  private list(field: number, type: number, items: readonly Buffer[]): void {
    this.header(field, TYPE.list)
    const short = items.length < 15
    this.parts.push(Buffer.from([((short ? items.length : 15) << 4) | type]))
    if (!short) this.parts.push(varint(items.length))
    this.parts.push(...items)
  }

  /** Fields come in rising order, a few apart, so the short form always does. */
  private header(field: number, type: number): void {
    this.parts.push(Buffer.from([((field - this.lastField) << 4) | type]))
    this.lastField = field
  }
}

/** Seven bits a byte, the lowest first; safe to 2^53. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

const signed = (value: number): Buffer => varint(value < 0 ? -value * 2 - 1 : value * 2)

const binary = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([varint(bytes.length), bytes])
}

function struct(write: (inner: ThriftWriter) => void): Buffer {
  const inner = new ThriftWriter()
  write(inner)
  inner.stop()
  return inner.bytes()
}
