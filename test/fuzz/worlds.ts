/**
 * Worlds whose right answer is known as they are drawn: cut lines, mixed ends of lines, folders that
 * look like columns, zones beside times without one, deep nesting, far clocks, flipped bits of a
 * state, nearly full disks, two writers.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { BUG, inShell, start } from '../faults/program.js'
import { eventsCsv } from '../faults/scene.js'
import { run } from '../oracle/run.js'

/** One kind of world. What is drawn is plain JSON, so that it can be kept and played again. */
export interface World {
  readonly name: string
  readonly runs: number
  /** @returns what was drawn and is wrong, as JSON, with what is wrong with it */
  check(budget: fc.Parameters<[string]>): Promise<Finding | undefined>
  replay(drawn: string): Promise<string | undefined>
}

export interface Finding {
  readonly seed: number
  readonly drawn: string
  readonly complaint: string
}

function world<Drawn>(
  name: string,
  runs: number,
  arbitrary: fc.Arbitrary<Drawn>,
  complaint: (drawn: Drawn, at: (path: string) => string) => Promise<string | undefined>,
): World {
  const replay = async (drawn: string): Promise<string | undefined> => {
    const folder = mkdtempSync(join(tmpdir(), 'fuzz-world-'))
    try {
      return await complaint(JSON.parse(drawn), (path) => join(folder, path))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return {
    name,
    runs,
    replay,
    async check(budget) {
      const drawn = arbitrary.map((value) => JSON.stringify(value))
      const property = fc.asyncProperty(drawn, async (text) => {
        const wrong = await replay(text)
        if (wrong !== undefined) throw new Error(wrong)
      })
      const { failed, seed, counterexample } = await fc.check(property, budget)
      const [text] = counterexample ?? []
      return failed && text !== undefined
        ? { seed, drawn: text, complaint: (await replay(text)) ?? 'only sometimes' }
        : undefined
    },
  }
}

function write(path: string, content: string | Buffer): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

const at = (minute: number): string =>
  new Date(Date.UTC(2024, 0, 1) + minute * 60_000).toISOString()

interface Counts {
  readonly read: number
  readonly kept: number
}

/** Whether the ledger of a summary says so many rows and events. */
async function miscounted(path: string, wanted: Counts): Promise<string | undefined> {
  const { exit, stdout, stderr } = await run(['summary', path, '--format', 'json'])
  if (wanted.kept === 0) {
    return exit === 3 && /^error: /m.test(stderr)
      ? undefined
      : `exit ${exit} for no event: ${stderr}`
  }
  if (exit !== 0) return `exit ${exit}: ${stderr}`
  const { ledger } = JSON.parse(stdout)
  return ledger.read === wanted.read && ledger.kept === wanted.kept
    ? undefined
    : `read ${ledger.read} and kept ${ledger.kept}, not ${wanted.read} and ${wanted.kept}`
}

const eventLine = (i: number): string =>
  JSON.stringify({
    user_id: `u${i % 3}`,
    time: at(i),
    event: 'View',
    p: { a: [i, 'x\\"{'], b: null },
  })

/** Lines that a writer was killed in are each one bad line, and take no other along. */
const cutLines = world(
  'cut-lines',
  20,
  fc.record({
    lines: fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })), {
      minLength: 2,
      maxLength: 12,
    }),
  }),
  async ({ lines }, path) => {
    // Cut before its last brace, a line is no JSON; cut at its start it is no line.
    const texts = lines.map((cut, i) => {
      const line = eventLine(i)
      return cut === null ? line : line.slice(0, 1 + Math.floor(cut * (line.length - 1)))
    })
    const kept = lines.filter((cut) => cut === null).length
    return miscounted(write(path('e.ndjson'), `${texts.join('\n')}\n`), {
      read: texts.length,
      kept,
    })
  },
)

/** Both ends of lines in one file: a row too wide is bad wherever it stands. */
const mixedEnds = world(
  'mixed-ends',
  20,
  fc.record({
    rows: fc.array(fc.record({ wide: fc.boolean(), end: fc.constantFrom('\n', '\r\n') }), {
      minLength: 1,
      maxLength: 12,
    }),
    header: fc.constantFrom('\n', '\r\n'),
  }),
  async ({ rows, header }, path) => {
    const body = rows.map(({ wide, end }, i) => `u${i % 3},${at(i)},View${wide ? ',x' : ''}${end}`)
    const file = write(path('e.csv'), `user_id,time,event${header}${body.join('')}`)
    return miscounted(file, {
      read: rows.length,
      kept: rows.filter(({ wide }) => !wide).length,
    })
  },
)

const SESSIONS = ['--columns', 'user,start,end,events,first_event']

/** Folders that look like columns change nothing of what the file has. */
const hiveFolders = world(
  'hive-folders',
  12,
  fc.record({
    folders: fc.array(
      fc
        .tuple(
          fc.constantFrom('user_id', 'time', 'event', 'dt', 'platform', 'file', 'segment', 't'),
          fc.constantFrom('1', 'zzz', '2024-01-01', '', '__HIVE_DEFAULT_PARTITION__', 'a%20b'),
        )
        .map(([name, value]) => `${name}=${value}`),
      { minLength: 1, maxLength: 3 },
    ),
    format: fc.constantFrom('csv', 'ndjson'),
    rows: fc.integer({ min: 1, max: 6 }),
    whole: fc.boolean(),
  }),
  async ({ folders, format, rows, whole }, path) => {
    const events = Array.from({ length: rows }, (_, i) => ({
      user_id: `u${i % 2}`,
      time: at(i * 20),
      event: 'View',
    }))
    const text =
      format === 'csv'
        ? `user_id,time,event\n${events.map((event) => Object.values(event).join(',')).join('\n')}\n`
        : `${events.map((event) => JSON.stringify(event)).join('\n')}\n`
    const flat = write(path(`flat/e.${format}`), text)
    const deep = write(path(join('deep', ...folders, `e.${format}`)), text)
    const mapped = ['--user', 'user_id', '--time', 'time', '--event', 'event', ...SESSIONS]
    const wanted = await run(['sessions', flat, ...mapped])
    const found = await run(['sessions', whole ? path('deep') : deep, ...mapped])
    return found.exit === wanted.exit && found.stdout === wanted.stdout
      ? undefined
      : `exit ${found.exit}, not ${wanted.exit}:\n${found.stdout}${found.stderr}`
  },
)

/** Each time is read by itself: rows in another order give the same. */
const zones = world(
  'zones',
  15,
  fc.record({
    rows: fc.array(
      fc.record({
        zone: fc.constantFrom('', ' UTC', ' America/New_York', ' GMT', 'Z', '+02:00', ' CET'),
        minute: fc.integer({ min: 0, max: 2_000 }),
      }),
      { minLength: 2, maxLength: 10 },
    ),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata'),
    turn: fc.nat(9),
  }),
  async ({ rows, timezone, turn }, path) => {
    const lines = rows.map(
      ({ zone, minute }, i) => `u${i},${at(minute).slice(0, 19).replace('T', ' ')}${zone},View`,
    )
    const cut = turn % lines.length
    const turned = [...lines.slice(cut), ...lines.slice(0, cut)].reverse()
    const file = (name: string, body: readonly string[]): string =>
      write(path(name), `user_id,time,event\n${body.join('\n')}\n`)
    const flags = ['--time-format', 'iso', '--timezone', timezone, ...SESSIONS]
    const one = await run(['sessions', file('a.csv', lines), ...flags])
    const other = await run(['sessions', file('b.csv', turned), ...flags])
    return one.exit === 0 && one.stdout === other.stdout
      ? undefined
      : `exits ${one.exit} and ${other.exit}:\n${one.stdout}${one.stderr}---\n${other.stdout}${other.stderr}`
  },
)

/** A row of any depth is read, or counted, and takes nothing along. */
const nesting = world(
  'nesting',
  10,
  fc.record({
    levels: fc.constantFrom(1, 50, 900, 1_500, 16_500, 40_000),
    open: fc.constantFrom('{"a":', '['),
    format: fc.constantFrom('ndjson', 'json'),
    rows: fc.integer({ min: 1, max: 4 }),
  }),
  async ({ levels, open, format, rows }, path) => {
    const deep = `${open.repeat(levels)}1${(open === '[' ? ']' : '}').repeat(levels)}`
    const lines = Array.from({ length: rows }, (_, i) => eventLine(i))
    lines.splice(1, 0, `{"user_id":"d","time":"${at(0)}","event":"View","p":${deep}}`)
    const text = format === 'json' ? `[${lines.join(',\n')}]` : `${lines.join('\n')}\n`
    const { ended } = start(['summary', write(path(`e.${format}`), text), '--format', 'json'])
    const { exit, signal, stdout, stderr } = await ended
    if (signal !== null) return `ended by ${signal}`
    // An array may be refused as a whole; lines may not.
    if (format === 'json' && exit === 3 && /^error: /m.test(stderr)) return undefined
    if (exit !== 0) return `exit ${exit}: ${stderr}`
    const { ledger } = JSON.parse(stdout)
    const kept = levels < 1_000 ? rows + 1 : rows
    return ledger.read === rows + 1 && ledger.kept === kept
      ? undefined
      : `read ${ledger.read} and kept ${ledger.kept}, not ${rows + 1} and ${kept}`
  },
)

/** A few clocks that are years off stop no answer, and keep their events. */
const farClocks = world(
  'far-clocks',
  8,
  fc.record({
    years: fc.array(fc.constantFrom(1, 1970, 1980, 2001, 2022, 2026, 2038, 2099, 9999), {
      minLength: 1,
      maxLength: 6,
    }),
    first: fc.boolean(),
    command: fc.constantFrom(...['summary', 'gap', 'trend', 'report'].map((name) => [name]), [
      'trend',
      '--per',
      'hour-of-week',
    ]),
  }),
  async ({ years, first, command: [name = '', ...flags] }, path) => {
    const far = years.map(
      (year, i) => `far${i},${String(year).padStart(4, '0')}-03-04T05:06:07Z,View,Web,9\n`,
    )
    const [header = '', ...rest] = eventsCsv(1_200).split(/(?<=\n)/)
    const rows = first ? [...far, ...rest] : [...rest, ...far]
    const file = write(path('e.csv'), [header, ...rows].join(''))
    const { exit, stdout, stderr } = await run([name, file, '--format', 'json', ...flags])
    if (exit !== 0) return `exit ${exit}: ${stderr}`
    const answer = JSON.parse(stdout)
    const { firstEvent, lastEvent, farEvents, ledger } = answer.summary ?? answer
    const before = years.filter((year) => year < 2024).length
    const right =
      ledger.kept === 1_200 + far.length &&
      firstEvent.startsWith('2024-') &&
      lastEvent.startsWith('2024-') &&
      farEvents?.before === before &&
      farEvents.after === far.length - before
    return right
      ? undefined
      : `${ledger.kept} from ${firstEvent} to ${lastEvent}, far ${JSON.stringify(farEvents)}`
  },
)

const inState = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.') && name !== 'lock')
    .sort()

/** One flipped bit of a state is seen, or changes nothing. */
const flippedBits = world(
  'flipped-bits',
  12,
  fc.record({
    file: fc.nat(100),
    place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    bit: fc.nat(7),
  }),
  async ({ file, place, bit }, path) => {
    const state = path('state')
    const csv = write(path('e.csv'), eventsCsv(200))
    const ask = ['summary', '--state', state, '--format', 'json']
    const made = await run(['sessions', csv, '--state', state, '-o', path('s.csv')])
    if (made.exit !== 0) return `the state was not made: ${made.stderr}`
    const before = await run(ask)
    const names = inState(state)
    const name = join(state, names[file % names.length] ?? '')
    const bytes = readFileSync(name)
    const position = Math.floor(place * bytes.length)
    bytes[position] = (bytes[position] ?? 0) ^ (1 << bit)
    writeFileSync(name, bytes)
    const after = await run(ask)
    if (after.exit === 0) {
      return after.stdout === before.stdout ? undefined : `other numbers from ${names}`
    }
    return BUG.test(after.stderr) || !/^error: /m.test(after.stderr) ? after.stderr : undefined
  },
)

/** Where a file may have so many kilobytes only, the old one stands or the new one is whole. */
const fullDisks = world(
  'full-disks',
  6,
  fc.record({
    blocks: fc.integer({ min: 1, max: 64 }),
    command: fc.constantFrom(
      'sessions e.csv -o out.csv',
      'report e.csv -o out.csv --format json',
      'check e.csv --save-baseline out.csv -o /dev/null',
      'users e.csv -o out.csv',
    ),
  }),
  async ({ blocks, command }, path) => {
    write(path('e.csv'), eventsCsv(600))
    const cwd = path('.')
    const whole = await inShell(`sessionize ${command}`, { cwd })
    const wanted = readFileSync(path('out.csv'))
    writeFileSync(path('out.csv'), 'old')
    const { exit } = await inShell(`ulimit -f ${blocks}; sessionize ${command}`, { cwd })
    const found = readFileSync(path('out.csv'))
    const isOld = found.toString() === 'old'
    const left = readdirSync(cwd).filter((name) => name.includes('.partial'))
    if (left.length > 0) return `left behind: ${left}`
    if (exit === whole.exit && !isOld) {
      // A report says when it was made.
      return command.startsWith('report') || found.equals(wanted) ? undefined : 'another file'
    }
    return isOld && exit === 4
      ? undefined
      : `exit ${exit}, and the file is ${isOld ? 'old' : 'new'}`
  },
)

/** Of two that follow into one file only one does. */
const twoWriters = world(
  'two-writers',
  2,
  fc.record({ checkpoint: fc.boolean(), events: fc.integer({ min: 200, max: 2_000 }) }),
  async ({ checkpoint, events }, path) => {
    write(path('e.csv'), eventsCsv(events))
    const out = path('s.ndjson')
    const args = [
      ...['follow', path('e.csv'), '-o', out, '--flush-on-end'],
      ...(checkpoint ? ['--checkpoint', path('cp')] : []),
    ]
    const single = await start([...args.slice(0, 3), path('alone.ndjson'), '--flush-on-end']).ended
    if (single.exit !== 0) return single.stderr
    const both = await Promise.all([start(args).ended, start(args).ended])
    const odd = both.find(({ exit, stderr }) => exit !== 0 && !/^error: /m.test(stderr))
    if (odd !== undefined) return `exit ${odd.exit}: ${odd.stderr}`
    if (!both.some(({ exit }) => exit === 0)) return 'neither of the two wrote'
    const text = existsSync(out) ? readFileSync(out, 'utf8') : ''
    return text === readFileSync(path('alone.ndjson'), 'utf8')
      ? undefined
      : 'the output is not whole'
  },
)

export const WORLDS: readonly World[] = [
  cutLines,
  mixedEnds,
  hiveFolders,
  zones,
  nesting,
  farClocks,
  flippedBits,
  fullDisks,
  twoWriters,
]
