/** Events of one instant that different sessions hold. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Summary } from '../../src/index.js'
import { type RecordedEvent, recordedOf, write } from '../audit/recorded.js'
import { output } from '../oracle/run.js'
import { csvFile, type TestEvent } from './files.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-shared-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let written = 0

const sessionsBy = async (
  events: readonly TestEvent[],
  by: string,
  flags: readonly string[],
): Promise<Record<string, number>> => {
  const properties = Object.keys(events[0] ?? {}).filter((name) => !['user', 'at'].includes(name))
  const file = csvFile(events, properties)
  const answer: Summary = JSON.parse(
    await output([file, '--by', by, '--format', 'json', '--no-config', ...flags]),
  )
  const rows = answer.segments?.rows ?? []
  return Object.fromEntries(rows.map(({ values, figures }) => [values[0], figures.sessions]))
}

/** Three events of one instant, each with its own platform. */
const tied: readonly TestEvent[] = ['iOS', 'Web', 'tv'].map((platform) => ({
  user: 'a',
  at: 0,
  platform,
}))

describe('the last and the most frequent value', () => {
  it.each(['platform:last', 'platform:mode'])('%s with --max-events', async (by) => {
    expect(await sessionsBy(tied, by, ['--max-events', '1'])).toEqual({ iOS: 1, Web: 1, tv: 1 })
  })

  it.each(['platform:last', 'platform:mode'])('%s with --cut-on', async (by) => {
    expect(await sessionsBy(tied, by, ['--cut-on', 'platform'])).toEqual({ iOS: 1, Web: 1, tv: 1 })
  })

  it('of recorded sessions that overlap', async () => {
    const events: TestEvent[] = [
      { user: 'a', at: 0, session_id: '1', platform: 'iOS' },
      { user: 'a', at: 10, session_id: '2', platform: 'Web' },
      { user: 'a', at: 20, session_id: '1', platform: 'iPad' },
      { user: 'a', at: 30, session_id: '2', platform: 'tv' },
    ]
    expect(await sessionsBy(events, 'platform:last', ['--by-recorded'])).toEqual({ iPad: 1, tv: 1 })
  })

  it('does not depend on the order of the rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...tied, ...tied.map((event) => ({ ...event, at: 1 }))], {
          minLength: 6,
        }),
        async (events) => {
          expect(await sessionsBy(events, 'platform:last', ['--max-events', '2'])).toEqual({
            Web: 1,
            iOS: 1,
            tv: 1,
          })
        },
      ),
      { numRuns: 5 },
    )
  })
})

describe('an audit', () => {
  const audited = (events: readonly RecordedEvent[], flags: readonly string[]) =>
    recordedOf(write(join(folder, `${written++}.csv`), events), flags)

  it('finds events of one instant in the sessions that rules put them in', async () => {
    const events = ['a', 'b', 'c', 'd'].map(
      (name, at): RecordedEvent => ({ user: 'u', at: 0, name, session: `s${at >> 1}` }),
    )
    const { agreement } = await audited(events, ['--max-events', '2'])
    expect(agreement).toMatchObject({ exactShare: 1, adjustedRandIndex: 1 })
  })

  it('compares a reported length with the session that its event is in', async () => {
    const events: RecordedEvent[] = [
      { user: 'u', at: 0, name: 'open', session: 's1' },
      { user: 'u', at: 60, name: 'close', session: 's1', reported: 60 },
      { user: 'u', at: 60, name: 'open', session: 's2' },
      { user: 'u', at: 90, name: 'view', session: 's2' },
    ]
    const flags = ['--end-event', 'close', '--reported-length', 'close:seconds']
    const { reportedLength } = await audited(events, flags)
    expect(reportedLength?.rebuilt).toMatchObject({ compared: 1, disagree: 0 })
  })

  it('takes an event for active that starts a session, whatever is passive', async () => {
    const events: RecordedEvent[] = [
      { user: 'u', at: 0, name: 'app open', session: 's1' },
      { user: 'u', at: 60, name: 'app beat', session: 's1' },
    ]
    const flags = ['--start-event', 'app open', '--passive-event', 'app*']
    expect((await audited(events, flags)).events).toEqual({ compared: 1, passive: 1 })
  })
})

describe('a session of one event and passive ones', () => {
  const file = csvFile(
    [
      { user: 'a', at: 0, event: 'open' },
      { user: 'a', at: 60, event: 'beat' },
      { user: 'b', at: 0, event: 'open' },
      { user: 'b', at: 60, event: 'open' },
    ],
    ['event'],
  )
  const flags = ['--passive-event', 'beat', '--format', 'json', '--no-config']

  it('is a bounce in every answer, as in the session table', async () => {
    const summary: Summary = JSON.parse(await output([file, ...flags]))
    expect(summary.overall).toMatchObject({ sessions: 2, bounces: 1 })
    expect(JSON.parse(await output(['trend', file, ...flags]))).toMatchObject({
      series: [{ periods: [{ sessions: 2, bounces: 1 }] }],
    })
    const found = JSON.parse(await output(['users', file, ...flags, '--where', 'bounce_share = 1']))
    expect(found.rows).toMatchObject([{ user: 'a', bounces: 1 }])
    const compared = JSON.parse(
      await output(['compare', file, '--baseline', file, '--no-bounces', ...flags]),
    )
    expect(compared.groups).toMatchObject([{ sessions: 1 }, { sessions: 1 }])
  })
})
