/**
 * Printed queries as the grammar of each dialect has them. For BigQuery, Snowflake and Trino, of which
 * no engine runs here, this and the snapshots are all that is checked.
 */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { DIALECT_NAMES } from '../../src/dialects/names.js'
import { heavyPython, WITHOUT_HEAVY } from '../heavy.js'
import { output } from '../oracle/run.js'

const TABLE = [
  '--from-table=web.events',
  '--user=user_id,device',
  '--time=created_at',
  '--event=event',
]

const DEFINITIONS: readonly (readonly string[])[] = [
  [],
  ['--plan=events', '--boundary=at', '--gap=10m'],
  [
    '--by=platform,Plan B',
    '--property=page',
    '--sum=paid',
    '--count=vi*',
    "--converted=it's",
    '--session=sid',
  ],
  [
    '--gap=platform=i"O\\S:5m',
    '--cut-at-midnight=Europe/Berlin',
    '--ignore-event=50%_*',
    '--by=platform',
  ],
  ['--max-length=24h', '--max-events=100', '--gap=platform=iOS:5m', '--passive-event=ping'],
  ['--cut-on=campaign', '--start-event=open*', '--end-event=close', '--time-unit=ns'],
  ['--by-recorded', '--session=sid', '--time-unit=ms'],
]

const printed = async (dialect: string): Promise<string[]> => {
  const queries: string[] = []
  for (const flags of DEFINITIONS) {
    const base = ['sql', `--dialect=${dialect}`, ...TABLE, ...flags]
    const byBlocks = !flags.some((flag) => /^--(cut-on|passive|by-rec)/.test(flag))
    for (const stage of byBlocks ? ['blocks', 'sessions', 'summary'] : ['sessions', 'summary']) {
      queries.push(await output([...base, `--stage=${stage}`]))
    }
  }
  return queries
}

const CHECK = `
import json, sys
import sqlglot
from sqlglot import exp
for dialect, query in json.load(sys.stdin):
    try:
        (tree,) = sqlglot.parse(query, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
        assert isinstance(tree, exp.Query), type(tree)
        print('fine')
    except Exception as error:
        print(repr(str(error)))
`

/** What the parser says of each query: \`fine\`, or what it trips over. */
const said = (queries: readonly (readonly [string, string])[]): string[] =>
  execFileSync(heavyPython ?? 'python3', ['-c', CHECK], { input: JSON.stringify(queries) })
    .toString()
    .trim()
    .split('\n')

describe.each(DIALECT_NAMES)('%s', (dialect) => {
  test.skipIf(heavyPython === undefined)(
    `queries follow its grammar ${heavyPython === undefined ? WITHOUT_HEAVY : ''}`,
    async () => {
      const queries = await printed(dialect)
      expect(queries.length).toBeGreaterThan(15)
      const answers = said(queries.map((query) => [dialect, query]))
      for (const [i, query] of queries.entries()) expect(answers[i], query).toBe('fine')
    },
  )
})

test.skipIf(heavyPython === undefined)('the check can fail', () => {
  expect(
    said([
      ['trino', 'SELECT FROM WHERE'],
      ['bigquery', 'SELECT (1'],
      ['duckdb', 'SELECT 1'],
    ]),
  ).toEqual([expect.not.stringMatching(/^fine$/), expect.not.stringMatching(/^fine$/), 'fine'])
})

describe.each(['bigquery', 'snowflake', 'trino'])('snapshot of %s', (dialect) => {
  test.each([
    ['gap', ['--by=platform', '--property=page', '--session=sid', '--sum=paid']],
    [
      'rules',
      [
        '--max-length=24h',
        '--gap=platform=iOS:5m',
        '--passive-event=pi*',
        '--cut-on=campaign',
        '--cut-at-midnight=Europe/Berlin',
      ],
    ],
    ['summary', ['--stage=summary', '--by=platform']],
  ])('%s', async (name, flags) => {
    const text = await output(['sql', `--dialect=${dialect}`, ...TABLE, ...flags])
    await expect(text).toMatchFileSnapshot(`snapshots/${dialect}-${name}.sql`)
  })
})
