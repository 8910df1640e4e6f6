/** The command: which rules run, what the exit code is, where the outputs go. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.js'
import { run } from '../oracle/run.js'
import { writeParquet } from '../parquet.js'
import { cleanEvents, Folder } from './export.js'

const folder = new Folder()
afterAll(() => folder.remove())

const clean = folder.write(cleanEvents())
const dirty = folder.write(
  cleanEvents().map((e, at) => (at % 200 === 1 ? { ...e, amplitude_id: null } : e)),
)

describe('the exit code', () => {
  it('is 0 when all pass, and when there are only warnings', async () => {
    expect((await run(['check', ...clean])).exit).toBe(0)
    const warned = await run(['check', ...dirty, '--select', 'missing-user'])
    expect(warned.exit, warned.stderr).toBe(0)
    expect(warned.stdout).toContain('passed with warnings: 1 warning, 0 passed')
  })

  it('is 1 with --fail-on warn, and the message names the check', async () => {
    const failed = await run(['check', ...dirty, '--fail-on', 'warn'])
    expect(failed.exit).toBe(1)
    expect(failed.stderr).toContain('1 check failed: missing-user.')
    expect(failed.stdout).toContain('warning: missing-user')
  })

  it.each([
    [['--select', 'mising-user'], 'no rule `mising-user`. Did you mean `missing-user`?'],
    [['--exclude', 'nothing'], 'no rule `nothing`'],
    [['--select', 'missing-user', '--exclude', 'missing-user'], 'No rule is left to run.'],
    [['--fail-on', 'never'], 'Allowed choices are warn, error'],
    [['--report', 'out.pdf'], 'Write it as junit=out.xml'],
  ])('is 2 for %j', async (flags, message) => {
    const { exit, stdout, stderr } = await run(['check', ...clean, ...flags])
    expect(exit).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
  })

  it('is 3 when there is nothing to check', async () => {
    expect((await run(['check', folder.file('empty.csv', '')])).exit).toBe(3)
  })
})

describe('rules', () => {
  it('are run as selected', async () => {
    const { stdout } = await run([
      'check',
      ...clean,
      '--select',
      'zero-length,missing-days',
      '--format',
      'json',
    ])
    const ids = JSON.parse(stdout).checks.map(({ id }: { id: string }) => id)
    expect(ids).toEqual(['zero-length', 'missing-days'])
  })

  it('that do not fit the data say why', async () => {
    const plain = folder.file(
      'plain.csv',
      'user,time\na,2024-01-01T00:00:00Z\na,2024-01-01T00:01:00Z\n',
    )
    const { stdout } = await run(['check', plain, '--format', 'json'])
    const report = JSON.parse(stdout)
    expect(report.verdict).toBe('pass')
    const why = Object.fromEntries(
      report.checks
        .filter(({ verdict }: { verdict: string }) => verdict === 'skipped')
        .map(({ id, why }: { id: string; why: string }) => [id, why]),
    )
    expect(why).toMatchObject({
      'session-id-is-user': 'the export has no recorded session id',
      'name-variants': 'the export has no event names',
      'missing-days': 'fewer than two days of data',
      'device-pool': 'the export has no device beside the user',
      'schema-drift': 'a single file cannot drift',
      'volume-change': 'it takes 8 whole days to see a change',
    })
  })

  it('are listed', async () => {
    const { exit, stdout } = await run(['check', '--list'])
    expect(exit).toBe(0)
    expect(stdout).toMatch(/^missing-user +> 0% +> 1\.0% +rows without a user/m)
  })

  it('count rows of Parquet and CSV alike', async () => {
    const csv = folder.file(
      'many.csv',
      `user,time,event\n${Array.from({ length: 60_000 }, (_, i) => `u${i % 97},${1_709_500_000 + i},open\n`).join('')}`,
    )
    const lines = readFileSync(csv, 'utf8').split('\n')
    lines[50_001] = 'unknown,1709550000,open'
    folder.file('many.csv', lines.join('\n'))
    const rowOf = async (...files: string[]): Promise<unknown> => {
      const { stdout } = await run([
        'check',
        ...files,
        '--select',
        'null-like-user',
        '--format',
        'json',
      ])
      return JSON.parse(stdout).checks[0].examples[0].row
    }
    expect(await rowOf(csv)).toBe(50_001)
    const parquet = join(folder.path, 'many.parquet')
    await writeParquet(
      parquet,
      `SELECT "user", to_timestamp(time) AS time, event FROM read_csv('${csv}')`,
      ', ROW_GROUP_SIZE 5000',
    )
    expect(await rowOf(parquet)).toBe(50_001)
  })
})

describe('the place of an example', () => {
  const example = async (file: string, ...flags: string[]): Promise<unknown> => {
    const { stdout, stderr } = await run([
      'check',
      file,
      '--select',
      'null-like-user',
      '--format',
      'json',
      ...flags,
    ])
    if (stdout === '') throw new Error(stderr)
    const { file: where, row } = JSON.parse(stdout).checks[0].examples[0]
    return { where, row }
  }

  it('counts broken lines of NDJSON, which are records too', async () => {
    const line = (user: string): string =>
      `${JSON.stringify({ user_id: user, time: '2024-01-01T00:00:00Z', event: 'open' })}\n`
    const file = folder.file(
      'broken.ndjson',
      `${line('a')}{"user_id": \n\n${line('b')}${line('unknown')}`,
    )
    expect(await example(file)).toEqual({ where: file, row: 4 })
  })

  it('has no row where lines of CSV were refused, or rows were joined', async () => {
    const file = folder.file(
      'wide.csv',
      'user,time,event\na,2024-01-01T00:00:00Z,open\na,b,c,d,e\nunknown,2024-01-01T00:00:00Z,open\n',
    )
    expect(await example(file)).toEqual({ where: file, row: null })
    const ids = folder.file(
      'ids.csv',
      'user_id,device_id,time\na,x,2024-01-01T00:00:00Z\n0,y,2024-01-01T00:00:00Z\n',
    )
    expect(await example(ids)).toEqual({ where: ids, row: 2 })
  })
})

describe('outputs', () => {
  it('go to several files at once, and the step summary of GitHub', async () => {
    const path = (name: string): string => join(folder.path, name)
    const summary = folder.file('step-summary.md', 'before\n')
    const out: string[] = []
    const exit = await main(
      [
        'check',
        ...dirty,
        '--fail-on',
        'warn',
        '--format',
        'github',
        '--report',
        `junit=${path('out.xml')}`,
        '--report',
        path('out.md'),
        '--report',
        path('out.sarif'),
      ],
      {
        stdin: new PassThrough().end(),
        stdout: new Writable({
          write(chunk, _, done) {
            out.push(String(chunk))
            done()
          },
        }),
        stderr: new PassThrough(),
        env: { GITHUB_STEP_SUMMARY: summary },
        cwd: folder.path,
      },
    )
    expect(exit).toBe(1)
    expect(out.join('')).toMatch(/^::warning file=.*,title=sessionize missing-user::/)
    expect(readFileSync(path('out.xml'), 'utf8')).toContain('<failure type="warn"')
    expect(readFileSync(path('out.md'), 'utf8')).toContain('## ❌ Event data checks failed')
    expect(readFileSync(path('out.sarif'), 'utf8')).toContain('"ruleId": "missing-user"')
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n## ❌/)
  })

  it('are not begun when one cannot be written', async () => {
    const { exit, stderr } = await run([
      'check',
      ...clean,
      '--report',
      `junit=${folder.path}/nowhere/out.xml`,
    ])
    expect(exit).toBe(4)
    expect(stderr).toContain('its folder does not exist')
    expect(existsSync(join(folder.path, 'nowhere'))).toBe(false)
  })
})
