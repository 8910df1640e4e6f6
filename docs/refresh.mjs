// Rewrites what the commands in README.md print. `test/readme.test.ts` compares it.
import { execSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const path = `${root}README.md`
const text = readFileSync(path, 'utf8').replaceAll(
  /```console\n\$ (.+)\n[^`]*```/g,
  (_, command) => {
    const output = execSync(command.replace(/^sessionize/, 'node bin/sessionize.js'), {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, COLUMNS: '80', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return `\`\`\`console\n$ ${command}\n${output.trimEnd()}\n\`\`\``
  },
)
writeFileSync(path, text)
