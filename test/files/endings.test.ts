/** Which format a file's name asks for, of those that its command has. */
import { expect, it } from 'vitest'
import { TABLE_FORMATS } from '../../src/engines/table-file.js'
import { formatOf } from '../../src/files/endings.js'
import { CHECK_FORMATS } from '../../src/report/check/format-names.js'
import { FORMATS } from '../../src/report/formats.js'
import { run } from '../oracle/run.js'

it.each([
  ['out.json', FORMATS, 'json'],
  ['OUT.CSV', FORMATS, 'csv'],
  ['a.b/notes.md', FORMATS, 'markdown'],
  ['summary.txt', FORMATS, 'terminal'],
  ['summary', FORMATS, undefined],
  ['summary.xyz', FORMATS, undefined],
  ['summary.constructor', FORMATS, undefined],
  ['summary.parquet', FORMATS, undefined],
  ['folder.json/summary', FORMATS, undefined],
  ['out.xml', CHECK_FORMATS, 'junit'],
  ['a/checks.SARIF', CHECK_FORMATS, 'sarif'],
  ['notes.md', CHECK_FORMATS, 'markdown'],
  ['out', CHECK_FORMATS, undefined],
  ['rows.json', TABLE_FORMATS, 'ndjson'],
  ['rows.jsonl', TABLE_FORMATS, 'ndjson'],
  ['rows.feather', TABLE_FORMATS, 'arrow'],
] as const)('%s of %j is %s', (path, formats: readonly string[], format) => {
  expect(formatOf(path, formats)).toBe(format)
})

it('knows no ending that is a property of every object', async () => {
  const { exit, stderr } = await run(['summary', 'nowhere.csv', '-o', 'out.constructor'])
  expect(stderr).toContain('nowhere.csv')
  expect(exit).toBe(3)
})
