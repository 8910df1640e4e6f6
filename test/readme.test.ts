import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/```console\n\$ (.+)\n([^`]*)```/g)].map(
  ([, command = '', printed = '']) => ({ command, printed }),
)

describe('README', () => {
  test('shows what commands print', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(6)
  })

  test.each(blocks)('$command', async ({ command, printed }) => {
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-c', command.replace(/^sessionize/, 'node bin/sessionize.js')],
      { cwd: root, env: { ...process.env, COLUMNS: '80', NO_COLOR: '1' } },
    )
    expect(stdout.trimEnd()).toBe(printed.trimEnd())
  })

  test.each([...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link))(
    'links to a file that is there: %s',
    (link) => {
      expect(
        link.startsWith('https://') || existsSync(join(dirname(join(root, 'README.md')), link)),
      ).toBe(true)
    },
  )
})
