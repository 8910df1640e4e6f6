import type { Appearance } from './appearance.js'
import { styleFor } from './style.js'
import { pad, textWidth, widest, wrap } from './width.js'

/** Lines of prose are not read easily when longer. */
const LONGEST_LINE = 100

export interface Field {
  readonly label: string
  /** One line of safe text: values from the data in it went through `untrusted.ts`. */
  readonly text: string
}

/** `label  text`, the texts aligned and wrapped beside their labels. */
export function renderFields(fields: readonly Field[], appearance: Appearance): string {
  const style = styleFor(appearance)
  const labelWidth = widest(fields.map(({ label }) => label))
  const textRoom = Math.min(appearance.columns, LONGEST_LINE) - labelWidth - 2
  return fields
    .flatMap(({ label, text }) =>
      wrap(text, textRoom).map((line, at) => {
        const head = pad(at === 0 ? label : '', labelWidth, 'left')
        if (line === '') return at === 0 ? style.quiet(label) : ''
        return `${at === 0 ? style.quiet(head) : head}  ${line}`
      }),
    )
    .join('\n')
}

/** `warning: text`, wrapped under its text. */
export function renderNotice(
  label: string,
  text: string,
  paint: (text: string) => string,
  appearance: Appearance,
): string {
  const indent = ' '.repeat(textWidth(label) + 2)
  const room = Math.min(appearance.columns, LONGEST_LINE) - indent.length
  return wrap(text, room)
    .map((line, at) => (at === 0 ? `${paint(`${label}:`)} ${line}` : indent + line).trimEnd())
    .join('\n')
}
