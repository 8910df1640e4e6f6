/**
 * How fast `sessionize follow` is, against a bare loop that reads lines and parses them.
 *
 *   npm run build && node bench/follow.mjs [events]
 *
 * Each is run in a process of its own, three times; the best counts. Start-up is included. Time is
 * that of the processor, of all threads, so that other work on the machine does not count.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const EVENTS = Number(process.argv[2] ?? 2_000_000)
const ROUNDS = 3

const TELL_CPU = `data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();console.error("cpu "+(user+system))})`

/** Reads as `follow` does, and does nothing with what it parsed but count users. */
const BARE = `
import { createReadStream } from 'node:fs'
let rest = '', n = 0, users = 0
for await (const chunk of createReadStream(process.argv[1], { highWaterMark: 256 * 1024, encoding: 'utf8' })) {
  const text = rest + chunk
  let from = 0
  for (let to = text.indexOf('\\n'); to >= 0; to = text.indexOf('\\n', from)) {
    if (JSON.parse(text.slice(from, to)).user_id !== '') users++
    n++
    from = to + 1
  }
  rest = text.slice(from)
}
if (users !== n) throw new Error('lines without a user')
`

const folder = mkdtempSync(join(tmpdir(), 'follow-bench-'))
try {
  const path = join(folder, 'events.ndjson')
  write(path, EVENTS)
  const cli = join(import.meta.dirname, '..', 'bin', 'sessionize.js')
  const bytes = statSync(path).size
  console.log(`${EVENTS.toLocaleString('en')} events, ${(bytes / EVENTS).toFixed(0)} bytes a line`)
  const bare = best(['--input-type=module', '-e', BARE, path])
  report('read and JSON.parse', bare, bare)
  report('follow', best([cli, 'follow', path]), bare)
  report('follow --revisions', best([cli, 'follow', path, '--revisions', '1h']), bare)
  report('follow --max-length', best([cli, 'follow', path, '--max-length', '2h']), bare)
  report('follow --label', best([cli, 'follow', path, '--label']), bare)
  report(
    'follow --checkpoint',
    best(
      [cli, 'follow', path, '--checkpoint', join(folder, 'state'), '-o', join(folder, 'out')],
      () => {
        rmSync(join(folder, 'state'), { force: true })
      },
    ),
    bare,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Visits of about ten events by 20,000 users, interleaved in time, a tenth slightly out of order. */
function write(path, events) {
  const file = openSync(path, 'w')
  let seed = 7
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }
  const names = ['page_view', 'click', 'add_to_cart', 'search', 'purchase', 'scroll']
  let text = ''
  for (let i = 0; i < events; i++) {
    const active = Math.floor(i / 20_000) * 2_000 + Math.floor(random() * 2_000)
    const late = random() < 0.1 ? random() * 60_000 : 0
    const time = new Date(1_709_632_800_000 + i * 50 - late).toISOString()
    text += `{"user_id":"user-${active % 20_000}","timestamp":"${time}","event":"${names[Math.floor(random() * names.length)]}","platform":"iOS","properties":{"page":"/product/${i % 997}","value":${i % 100}}}\n`
    if (text.length > 4_000_000) {
      writeSync(file, text)
      text = ''
    }
  }
  writeSync(file, text)
  closeSync(file)
}

function best(args, before = () => undefined) {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    before()
    const { status, stderr } = spawnSync(process.execPath, ['--import', TELL_CPU, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (status !== 0) throw new Error(String(stderr))
    least = Math.min(least, Number(/cpu (\d+)/.exec(String(stderr))?.[1]))
  }
  return least / 1_000_000
}

function report(name, seconds, bare) {
  const rate = Math.round(EVENTS / seconds).toLocaleString('en')
  console.log(
    `${name.padEnd(22)} ${seconds.toFixed(2).padStart(6)} s ${rate.padStart(10)} events/s ${(seconds / bare).toFixed(2).padStart(6)}x`,
  )
}
