/** What a user at a terminal sees, through the `script` of util-linux. */
import { spawn, spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BUG, PROGRAM } from './program.js'
import { eventsCsv, Scene } from './scene.js'

const hasTerminal =
  process.platform === 'linux' && spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0

let scene: Scene
beforeEach(() => {
  scene = new Scene()
})
afterEach(() => scene.remove())

/** Runs a line in a terminal of its own; `keys` are typed once `ready` has been shown. */
async function typed(
  line: string,
  keys?: { readonly ready: RegExp; readonly text: string },
): Promise<{ exit: number | null; shown: string; millis: number }> {
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: scene.folder,
    env: {
      PATH: process.env['PATH'],
      TERM: 'xterm',
      TMPDIR: scene.temporary,
      NODE: process.execPath,
      PROGRAM,
    },
  })
  let shown = ''
  let typedAt: number | undefined
  child.stdout.setEncoding('utf8').on('data', async (text: string) => {
    shown += text
    if (keys === undefined || typedAt !== undefined || !keys.ready.test(shown)) return
    typedAt = performance.now()
    await pause(700)
    child.stdin.write(keys.text)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit) => {
      resolve({ exit, shown, millis: performance.now() - (typedAt ?? performance.now()) })
    })
  })
}

describe.runIf(hasTerminal)('at a terminal', () => {
  test('nothing named: help, at once', async () => {
    const { exit, shown } = await typed('"$NODE" "$PROGRAM"')
    expect(shown).toMatch(/Examples:[\s\S]*Usage: sessionize/)
    expect(exit).toBe(0)
  })

  test('a command that needs files and is given none says so', async () => {
    const { exit, shown } = await typed('"$NODE" "$PROGRAM" sessions')
    expect(shown).toMatch(/Name at least one file/)
    expect(exit).toBe(2)
  })

  test('Ctrl-C ends it, and the loop around it', async () => {
    const line = `mkfifo pipe
      for i in 1 2 3; do echo begun; "$NODE" "$PROGRAM" sessions pipe -o out.csv; done`
    const { exit, shown, millis } = await typed(`bash -c '${line}'`, {
      ready: /begun/,
      text: '\u0003',
    })
    expect(exit).toBe(130)
    expect(shown.match(/begun/g)?.length).toBe(1)
    expect(shown).not.toMatch(BUG)
    expect(scene.leftovers()).toEqual([])
    expect(millis).toBeLessThan(20_000)
  })

  test('a reader that leaves early', async () => {
    scene.write('events.csv', eventsCsv(20_000))
    const line = '"$NODE" "$PROGRAM" sessions events.csv --gap 1ms | head -n 2'
    const { exit, shown } = await typed(`bash -o pipefail -c '${line}'`)
    expect(exit).toBe(0)
    expect(shown.trimEnd().split('\n').length).toBe(2)
  })
})
