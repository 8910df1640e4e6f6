import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { RULES } from '../../src/checks/registry.js'
import { parseConfig } from '../../src/cli/config/config.js'
import { cleanEvents, Folder } from '../checks/export.js'
import { run } from '../oracle/run.js'

const folder = new Folder()
afterAll(() => folder.remove())

const written = async (...argv: string[]): Promise<string> => {
  const { exit, stdout, stderr } = await run(['init', ...argv, '-o', '-'])
  expect(exit, stderr).toBe(0)
  // What is written can be read, and so can what it leaves as comments to take up.
  parseConfig(stdout, 'written', RULES)
  return stdout
}

describe('init', () => {
  it('tells what was detected, and what would not pass', async () => {
    const events = cleanEvents().map((e, at) => (at % 9 === 0 ? { ...e, amplitude_id: null } : e))
    const text = await written(...folder.write(events))
    expect(text).toContain('  preset: amplitude # detected\n')
    expect(text).toContain('  # user: amplitude_id # the amplitude preset')
    expect(text).toContain('#   by: [platform, country, version_name]\n')
    expect(text).toMatch(
      /# missing-user: rows without a user[^:]*: 11\.1% \(\d+ of 6,\d+\) here, should be at most 1\.0%/,
    )
    expect(text).toContain('    # missing-user: {warn: 0, error: 0.01}\n')
  })

  it('maps columns of no known export, and keeps the gap that was named', async () => {
    const csv = folder.file('own.csv', 'visitor_id,at,"odd: name"\na,2024-01-01T00:00:00Z,open\n')
    const text = await written(csv, '--time', 'at', '--event', 'odd: name', '--gap', '10m')
    const config = parseConfig(text, 'written', RULES)
    expect(Object.fromEntries(config.flags)).toMatchObject({
      user: 'visitor_id',
      time: 'at',
      event: 'odd: name',
      gap: '10m',
    })
  })

  it('keeps every rule that was named', async () => {
    const flags = ['--definition', 'posthog', '--cut-on', 'utm, campaign', '--max-events', '9']
    const text = await written(...flags, '--cut-at-midnight', '--gap', '30m', '--gap', 'os=iOS:5m')
    const config = parseConfig(text, 'written', RULES)
    expect(Object.fromEntries(config.flags)).toEqual({
      definition: 'posthog',
      gap: ['30m', 'os=iOS:5m'],
      'max-events': 9,
      'cut-at-midnight': true,
      'cut-on': ['utm', 'campaign'],
    })
    const named = parseConfig(await written('--definition', 'amplitude-mobile'), 'written', RULES)
    expect(Object.fromEntries(named.flags)).toEqual({ definition: 'amplitude-mobile' })
  })

  it('is not led by the config file that is there', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'sessionize-init-'))
    onTestFinished(() => rmSync(cwd, { recursive: true }))
    writeFileSync(join(cwd, 'sessionize.config.yaml'), 'input: {preset: amplitude}\n')
    const csv = folder.file('other.csv', 'user,time\na,2024-01-01T00:00:00Z\n')
    const { exit, stdout, stderr } = await run(['init', csv, '-o', '-'], undefined, cwd)
    expect(exit, stderr).toBe(0)
    expect(stdout).toContain('  user: user #')
  })

  it('without files writes what one may fill in', async () => {
    expect(await written()).toContain('  # user: user_id\n')
  })

  it('lets no name break the file', async () => {
    const csv = folder.file(
      'hostile.csv',
      'user,time,"a\n: ""b"" #\u001b[2J"\na,2024-01-01T00:00:00Z,open\n',
    )
    const text = await written(csv, '--event', 'a\n: "b" #\u001b[2J')
    expect(text).not.toContain('\u001b')
    expect(parseConfig(text, 'written', RULES).flags.get('event')).toBe('a\n: "b" #\u001b[2J')
  })

  it('does not replace a file unless told to', async () => {
    const path = join(folder.path, 'sessionize.config.yaml')
    expect((await run(['init', '-o', path])).exit).toBe(0)
    expect(existsSync(path)).toBe(true)
    const again = await run(['init', '-o', path])
    expect(again.exit).toBe(2)
    expect(again.stderr).toContain('is there already')
    expect((await run(['init', '-o', path, '--force', '--gap', '5m'])).exit).toBe(0)
    expect(readFileSync(path, 'utf8')).toContain('gap: 5m')
  })
})
