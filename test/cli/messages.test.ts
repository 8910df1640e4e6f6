import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { SafeCsv, safeCsv } from '../../src/report/safe-csv.js'
import { Folder } from '../checks/export.js'
import { run } from '../oracle/run.js'

const folder = new Folder()
afterAll(() => folder.remove())
const csv = folder.file(
  'events.csv',
  'user,time,event,plan\n=1+1,2024-01-01T00:00:00Z,open,-7\nb,2024-01-01T00:01:00Z,"@SUM(A1,""x"")",=cmd\n',
)

describe('--quiet and --verbose', () => {
  it('say nothing, or what it took', async () => {
    const quiet = await run(['sessions', csv, '--quiet'])
    expect(quiet.exit).toBe(0)
    expect(quiet.stderr).toBe('')
    const verbose = await run([csv, '-v', '--no-config'])
    expect(verbose.stderr).toMatch(/^took \d+\.\d s, peak memory \d+ MB\n$/)
  })

  it('never hide an error', async () => {
    const { exit, stderr } = await run(['nowhere.csv', '-q'])
    expect(exit).toBe(3)
    expect(stderr).toContain('nowhere.csv')
  })

  it('leave no note behind', async () => {
    const path = `${folder.path}/written.yaml`
    expect((await run(['init', '-o', path, '-q'])).stderr).toBe('')
    expect((await run(['init', '-o', path, '--force'])).stderr).toContain('Wrote')
  })
})

describe('--safe-csv', () => {
  it('shows formulas as text in tables and answers', async () => {
    const sessions = await run(['sessions', csv, '--safe-csv', '--columns', 'user,first_event'])
    expect(parse(sessions.stdout)).toEqual([
      ['user', 'first_event'],
      ["'=1+1", 'open'],
      ['b', `'@SUM(A1,"x")`],
    ])
    const answer = await run([csv, '--by', 'plan', '--format', 'csv', '--safe-csv'])
    const rows: string[][] = parse(answer.stdout)
    expect(rows.map(([plan]) => plan).sort()).toEqual(["'=cmd", '-7', 'plan'])
  })

  it('leaves other formats alone', async () => {
    const { stdout } = await run([
      'sessions',
      csv,
      '--safe-csv',
      '--format',
      'ndjson',
      '--columns',
      'user',
    ])
    expect(stdout).toContain('"=1+1"')
  })

  const field = (text: string): string => `"${text.replaceAll('"', '""')}"`
  const anyRows = fc.array(
    fc.array(
      fc.string({
        unit: fc.constantFrom(
          '=',
          '+',
          '-',
          '@',
          '1',
          '.',
          'e',
          ',',
          '"',
          '\n',
          '\r',
          '\t',
          'x',
          ' ',
        ),
      }),
      { minLength: 2, maxLength: 2 },
    ),
    { minLength: 1 },
  )

  it('changes only what a spreadsheet would run, however the text is cut', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(40), (rows, cut) => {
        const text = rows.map((row) => `${row.map(field).join(',')}\n`).join('')
        const safe = safeCsv(text)
        const parsed: string[][] = parse(safe)
        for (const [i, row] of parsed.entries()) {
          for (const [j, cell] of row.entries()) {
            const was = rows[i]?.[j] ?? ''
            const runs =
              /^[=+\-@\t\r\n]/.test(was) && !/^[-+]?(\d+(\.\d*)?|\.\d+)(e\d+)?$/i.test(was)
            if (!/^[-+]?[\d.e+-]*$/.test(was)) expect(cell).toBe(runs ? `'${was}` : was)
            else expect([was, `'${was}`]).toContain(cell)
          }
        }
        const stream = new SafeCsv()
        expect(stream.push(text.slice(0, cut)) + stream.push(text.slice(cut)) + stream.end()).toBe(
          safe,
        )
      }),
    )
  })

  it('keeps numbers numbers', () => {
    const text = '-1,+2.5,-1e-7,=1,-,"-3"\n'
    expect(safeCsv(text)).toBe('-1,+2.5,-1e-7,\'=1,\'-,"-3"\n')
  })
})
