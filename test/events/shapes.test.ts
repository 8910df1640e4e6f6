/** JSON in every shape in which exports and interfaces give it: the same events, whatever lies around them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { oneOnALine } from '../../src/sources/json-values.js'
import { run } from '../oracle/run.js'

const root = mkdtempSync(join(tmpdir(), 'sessionize-shapes-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const EVENTS = [
  { user_id: 'ann', time: '2024-03-05T10:00:00Z', event: 'open', more: { a: '}{"' } },
  { user_id: 'ann', time: '2024-03-05T10:05:00Z', event: 'view', more: { a: '],[' } },
  {
    user_id: 'bob',
    time: '2024-03-05T10:01:00Z',
    event: 'open',
    more: { list: [{ x: 1 }, { y: 2 }] },
  },
]
const SESSIONS = [
  'ann,2024-03-05T10:00:00.000000Z,300.0,2',
  'bob,2024-03-05T10:01:00.000000Z,0.0,1',
]
const each = EVENTS.map((event) => JSON.stringify(event))
const [first = '', second = '', third = ''] = each
const pretty = (value: unknown): string => JSON.stringify(value, null, 2)
const RS = String.fromCharCode(30)
const named = (names: readonly string[]): string[] =>
  EVENTS.map((event) =>
    JSON.stringify(names.map((name) => Object.entries(event).find(([key]) => key === name)?.[1])),
  )
const NAMES = ['user_id', 'time', 'event']

/** About, content, and more arguments. */
const SHAPES: readonly (readonly [string, string, ...string[]])[] = [
  ['lines', each.join('\n')],
  ['all on one line', each.join('')],
  ['all on one line, with blanks', each.join('  ')],
  ['two on a line', `${first}${second}\n${third}\n`],
  ['two on the last line only', `${`${first}\n`.repeat(0)}${first}\n${second} ${third}`],
  ['lines that end in commas', each.map((one) => `${one},\n`).join('')],
  ['lines that begin with commas', each.join('\n,')],
  ['an array', `[${each.join(',')}]`],
  ['an array with a trailing comma', `[${each.join(',')},]`],
  ['an array with a trailing comma, over lines', `[\n${each.join(',\n')},\n]\n`],
  ['an array over lines', pretty(EVENTS)],
  ['an array over lines with a trailing comma', pretty(EVENTS).replace(/\}\n\]$/, '},\n]')],
  ['arrays on lines', `[${first}]\n[]\n[${second},${third}]\n`],
  ['arrays on lines with commas', `[${first}],\n[${second},${third}],\n`],
  ['two arrays', `[${first}][${second},${third}]`],
  ['two arrays over lines', `${pretty([EVENTS[0]])}\n${pretty(EVENTS.slice(1))}`],
  ['an array in an array', `[[${first}],[${second},${third}]]`],
  ['a sequence', each.map((one) => `${RS}${one}\n`).join('')],
  ['a sequence over lines', EVENTS.map((one) => `${RS}${pretty(one)}\n`).join('')],
  ['objects over lines', EVENTS.map(pretty).join('\n')],
  ['objects over lines, with commas', EVENTS.map(pretty).join(',\n')],
  ['rows under names', [JSON.stringify(NAMES), ...named(NAMES)].join('\n')],
  [
    'rows under names and types',
    [
      JSON.stringify(NAMES),
      '["String","DateTime64(3, \'UTC\')","LowCardinality(String)"]',
      ...named(NAMES),
    ].join('\n'),
  ],
  ['an object with a list', JSON.stringify({ next: null, results: EVENTS })],
  [
    'an object over lines with a list',
    pretty({ meta: [{ name: 'user_id', type: 'String' }], data: EVENTS, rows: 3 }),
  ],
  ['a list deep down', JSON.stringify({ status: 'ok', a: { b: { c: { events: EVENTS } } } })],
  [
    'a batch on each line',
    EVENTS.map((one) => JSON.stringify({ batch: [one], sentAt: '2024-03-05T11:00:00Z' })).join(
      '\n',
    ),
  ],
  [
    'a batch on each line, the user outside',
    EVENTS.map(({ user_id, ...one }) => JSON.stringify({ user_id, sdk: 'x', events: [one] })).join(
      '\n',
    ),
  ],
  ['batches in an array', JSON.stringify(EVENTS.map((one) => ({ batch: [one] })))],
  ['batches, two on a line', EVENTS.map((one) => JSON.stringify({ batch: [one] })).join('')],
  [
    'a list within a list',
    JSON.stringify({ people: EVENTS.map(({ user_id, ...one }) => ({ user_id, events: [one] })) }),
  ],
  [
    'search hits',
    JSON.stringify({
      took: 1,
      hits: { total: 3, hits: EVENTS.map((one) => ({ _id: 'x', _source: one })) },
    }),
  ],
  [
    'documents on lines',
    EVENTS.map((one) => JSON.stringify({ _index: 'i', _source: one })).join('\n'),
  ],
  [
    'messages with a payload',
    EVENTS.map((one) => JSON.stringify({ schema: {}, payload: one })).join('\n'),
  ],
  [
    'an unusual place, named',
    JSON.stringify({ x: { y: EVENTS.map((one) => ({ z: one })) }, events: [] }),
    '--unnest',
    'x.y.z',
  ],
  [
    'columns by their whole path',
    JSON.stringify({
      Records: EVENTS.map(({ user_id, time }) => ({ who: { arn: user_id }, time })),
    }),
    '--user',
    'Records.who.arn',
    '--time',
    'Records.time',
  ],
]

const COLUMNS = ['--columns', 'user,start,length_seconds,events', '--format', 'csv']

async function sessions(path: string, args: readonly string[]): Promise<string[]> {
  const { exit, stdout, stderr } = await run(['sessions', path, ...COLUMNS, ...args])
  expect(exit, stderr).toBe(0)
  return stdout.trim().split('\n').slice(1)
}

describe.each(SHAPES)('%s', (about, content, ...args) => {
  test.each(['json', 'ndjson', 'json.gz', 'txt'])('named .%s', async (ending) => {
    const path = join(root, `${about}.${ending}`)
    writeFileSync(path, ending.endsWith('gz') ? gzipSync(content) : content)
    expect(await sessions(path, args)).toEqual(SESSIONS)
  })
})

test('dimensions and conditions of what is around the events, and of the events', async () => {
  const path = join(root, 'around.json')
  writeFileSync(
    path,
    JSON.stringify({
      app: { name: 'shop' },
      platform: 'web',
      events: EVENTS.map((one, i) => ({ ...one, platform: `p${i}` })),
    }),
  )
  expect(
    await sessions(path, [
      '--where',
      "app.name = 'shop' AND platform <> 'p0'",
      '--by',
      'platform',
      '--columns',
      'user,events,platform',
    ]),
  ).toEqual(['ann,1,p1', 'bob,1,p2'])
})

test('two lists that could be meant are asked about, and a list that is not there is told', async () => {
  const path = join(root, 'two-lists.json')
  writeFileSync(path, JSON.stringify({ first: EVENTS, second: EVENTS }))
  const asked = await run(['sessions', path])
  expect([asked.exit, asked.stderr]).toEqual([2, expect.stringContaining('--unnest first')])
  const none = await run(['sessions', path, '--unnest', 'third'])
  expect([none.exit, none.stderr]).toEqual([
    2,
    expect.stringContaining('--unnest takes one of: first, second'),
  ])
})

interface Damaged {
  readonly about: string
  readonly content: string
  readonly kept: number
  readonly malformed: number
}

const DAMAGED: readonly Damaged[] = [
  {
    about: 'a cut object between others on a line',
    content: `${first}{"user_id":"x"${second}${third}`,
    kept: 2,
    malformed: 1,
  },
  {
    about: 'a cut line before one with two',
    content: `${first}\n{"user_id":\n${second}${third}\n`,
    kept: 3,
    malformed: 1,
  },
  { about: 'a cut last object', content: `${each.join('')}{"user_id":"x`, kept: 3, malformed: 1 },
  {
    about: 'an element that is none',
    content: `[${first},{"a" 2},${second},${third}]`,
    kept: 3,
    malformed: 1,
  },
  {
    about: 'an element over lines that is none',
    content: `[\n${each.map((one) => `  ${one}`).join(',\n')},\n  {\n    "user_id": \n  },\n]`,
    kept: 3,
    malformed: 1,
  },
  {
    about: 'an object over lines that is cut',
    content: `${pretty(EVENTS[0])}\n{\n  "user_id": "x",\n${pretty(EVENTS[1])}\n${pretty(EVENTS[2])}\n`,
    kept: 3,
    malformed: 1,
  },
  {
    about: 'a line end in a text',
    content: `[\n  {\n    "user_id": "a\nb"\n  },\n${each.map((one) => `  ${one}`).join(',\n')},\n]`,
    kept: 3,
    malformed: 1,
  },
  {
    about: 'values that are no objects',
    content: `[${first}, 5, "a,b", null, ${second},${third},]`,
    kept: 3,
    malformed: 3,
  },
  { about: 'a bracket too many', content: `${first}}\n${second}${third}\n`, kept: 2, malformed: 1 },
  {
    about: 'a broken text of a sequence',
    content: `${RS}${first}\n${RS}{"a":\n${RS}${second}\n${RS}${third}\n`,
    kept: 3,
    malformed: 1,
  },
  {
    about: 'a broken batch',
    content: `{"batch":[${first}]}\n{"batch":[${second}\n{"batch":[${third}]}\n`,
    kept: 2,
    malformed: 1,
  },
]

test.each(DAMAGED)('damage: $about', async ({ about, content, kept, malformed }) => {
  const path = join(root, `damaged ${about}.json`)
  writeFileSync(path, content)
  const { stdout, stderr, exit } = await run([path, '--format', 'json'])
  expect(exit, stderr).toBe(0)
  expect(JSON.parse(stdout).ledger).toMatchObject({
    read: kept + malformed,
    kept,
    rejected: { malformed },
  })
})

test('where chunks end makes no difference', async () => {
  const apart = async (content: string, size: number, lines: boolean): Promise<string> => {
    const bytes = Buffer.from(content)
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    const parts: Buffer[] = []
    for await (const part of oneOnALine(chunks(), { lines })) parts.push(part)
    return Buffer.concat(parts).toString()
  }
  for (const content of [
    ...SHAPES.map((shape) => shape[1]),
    ...DAMAGED.map((one) => one.content),
  ]) {
    for (const lines of [true, false]) {
      const whole = await apart(content, content.length, lines)
      for (const size of [1, 2, 7]) expect(await apart(content, size, lines)).toBe(whole)
    }
  }
})
