/** A real web server's log, against what an independent sessionizer in Python found in it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gap, query, summary, trend, users } from '../../src/index.js'

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'apache-logs')
const LOG = join(FOLDER, 'apache_logs.gz')

interface Expected {
  readonly users: number
  readonly sessions: number
  readonly 'bounces(one event)': number
  readonly length_sum_seconds: number
  readonly length_max_seconds: number
}

const expected: Record<string, Expected> = JSON.parse(
  readFileSync(join(FOLDER, 'expected.json'), 'utf8'),
)
const at = (minutes: number): Expected => {
  const found = expected[`user=ip_and_agent gap=${minutes}m`]
  if (found === undefined) throw new Error(`nothing is expected for ${minutes} min`)
  return found
}

describe('all ways to the same sessions', () => {
  it('the sweep', async () => {
    const { sweep } = await gap(LOG)
    for (const minutes of [5, 30, 60, 120]) {
      const row = sweep.find(({ gapSeconds }) => gapSeconds === minutes * 60)
      const wanted = at(minutes)
      expect(row).toMatchObject({
        sessions: wanted.sessions,
        bounces: wanted['bounces(one event)'],
        totalSeconds: wanted.length_sum_seconds,
      })
    }
  })

  it('segments and periods, added up', async () => {
    const wanted = at(30)
    const { segments } = await summary(LOG, { by: ['@weekday', '@visitor'], detail: true })
    const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0)
    expect(sum((segments?.rows ?? []).map(({ figures }) => figures.sessions))).toBe(wanted.sessions)
    expect(sum((segments?.rows ?? []).map(({ figures }) => figures.totalSeconds))).toBe(
      wanted.length_sum_seconds,
    )
    const visitors = (segments?.rows ?? []).filter(({ values }) => values[1] === 'new')
    expect(sum(visitors.map(({ figures }) => figures.sessions))).toBe(wanted.users)
    const { series } = await trend(LOG, { per: 'hour', reportTimezone: 'Asia/Kolkata' })
    expect(sum((series[0]?.periods ?? []).map(({ sessions }) => sessions))).toBe(wanted.sessions)
  })

  it('users and queries', async () => {
    const wanted = at(60)
    const definition = { gapMicros: 3_600_000_000 }
    let sessions = 0
    let people = 0
    for await (const row of users(LOG, { definition })) {
      sessions += Number(row['sessions'])
      people += 1
    }
    expect([people, sessions]).toEqual([wanted.users, wanted.sessions])
    const statement =
      'SELECT count(*) AS n, sum(length_seconds) AS total, max(length_seconds) AS longest FROM sessions'
    for await (const row of query(statement, LOG, { definition })) {
      expect(row).toEqual({
        n: wanted.sessions,
        total: wanted.length_sum_seconds,
        longest: wanted.length_max_seconds,
      })
    }
  })
})
