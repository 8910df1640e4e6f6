/** The documentation says what the program does. To write it anew: npm run docs */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { RULES } from '../../src/checks/registry.js'
import { parseConfig } from '../../src/cli/config/config.js'
import { run } from '../oracle/run.js'

const docs = (name: string): string => join(import.meta.dirname, '../../docs', name)

describe('docs/', () => {
  it('cli.md is what --help prints', async () => {
    const { stdout } = await run(['__manual', 'markdown'])
    await expect(stdout).toMatchFileSnapshot(docs('cli.md'))
  })

  it('sessionize.1 is the man page, and reads', async () => {
    const { stdout } = await run(['__manual', 'man'])
    await expect(stdout).toMatchFileSnapshot(docs('sessionize.1'))
    if (spawnSync('which', ['mandoc']).status === 0) {
      execFileSync('mandoc', ['-T', 'lint', '-W', 'error'], { input: stdout })
    }
  })
})

describe('examples in docs/', () => {
  const blocks = (name: string): string[] =>
    [...readFileSync(docs(name), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, text]) => text ?? '',
    )

  it('of config files are taken', () => {
    const all = [...blocks('config.md'), ...blocks('checks.md')]
    expect(all.length).toBe(2)
    for (const text of all) {
      parseConfig(text, 'docs', RULES)
    }
  })

  it('of CI jobs are YAML, and run commands that exist', async () => {
    const all = blocks('ci.md')
    expect(all.length).toBe(2)
    for (const text of all) expect(() => parseYaml(text)).not.toThrow()
    const [github = '', gitlab = ''] = all
    const flags = [...(github + gitlab).matchAll(/(--(?:format|report)) ?(\S+)/g)]
    expect(flags.length).toBe(5)
    const { stdout } = await run(['check', '--help'])
    for (const [, flag = ''] of flags) expect(stdout).toContain(flag)
  })
})

describe('--help', () => {
  it('of every command begins with examples and groups its flags', async () => {
    const { stdout } = await run(['--help'])
    const names = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[| <|\s{2,})/gm)].map(
      ([, name]) => name ?? '',
    )
    expect(names).toEqual(
      expect.arrayContaining(['summary', 'check', 'report', 'init', 'completions']),
    )
    for (const name of names.filter((one) => one !== 'help' && one !== 'sessionize')) {
      const help = await run([name, '--help'])
      expect(help.exit, name).toBe(0)
      expect(help.stdout, name).toMatch(/^Examples:\n {2}/)
    }
  })

  it.each([
    [['chek', 'x.csv'], 'Did you mean `check`?'],
    [['check', '--basline', 'x'], 'Did you mean --baseline?'],
    [['sessions', '--formt', 'csv'], 'Did you mean --format?'],
    [['state', 'list', 'kept', '--formt', 'csv'], 'Did you mean --format?'],
  ])('is hinted at for what is misspelt: %j', async (argv, hint) => {
    const { exit, stderr } = await run(argv)
    expect(exit).not.toBe(0)
    expect(stderr).toContain(hint)
  })
})
