/**
 * The names of a Parquet file's columns as its footer spells them. The engine numbers those that differ
 * in case only (`User`, `user` become `User`, `user_1`) in everything that it tells of a file.
 */
import { open } from 'node:fs/promises'

/** A footer's length and the mark behind it. */
const END_BYTES = 8

/** Undefined where the footer is not as the format says. */
export async function columnNames(path: string): Promise<string[] | undefined> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const end = Buffer.alloc(END_BYTES)
    await file.read(end, 0, END_BYTES, size - END_BYTES)
    const footer = Buffer.alloc(Math.min(end.readUInt32LE(0), size - END_BYTES))
    await file.read(footer, 0, footer.length, size - END_BYTES - footer.length)
    return topLevel(new SchemaReader(footer).elements())
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  } finally {
    await file.close()
  }
}

interface Element {
  name: string
  children: number
}

/** The elements are listed depth first, and the first is the root. */
function topLevel([root, ...elements]: readonly Element[]): string[] {
  const names: string[] = []
  let at = 0
  for (let column = 0; column < (root?.children ?? 0); column++) {
    names.push(elements[at]?.name ?? '')
    for (let left = 1; left > 0 && at < elements.length; at++) {
      left += (elements[at]?.children ?? 0) - 1
    }
  }
  return names
}

/** Types of Thrift's compact protocol (thrift-compact-protocol.md) that stand before and in a schema. */
const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, STRUCT] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12,
]
/** Deeper than any logical type. */
const DEEPEST = 16

/** Reads as far as the schema (parquet.thrift: `FileMetaData.schema` is field 2). */
class SchemaReader {
  private at = 0

  constructor(private readonly bytes: Buffer) {}

  elements(): Element[] {
    for (const { id, type } of this.fields()) {
      if (id === 2 && type === LIST) {
        return Array.from({ length: this.listHeader().size }, () => this.element())
      }
      this.skip(type)
    }
    throw new RangeError('no schema')
  }

  /** `SchemaElement`: its name is field 4, the number of its children field 5. */
  private element(): Element {
    const element = { name: '', children: 0 }
    for (const { id, type } of this.fields()) {
      if (id === 4 && type === BINARY) element.name = this.binary().toString('utf8')
      else if (id === 5 && type === I32) element.children = this.integer()
      else this.skip(type)
    }
    return element
  }

  private *fields(): Generator<{ id: number; type: number }> {
    let id = 0
    for (let head = this.byte(); head !== 0; head = this.byte()) {
      id = head >> 4 === 0 ? this.integer() : id + (head >> 4)
      yield { id, type: head & 15 }
    }
  }

  private skip(type: number, depth = 0): void {
    if (depth > DEEPEST) throw new RangeError('too deep')
    switch (type) {
      case TRUE:
      case FALSE:
        return
      case BYTE:
        this.at += 1
        return
      case I16:
      case I32:
      case I64:
        this.varint()
        return
      case DOUBLE:
        this.at += 8
        return
      case BINARY:
        this.binary()
        return
      case LIST:
      case SET: {
        const { size, type: of } = this.listHeader()
        for (let i = 0; i < size; i++) this.skip(of === TRUE || of === FALSE ? BYTE : of, depth + 1)
        return
      }
      case STRUCT:
        for (const field of this.fields()) this.skip(field.type, depth + 1)
        return
      default:
        throw new RangeError(`unknown type ${type}`)
    }
  }

  private listHeader(): { size: number; type: number } {
    const head = this.byte()
    const size = head >> 4 === 15 ? this.varint() : head >> 4
    if (size > this.bytes.length) throw new RangeError('longer than the footer')
    return { size, type: head & 15 }
  }

  private binary(): Buffer {
    const length = this.varint()
    if (this.at + length > this.bytes.length) throw new RangeError('longer than the footer')
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  /** Zigzag. */
  private integer(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  private varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  private byte(): number {
    return this.bytes.readUInt8(this.at++)
  }
}
