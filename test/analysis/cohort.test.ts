import { describe, expect, it } from 'vitest'
import { users } from '../../src/index.js'
import { run } from '../oracle/run.js'
import { csvFile, sessionsFile } from './files.js'

const file = sessionsFile({ a: [600, 30], b: [0, 0, 0], c: [301], 'd "x", y': [299] })

const chosen = async (where?: string): Promise<unknown[]> => {
  const found: unknown[] = []
  for await (const row of users(file, where === undefined ? {} : { where })) found.push(row['user'])
  return found
}

describe('users whose sessions meet a condition', () => {
  it.each([
    [undefined, ['a', 'b', 'c', 'd "x", y']],
    ['sessions >= 2', ['a', 'b']],
    ["max_length > '5m'", ['a', 'c']],
    ["max_length > '5m' -- five minutes", ['a', 'c']],
    ["mean_length between '299s' and '301000'", ['a', 'c', 'd "x", y'].slice(1)],
    ["p50_length in ('299s', 315)", ['a', 'd "x", y']],
    ["'5m' <= max_length and bounce_share < 0.5", ['a', 'c']],
    ["P90_LENGTH >= 299 or 'é' = 'e'", ['a', 'c', 'd "x", y']],
    ['bounce_share = 1', ['b']],
    ["last_end >= '2024-01-31'", ['a', 'b']],
    ['events > 1000', []],
  ])('%s', async (where, expected) => {
    expect(await chosen(where)).toEqual(expected)
  })

  it.each([
    ['sesions > 3', 'No figure `sesions` for where. Did you mean `sessions`?'],
    ["mean_length > 'long'", 'which is not a length of time'],
    ['sessions >', 'is not a condition'],
    ['max(sessions) > 1', 'is not a condition'],
    ['sessions in (select 1)', 'cannot hold a subquery'],
    ['1; drop table x', 'is not a condition'],
    ['row_number() over () > 1', 'cannot hold a window function'],
  ])('refuses %s', async (where, message) => {
    await expect(chosen(where)).rejects.toThrow(message)
  })
})

describe('on the command line', () => {
  const condition = '--where=sessions = 1'

  it('is a plain list, each id as it is', async () => {
    const { stdout, stderr } = await run(['users', file, condition])
    expect(stdout).toBe('c\nd "x", y\n')
    expect(stderr).toBe('2 of 4 users\n')
  })

  it('takes the condition on events from --events-where', async () => {
    const { stdout } = await run(['users', file, '--events-where', "user_id <> 'c'", condition])
    expect(stdout).toBe('d "x", y\n')
  })

  it('is a table of figures as CSV', async () => {
    const { stdout } = await run(['users', file, '--where=sessions = 2', '--format=csv'])
    expect(stdout).toMatch(/^user,sessions,events,bounces,total_seconds,mean_seconds,/)
    expect(stdout).toContain('\na,2,4,0,630.0,315.0,')
  })

  it('will not write a list that reads back as other ids', async () => {
    const path = csvFile([{ user: '"a\nb"', at: 0 }])
    const { exit, stderr } = await run(['users', path])
    expect(exit).toBe(4)
    expect(stderr).toContain('1 user ids hold a line break.')
  })
})
