/** A number without a unit is what SDKs write, or it is asked what was meant. */
import { afterAll, describe, expect, test, vi } from 'vitest'
import { formatDuration, parseDuration, sessionize } from '../../src/index.js'
import { Folder } from '../checks/export.js'
import { run } from '../oracle/run.js'

const SECOND = 1_000_000
const MINUTE = 60 * SECOND

test.each([
  ['30m', 30 * MINUTE],
  ['30 minutes', 30 * MINUTE],
  ['30 Min', 30 * MINUTE],
  ['1 minute', MINUTE],
  ['1 hour 30 minutes', 90 * MINUTE],
  ['1.5h', 90 * MINUTE],
  ['2 hrs', 120 * MINUTE],
  ['90 secs', 90 * SECOND],
  ['500 milliseconds', SECOND / 2],
  ['250µs', 250],
  ['1 day', 24 * 60 * MINUTE],
  ['2 weeks', 14 * 24 * 60 * MINUTE],
  ['PT30M', 30 * MINUTE],
  ['p1dt12h', 36 * 60 * MINUTE],
  ['60000', MINUTE],
  ['300000', 5 * MINUTE],
  ['1800000', 30 * MINUTE],
])('%s', (text, micros) => {
  expect(parseDuration(text)).toBe(micros)
})

test.each([
  ['30', '30m, 30s or 30ms'],
  ['5', '5m, 5s or 5ms'],
  ['1.5', '1.5m, 1.5s or 1.5ms'],
  ['1800', '1800s, 30m or 1800ms'],
  ['3600', '3600s, 1h or 3600ms'],
  ['59999', '59999s, 16h39m59s or 59999ms'],
])('%s may be minutes, seconds or milliseconds', (text, offered) => {
  expect(() => parseDuration(text)).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: `gap ${text} has no unit.`,
      hint: expect.stringContaining(`Write ${offered}.`),
    }),
  )
})

test.each(['', '0', '-5m', '30 moons', '5m5', 'PT', '10001d', '1e9', 'NaN'])(
  '"%s" is none',
  (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'usage' }))
  },
)

test('what is written is read as it was', () => {
  for (const micros of [
    1,
    999,
    1_000,
    MINUTE + 1,
    90 * MINUTE,
    25.5 * MINUTE,
    36 * 3_600 * SECOND,
  ]) {
    expect(parseDuration(formatDuration(micros))).toBe(micros)
  }
})

describe('wherever it is typed', () => {
  const folder = new Folder()
  afterAll(() => folder.remove())
  const events = folder.file('events.csv', 'user_id,time,event\na,2024-01-01T00:00:00Z,x\n')
  const config = folder.file('sessionize.yaml', "sessions:\n  gap: '30'\n")

  test.each([
    [['--gap', '30']],
    [['--gap', 'event=x:30']],
    [['--max-length', '30']],
    [['--config', config]],
    [['compare', '--by', 'event', '--long', '30']],
    [['gap', '--gaps', '10m,30']],
    [['follow', '--lateness', '30']],
  ])('%j', async (flags) => {
    const { exit, stderr } = await run([...flags, events])
    expect(exit).toBe(2)
    expect(stderr).toContain('30 has no unit.')
    expect(stderr).toContain('30m, 30s or 30ms')
  })

  test('in the environment', async () => {
    vi.stubEnv('SESSIONIZE_GAP', '30')
    const { exit, stderr } = await run([events])
    vi.unstubAllEnvs()
    expect({ exit, isSaid: stderr.includes('30 has no unit.') }).toEqual({ exit: 2, isSaid: true })
  })

  test('in the library', async () => {
    await expect(sessionize.summary(events, { gap: '30' })).rejects.toMatchObject({
      code: 'usage',
      message: 'gap 30 has no unit.',
    })
  })
})
