// npm run fuzz -- --minutes 30, or --runs 3000: looks for inputs that break the program.
// What it finds is kept in test/fuzz/found, where it is a test from then on.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, runs: { type: 'string' } },
})
const [flag, amount] =
  values.runs === undefined ? ['minutes', values.minutes] : ['runs', values.runs]
if (!(Number(amount) > 0)) {
  console.error(`error: --${flag} ${amount} is not a number above 0.`)
  process.exit(2)
}

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sessionize-fuzz-'))
const current = join(folder, 'current.json')
const found = join(root, 'test', 'fuzz', 'found')
mkdirSync(found, { recursive: true })
const before = readdirSync(found).length
const { status } = spawnSync('npx', ['vitest', 'run', 'test/fuzz/fuzz.test.ts'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: {
    ...process.env,
    [`FUZZ_${flag.toUpperCase()}`]: amount,
    FUZZ_CURRENT: current,
    FORCE_COLOR: '0',
  },
})
// A crash of the engine takes the process with it, and only the note of what was tried is left.
if (status !== 0 && readdirSync(found).length === before && existsSync(current)) {
  const text = readFileSync(current, 'utf8')
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  writeFileSync(join(found, `last-${hash}.json`), text)
  console.error(`The last thing tried is kept as test/fuzz/found/last-${hash}.json`)
}
rmSync(folder, { recursive: true, force: true })
process.exit(status ?? 1)
