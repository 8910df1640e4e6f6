/** On a real (pseudo-)terminal, of several widths, with the program as it is installed. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { textWidth } from '../../src/report/width.js'
import { cleanEvents, Folder } from '../checks/export.js'

const folder = new Folder()
afterAll(() => folder.remove())

const BIN = join(import.meta.dirname, '../../bin/sessionize.js')
const BUILT = existsSync(join(import.meta.dirname, '../../bundle/run.js'))
const SCRIPT = spawnSync('which', ['script']).status === 0

const files = folder.write(
  cleanEvents()
    .filter((_, at) => at % 5 !== 4)
    .map((e) => ({ ...e, platform: e.platform === 'Web' ? 'ウェブ 📺' : e.platform })),
)

/** What the terminal was sent. */
function onTerminal(
  columns: number,
  argv: readonly string[],
  env: Record<string, string> = {},
): { text: string; exit: number | null } {
  const command = ['node', BIN, ...argv].map((word) => `'${word}'`).join(' ')
  const { stdout, status } = spawnSync(
    'script',
    ['-qec', `stty cols ${columns} rows 40; ${command}`, '/dev/null'],
    {
      env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', NO_COLOR: '', ...env },
      encoding: 'utf8',
    },
  )
  return { text: stdout.replaceAll('\r\n', '\n'), exit: status }
}

/** Without the progress line, which is drawn over itself. */
const lines = (text: string): string[] =>
  stripVTControlCharacters(text)
    .replaceAll(/[^\n]*\r/g, '')
    .split('\n')

describe.skipIf(!SCRIPT || !BUILT)('on a pseudo-terminal', () => {
  it.each([40, 60, 80, 120, 200])('of %i columns nothing is wider', (columns) => {
    for (const argv of [
      [...files, '--by', 'platform'],
      ['check', ...files],
    ]) {
      const { text } = onTerminal(columns, argv)
      expect(text).toContain('session')
      for (const line of lines(text)) expect(textWidth(line)).toBeLessThanOrEqual(columns)
    }
  })

  it('has colour unless it is told otherwise', () => {
    // biome-ignore lint/complexity/useRegexLiterals: an escape in a literal is refused by another rule
    const coloured = new RegExp('\\u001b\\[\\d+m')
    expect(onTerminal(80, files).text).toMatch(coloured)
    expect(onTerminal(80, [...files, '--no-color']).text).not.toMatch(coloured)
    expect(onTerminal(80, files, { NO_COLOR: '1' }).text).not.toMatch(coloured)
    expect(onTerminal(80, files, { TERM: 'dumb' }).text).not.toMatch(coloured)
  })

  it('ends with the exit code of the command', () => {
    expect(onTerminal(80, ['check', ...files]).exit).toBe(0)
    expect(
      onTerminal(80, ['check', ...files, '--select', 'start-without-end', '--fail-on', 'warn'])
        .exit,
    ).toBe(1)
  })

  it('shows no page of HTML', () => {
    const { text, exit } = onTerminal(80, ['report', ...files])
    expect(exit).toBe(2)
    expect(text).toContain('-o report.html')
  })
})
