/** A table called as a stage would be hidden by it: every name that a stage can have is refused. */
import { expect, test } from 'vitest'
import { DIALECT_NAMES } from '../../src/dialects/names.js'
import { run } from '../oracle/run.js'

const TABLE = ['--user=u', '--time=t', '--event=e', '--session=s']

/** Every rule at least once, alone and with others. */
const RULES: readonly (readonly string[])[] = [
  [],
  ['--by-recorded'],
  ['--max-length=1h'],
  ['--max-events=5'],
  ['--cut-at-midnight=Europe/Berlin'],
  ['--cut-on=p'],
  ['--gap=30m', '--gap=p=x:5m'],
  ['--start-event=a', '--end-event=b'],
  ['--passive-event=c'],
  ['--ignore-event=c'],
  ['--passive-event=c', '--max-length=1h', '--max-events=5', '--cut-on=p', '--start-event=a'],
]

test('in every dialect and by every path', async () => {
  const names = new Set<string>()
  for (const rules of RULES) {
    for (const dialect of DIALECT_NAMES) {
      for (const stage of ['blocks', 'sessions', 'summary']) {
        for (const plan of ['blocks', 'events']) {
          const flags = ['--dialect', dialect, '--stage', stage, '--plan', plan, '--by=q']
          const asked = ['sql', ...TABLE, ...rules, ...flags, '--from-table=x']
          // What a dialect has no blocks for, or cannot write, it says.
          const { exit, stdout } = await run(asked)
          if (exit !== 0) continue
          for (const [, name = ''] of stdout.matchAll(STAGE)) names.add(name)
        }
      }
    }
  }
  expect(names).toContain('joined')
  expect(names.size).toBeGreaterThan(20)
  names.delete('events')
  const taken: string[] = []
  for (const name of names) {
    const { exit, stderr } = await run(['sql', ...TABLE, `--from-table=${name}`])
    if (exit === 2 && stderr.includes('A stage of the query is called')) taken.push(name)
  }
  expect(taken).toEqual([...names])
})

const STAGE =
  /^(?:WITH (?:RECURSIVE )?)?[`"]?(\w+)[`"]? AS (?:NOT MATERIALIZED |MATERIALIZED )?\(/gm
