/** A YAML or JSON text with the places of its parts, so that messages can point at them. */
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml'
import { SessionizeError } from '../../errors/errors.js'

export type Path = readonly (string | number)[]

export class ConfigDocument {
  private constructor(
    /** As the user would name it. */
    readonly file: string,
    readonly value: unknown,
    private readonly document: Document.Parsed,
    private readonly lines: LineCounter,
  ) {}

  /** @throws SessionizeError `usage` at the first thing that cannot be parsed. */
  static parse(text: string, file: string): ConfigDocument {
    const lines = new LineCounter()
    // JSON is YAML too, so that one parser knows the places in both.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const [error] = document.errors
    if (error !== undefined) {
      const { line, col } = lines.linePos(error.pos[0])
      throw new SessionizeError('usage', `${file}:${line}:${col}: ${error.message}`, {
        hint: 'A text with a colon, a hash or a quote in it must be quoted.',
        cause: error,
      })
    }
    try {
      return new ConfigDocument(file, document.toJS() ?? {}, document, lines)
    } catch (cause) {
      // An alias of nothing, or aliases of aliases that would fill memory.
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new SessionizeError('usage', `${file}: ${message}.`, {
        hint: 'Write the values out instead of using aliases.',
        cause,
      })
    }
  }

  /** `sessionize.config.yaml:12:5` of the value at a path, or of its nearest parent that is there. */
  place(path: Path): string {
    const { line, col } = this.lines.linePos(this.offset(path))
    return `${this.file}:${line}:${col}`
  }

  problem(path: Path, message: string, hint?: string): SessionizeError {
    return new SessionizeError('usage', `${this.place(path)}: ${message}`, {
      ...(hint === undefined ? {} : { hint }),
    })
  }

  private offset(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const at = this.keyOffset(path.slice(0, length)) ?? this.valueOffset(path.slice(0, length))
      if (at !== undefined) return at
    }
    return 0
  }

  /** A key says better than its value where something is. */
  private keyOffset(path: Path): number | undefined {
    const parent =
      path.length === 1 ? this.document.contents : this.document.getIn(path.slice(0, -1), true)
    if (!isMap(parent)) return undefined
    const pair = parent.items.find(
      (item) => isPair(item) && keyText(item.key) === String(path.at(-1)),
    )
    return pair !== undefined && isNode(pair.key) ? pair.key.range?.[0] : undefined
  }

  private valueOffset(path: Path): number | undefined {
    const node = this.document.getIn(path, true)
    return isNode(node) ? node.range?.[0] : undefined
  }
}

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key)
