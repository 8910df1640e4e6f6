import { describe, expect, it } from 'vitest'
import { SessionizeError } from '../../src/errors/errors.js'
import { renderProblem } from '../../src/report/problem.js'
import { coloured, plain } from './samples.js'

describe('a problem', () => {
  it.each([
    [
      new SessionizeError('unknown_column', 'No column `user` in events.csv.', {
        hint: 'Did you mean `user_id`? Try --user user_id.',
      }),
      'error: No column `user` in events.csv.\nhint: Did you mean `user_id`? Try --user user_id.',
    ],
    [new SessionizeError('engine', 'It failed.'), 'error: It failed.'],
    [
      new SessionizeError('engine', 'Parser Error:\nSELECT x\n       ^\n'),
      'error: Parser Error:\n  SELECT x\n         ^',
    ],
    [
      new SessionizeError('input_missing', 'No file \u001b[31mevil\u202e.'),
      'error: No file \\x1b[31mevil\\u202e.',
    ],
  ])('%s', (error, text) => {
    expect(renderProblem(error, plain())).toBe(text)
  })

  it('is not wrapped, so that a path in it can be copied', () => {
    const path = `/data/${'x'.repeat(200)} y.csv`
    expect(renderProblem(new SessionizeError('input_missing', path), plain(40))).toBe(
      `error: ${path}`,
    )
  })

  it('is red where there is colour', () => {
    expect(renderProblem(new SessionizeError('engine', 'It failed.'), coloured())).toBe(
      '\u001b[1m\u001b[31merror:\u001b[39m\u001b[22m It failed.',
    )
  })
})
