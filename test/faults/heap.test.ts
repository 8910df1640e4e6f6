/** A stream with more users than V8's heap has room for ends before V8 ends it, and can go on. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Scene } from './scene.js'

let scene: Scene
beforeEach(() => {
  scene = new Scene()
})
afterEach(() => {
  scene.remove()
})

const USERS = 150_000
/** Of a machine that does other things too. */
const PATIENCE_MILLIS = 600_000

/** Every user has one event, and all of them lie within one gap. */
function events(of: (user: string, time: string) => string): string {
  return Array.from({ length: USERS }, (_, i) =>
    of(`user-${String(i * 7_919).padStart(16, '0')}`, new Date(1.7e12 + i).toISOString()),
  ).join('')
}
const ndjson = (): string =>
  events((user, time) => `{"user_id":"${user}","time":"${time}","event":"Page Viewed"}\n`)
const csv = (): string =>
  `user_id,time,event\n${events((user, time) => `${user},${time},Page Viewed\n`)}`

const SMALL = { NODE_OPTIONS: '--max-old-space-size=48' }

describe.each([
  { of: 'a gap, in CSV', file: 'events.csv', content: csv, flags: [] },
  { of: 'rules', file: 'events.ndjson', content: ndjson, flags: ['--passive-event', 'x*'] },
  { of: 'labels', file: 'events.ndjson', content: ndjson, flags: ['--label'] },
])('users by $of', ({ file, content, flags }) => {
  test('more than the heap holds', { timeout: PATIENCE_MILLIS }, async () => {
    scene.write(file, content())
    const argv = ['follow', file, ...flags]
    const full = [...argv, '--checkpoint', 'state', '-o', 'out.ndjson']
    const first = await scene.run(full, { env: SMALL })
    expect(first.stderr).toMatch(
      /\nerror: Memory is nearly full: [\d,]+ users take \d+ MB, of at most \d+ MB\.\nhint: .*NODE_OPTIONS=--max-old-space-size=\d+.*--max-users \d+.*goes on from state/,
    )
    expect(first).toMatchObject({ exit: 4, stdout: '' })
    expect(scene.leftovers()).toEqual([])

    const onwards = await scene.run([...full, '--flush-on-end'])
    expect(onwards.exit).toBe(0)
    const before = Number(
      /resuming after ([\d,]+) lines/.exec(onwards.stderr)?.[1]?.replace(',', ''),
    )
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(USERS)
    const whole = await scene.run([...argv, '-o', 'whole.ndjson', '--flush-on-end'])
    expect(whole.exit).toBe(0)
    expect(scene.read('out.ndjson').equals(scene.read('whole.ndjson'))).toBe(true)
  })
})

test('it goes on with fewer users, or not at all', { timeout: PATIENCE_MILLIS }, async () => {
  scene.write('events.ndjson', ndjson())
  const plain = await scene.run(['follow', 'events.ndjson', '-o', 'out.ndjson'], { env: SMALL })
  expect(plain.exit).toBe(4)
  expect(plain.stderr).toContain('With --checkpoint it goes on from where it ended.')
  // As after Ctrl-C, what was open is written.
  const lines = scene.read('out.ndjson').toString().trimEnd().split('\n')
  expect(plain.stderr).toContain(
    `follow: ${lines.length.toLocaleString('en')} lines: ${lines.length.toLocaleString('en')} in sessions`,
  )

  const kept = ['follow', 'events.ndjson', '--checkpoint', 'state', '-o', 'out.ndjson']
  expect((await scene.run(kept, { env: SMALL })).exit).toBe(4)
  // No better than before, and nothing is lost by it.
  const again = await scene.run(kept, { env: SMALL })
  expect(again.exit).toBe(4)
  expect(again.stderr).toContain('error: Memory is nearly full')
  const fewer = await scene.run([...kept, '--max-users', '20000', '--flush-on-end'], { env: SMALL })
  expect(fewer.exit).toBe(0)
  expect(fewer.stderr).toContain(`follow: ${USERS.toLocaleString('en')} sessions written`)
  expect(scene.read('out.ndjson').toString().trimEnd().split('\n')).toHaveLength(USERS)
})
