import { execFileSync, spawnSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { SHELLS } from '../../src/cli/completion.js'
import { Folder } from '../checks/export.js'
import { run } from '../oracle/run.js'

const folder = new Folder()
afterAll(() => folder.remove())

const csv = folder.file(
  'events.csv',
  'user_id,time,event,platform,"odd name"\na,2024-01-01T00:00:00Z,open,iOS,1\na,2024-01-01T00:01:00Z,open app,Web,1\n',
)

async function completed(...words: string[]): Promise<{ words: string[]; files: boolean }> {
  const { exit, stdout, stderr } = await run(['__complete', '--', ...words])
  expect(exit, stderr).toBe(0)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return {
    words: lines.filter((line) => line !== ':files').map((line) => line.split('\t')[0] ?? ''),
    files: lines.includes(':files'),
  }
}

describe('what can come next', () => {
  it('is a command or a file at first', async () => {
    const { words, files } = await completed('')
    expect(words).toEqual(
      expect.arrayContaining(['summary', 'sessions', 'check', 'report', 'init']),
    )
    expect(words.join()).not.toContain('__')
    expect(files).toBe(true)
  })

  it('is a part of a command that has parts, then a folder or a flag of that part', async () => {
    const parts = await completed('state', '')
    expect(parts).toEqual({ words: ['list', 'verify', 'compact', 'drop'], files: false })
    expect(await completed('state', 'verify', '')).toEqual({ words: [], files: true })
    const { words } = await completed('state', 'drop', '--')
    expect(words).toContain('--force')
    expect(words).not.toContain('--format')
  })

  it('is a flag of the command after a hyphen', async () => {
    expect((await completed('check', csv, '--')).words).toEqual(
      expect.arrayContaining(['--baseline', '--fail-on', '--gap', '--quiet', '--config']),
    )
    expect((await completed('sql', '--')).words).not.toContain('--baseline')
    expect((await completed('--')).words).toContain('--by')
  })

  it.each([
    [
      ['sessions', csv, '--by', ''],
      ['user_id', 'time', 'event', 'platform', 'odd name'],
    ],
    [
      [csv, '--by', 'platform,'],
      ['platform,user_id', 'platform,event'],
    ],
    [[csv, '--by=pl'], ['platform']],
    [
      ['sessions', csv, '--passive-event', ''],
      ['open', 'open app'],
    ],
    [
      [csv, '--gap', 'platform='],
      ['platform=iOS:', 'platform=Web:'],
    ],
    [
      ['--format', ''],
      ['terminal', 'json', 'csv', 'markdown'],
    ],
    [['check', '--select', 'missing-user,'], ['missing-user,zero-length']],
    [
      ['--preset', ''],
      ['amplitude', 'generic'],
    ],
    [['--definition', ''], ['posthog']],
    [
      ['completions', ''],
      ['bash', 'zsh', 'fish'],
    ],
  ])('%j', async (typed, some) => {
    expect((await completed(...typed)).words).toEqual(expect.arrayContaining(some))
  })

  it('are files for what takes one', async () => {
    expect(await completed('check', csv, '--baseline', '')).toEqual({ words: [], files: true })
  })

  it('is nothing, not an error, where nothing is known', async () => {
    expect((await completed('nowhere.csv', '--by', '')).words).toEqual([])
    const broken = folder.file('broken.csv', '\u0000\u0001')
    expect(await completed(broken, '--by', '')).toBeTruthy()
  })

  it('never holds what a terminal would obey', async () => {
    const hostile = folder.file('h.csv', 'user,time,"a\u001b[2J"\na,2024-01-01T00:00:00Z,1\n')
    expect((await completed(hostile, '--by', '')).words).toEqual(['user', 'time'])
  })
})

describe('scripts', () => {
  it.each(SHELLS)('for %s are printed, and parse', async (shell) => {
    const { exit, stdout } = await run(['completions', shell])
    expect(exit).toBe(0)
    expect(stdout).toContain('sessionize __complete')
    // Only where that shell is here; bash is everywhere.
    if (spawnSync('which', [shell]).status !== 0) return
    execFileSync(shell, ['-n'], { input: stdout })
  })

  it('complete in a real bash', async () => {
    const { stdout } = await run(['completions', 'bash'])
    const script = `
      sessionize() { printf 'platform\\tcolumn\\nplan b\\tcolumn\\nother\\tcolumn\\n'; }
      ${stdout}
      COMP_WORDS=(sessionize sessions --by pl) COMP_CWORD=3
      _sessionize
      printf '%s\\n' "\${COMPREPLY[@]}"`
    expect(execFileSync('bash', ['-c', script]).toString()).toBe('platform\nplan\\ b\n')
  })
})
