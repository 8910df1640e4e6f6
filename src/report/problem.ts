import type { SessionizeError } from '../errors/errors.js'
import type { Appearance } from './appearance.js'
import { styleFor } from './style.js'
import { visible } from './untrusted.js'

/**
 * `error: ...` and `hint: ...`, without a newline at the end. Not wrapped: a path or a command in
 * it can be copied, and a log can be searched. A message of several lines keeps them, indented.
 */
export function renderProblem(
  error: Pick<SessionizeError, 'message' | 'hint'>,
  appearance: Appearance,
): string {
  const style = styleFor(appearance)
  const lines = [`${style.failure('error:')} ${unwrapped(error.message)}`]
  if (error.hint !== undefined) lines.push(`${style.accent('hint:')} ${unwrapped(error.hint)}`)
  return lines.join('\n')
}

const unwrapped = (text: string): string => text.trimEnd().split(/\r?\n/).map(visible).join('\n  ')
