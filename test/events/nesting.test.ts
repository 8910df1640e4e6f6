/** JSON nested so deep that a part of the engine would end the process with it. */
import { spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type DatasetOptions, withDataset } from '../../src/events/dataset.js'
import { buildZip } from '../sources/zip-builder.js'
import { expectAddsUp, Scratch } from './opened.js'

const scratch = new Scratch()

/** A row whose member `p` is this JSON; the row is the first level. */
const row = (p: string, user = 'deep'): string =>
  `{"user_id":"${user}","timestamp":"2024-03-05T10:00:00Z","event":"e","p":${p}}`

const objects = (levels: number, key = 'a'): string =>
  `${`{"${key}":`.repeat(levels)}1${'}'.repeat(levels)}`
const lists = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
const both = (levels: number): string => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`
/** Beside each level lie others, so that there is no long run of brackets anywhere. */
const comb = (levels: number): string =>
  `${'[[1],{"x":{}},'.repeat(levels - 2)}[{}]${',{"y":[]}]'.repeat(levels - 2)}`

const brackets = '[{'.repeat(3_000)

/** Rows, and whether they have more than 1,000 levels. */
const ROWS: readonly (readonly [string, string, boolean])[] = [
  ['1,000 levels of objects', row(objects(999)), false],
  ['1,001 levels of objects', row(objects(1_000)), true],
  ['1,000 levels of lists', row(lists(999)), false],
  ['1,001 levels of lists', row(lists(1_000)), true],
  ['1,001 levels of both', row(both(1_000)), true],
  ['999 levels with others beside them', row(comb(998)), false],
  ['1,001 levels with others beside them', row(comb(1_000)), true],
  ['levels with long keys', row(objects(1_000, 'k'.repeat(500))), true],
  ['20,000 levels', row(objects(20_000)), true],
  ['300,000 levels', row(lists(300_000)), true],
  ['many brackets that are text', row(JSON.stringify(brackets)), false],
  ['text with quotes and backslashes', row(JSON.stringify(`\\"${brackets}\\\\`)), false],
  ['keys of brackets', row(`{${JSON.stringify(brackets)}:1}`), false],
  ['many values side by side', row(`[${'{"a":[{}]},'.repeat(5_000)}1]`), false],
  ['deep in a member that is needed', row('1').replace('"deep"', lists(1_000)), true],
]

const keeps = (user: string): string => row('{"q":1}', user)

async function rejectedOf(path: string, options: DatasetOptions = {}) {
  return withDataset([path], { threads: 2, ...options }, async ({ events }) => {
    expectAddsUp(events.ledger)
    const { read, kept, rejected } = events.ledger
    return { read, kept, deep: rejected.nested_too_deep, malformed: rejected.malformed }
  })
}

const expected = ROWS.reduce((n, [, , tooDeep]) => n + (tooDeep ? 1 : 0), 0)
const ALL = {
  read: ROWS.length + 2,
  kept: ROWS.length + 2 - expected,
  deep: expected,
  malformed: 0,
}
const lines = [keeps('first'), ...ROWS.map(([, line]) => line), keeps('last')]
const file = `${lines.join('\n')}\n`

test.each(Array.from({ length: 9 }, (_, i) => i))('a short file of %i bytes more', async (more) => {
  const path = scratch.write('short.ndjson', `${keeps(`u${'u'.repeat(more)}`)}\n\n{}`)
  expect(await rejectedOf(path)).toMatchObject({ read: 2, deep: 0 })
})

describe('a row with', () => {
  test.each(ROWS)('%s', async (_, line, tooDeep) => {
    const content = `${keeps('first')}\n${line}\n${keeps('last')}\n`
    const found = await rejectedOf(scratch.write('deep.ndjson', content))
    expect(found).toEqual({ read: 3, kept: tooDeep ? 2 : 3, deep: tooDeep ? 1 : 0, malformed: 0 })
  })

  test('levels that never end is malformed', async () => {
    const content = `${keeps('first')}\n${row('[').repeat(1)}\n${'[{"a":'.repeat(20_000)}\n${keeps('last')}\n`
    const found = await rejectedOf(scratch.write('open.ndjson', content))
    expect(found).toEqual({ read: 4, kept: 2, deep: 0, malformed: 2 })
  })
})

describe('deep rows are counted alike', () => {
  test.each<[string, string, string | Buffer]>([
    ['among lines', 'a.ndjson', file],
    ['in gzip', 'a.ndjson.gz', gzipSync(file)],
    ['in a zip', 'a.zip', buildZip([{ name: 'a.json.gz', data: gzipSync(file) }])],
    ['in an array', 'a.json', `[${lines.join(',\n')}]`],
    ['in an array on one line', 'b.json', `[${lines.join(',')}]`],
    ['in a packed array', 'c.json.gz', gzipSync(`[${lines.join(',')}]`)],
    ['in objects one after the other', 'd.json', lines.join(' ')],
    ['without a line end', 'b.ndjson', file.trimEnd()],
    ['with other line ends', 'c.ndjson', file.replaceAll('\n', '\r\n')],
  ])('%s', async (_, name, content) => {
    const path = scratch.write(name, content)
    expect(await rejectedOf(path)).toEqual(ALL)
    expect(await rejectedOf(path, { dedupe: ['exact'] })).toEqual(ALL)
  })

  test('in zstd', async () => {
    const path = scratch.write('d.ndjson', file)
    expect(spawnSync('zstd', ['-q', path]).status).toBe(0)
    expect(await rejectedOf(`${path}.zst`)).toEqual(ALL)
  })

  test('behind the rows that columns are found by, and with damaged ones', async () => {
    const many = Array.from({ length: 25_000 }, (_, i) => keeps(`u${i}`)).join('\n')
    const content = `${many}\n${file}{"user_id":\n${keeps('end')}\n`
    const found = { read: 25_002 + ALL.read, kept: 25_001 + ALL.kept, deep: expected, malformed: 1 }
    expect(await rejectedOf(scratch.write('e.ndjson', content))).toEqual(found)
    const packed = scratch.write('f.ndjson.gz', gzipSync(content, { level: 1 }))
    expect(await rejectedOf(packed)).toEqual(found)
  })

  test('over the ends of what is read at once', async () => {
    const wide = keeps('wide').replace('"q":1', `"q":"${'x'.repeat(700_000)}"`)
    const slow = row(objects(1_000, 'k'.repeat(3_000)))
    const content = [wide, slow, wide, wide, slow, keeps('end')].join('\n')
    const found = { read: 6, kept: 4, deep: 2, malformed: 0 }
    expect(await rejectedOf(scratch.write('g.ndjson', content))).toEqual(found)
  })
})

test('nothing but deep rows is an error that says so', async () => {
  const path = scratch.write('h.ndjson', `${row(lists(1_000))}\n`)
  await expect(rejectedOf(path)).rejects.toMatchObject({
    code: 'no_events',
    message: expect.stringMatching(/rows.*\n.*JSON of more than 1,000 levels$/),
  })
})
