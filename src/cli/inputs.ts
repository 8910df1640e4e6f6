import { SessionizeError } from '../errors/errors.js'
import type { Terminal } from './terminal.js'

/** No input named: standard input when something is piped in, else an error that says what to type. */
export function requireInputs(inputs: readonly string[], { stdin }: Terminal): readonly string[] {
  if (inputs.length > 0) {
    if (inputs.includes('-') && stdin.isTTY === true) {
      throw new SessionizeError('usage', 'Nothing is piped into standard input.', {
        hint: 'Try: cat events.csv | sessionize -',
      })
    }
    return inputs
  }
  if (stdin.isTTY === true) {
    throw new SessionizeError('usage', 'Name at least one file.', {
      hint: 'Try: sessionize export.zip, or see: sessionize --help',
    })
  }
  return ['-']
}
