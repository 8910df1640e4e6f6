import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromBuffer } from 'yauzl'
import { generateCommand } from '../src/cli/commands/generate.js'
import { Engine } from '../src/engines/duckdb.js'
import { SessionizeError } from '../src/errors/errors.js'
import { SNOWPLOW_COLUMNS } from '../src/events/presets/snowplow.js'
import { generate } from '../src/generate/generate.js'
import type { GenerateOptions } from '../src/generate/options.js'
import { summary } from '../src/index.js'
import { raw, type Sql, sql, text } from '../src/sql/sql.js'
import { parseCount, parseShare } from '../src/units/quantity.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-generate-'))
const at = (name: string): string => join(folder, name)
const digest = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(at(name)))
    .digest('hex')

let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ tempDirectory: at('spill'), threads: 2 })
})
afterAll(() => {
  engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const FAULTS: Partial<GenerateOptions> = {
  duplicateShare: 0.02,
  lateShare: 0.05,
  heartbeatShare: 0.1,
  outOfSessionShare: 0.03,
}

describe('determinism', () => {
  test.each(['parquet', 'csv', 'ndjson', 'zip'])(
    'the same seed makes the same bytes of %s on one thread and on two',
    async (ending) => {
      const options = { events: 20_000, days: 5, seed: 3, ...FAULTS }
      await generate(options, { path: at(`one.${ending}`), threads: 1 })
      await generate(options, { path: at(`two.${ending}`), threads: 2 })
      expect(digest(`two.${ending}`)).toBe(digest(`one.${ending}`))
      await generate({ ...options, seed: 4 }, { path: at(`other.${ending}`), threads: 2 })
      expect(digest(`other.${ending}`)).not.toBe(digest(`one.${ending}`))
    },
  )

  test('enough rows for several row groups, and a small memory, change nothing', async () => {
    const options = { events: 300_000, seed: 9 }
    await generate(options, { path: at('large.parquet'), threads: 2 })
    await generate(options, { path: at('tight.parquet'), threads: 1, memory: '100MB' })
    expect(digest('tight.parquet')).toBe(digest('large.parquet'))
  })
})

function groupBy<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

interface Happening {
  readonly user: string
  readonly ms: number
  readonly event: string
  readonly platform: string
  readonly country: string
}

/** Walks each user's events one by one. */
function rebuild(happenings: readonly Happening[]): string[] {
  const byUser = groupBy(happenings, ({ user }) => user)
  return [...byUser.values()]
    .flatMap((mine) => {
      const sessions: Happening[][] = []
      let last = Number.NEGATIVE_INFINITY
      for (const happening of mine.toSorted((a, b) => a.ms - b.ms)) {
        if (happening.ms - last > 30 * 60_000) sessions.push([])
        sessions.at(-1)?.push(happening)
        last = happening.ms
      }
      return sessions
    })
    .map((session) => {
      const [first, last] = [session[0], session.at(-1)]
      return JSON.stringify([
        first?.user,
        first?.ms,
        last?.ms,
        session.length,
        first?.event,
        last?.event,
        first?.platform,
        first?.country,
      ])
    })
    .toSorted()
}

async function planted(path: string): Promise<string[]> {
  const rows = await engine.rows<{ row: string }>(sql`SELECT to_json([
    "user"::VARCHAR, epoch_ms("start")::VARCHAR, epoch_ms("end")::VARCHAR, events::VARCHAR,
    first_event, last_event, platform, country])::VARCHAR AS row FROM ${text(path)}`)
  return rows
    .map(({ row }) => {
      const [user, start, end, events, ...rest]: string[] = JSON.parse(row)
      return JSON.stringify([user, Number(start), Number(end), Number(events), ...rest])
    })
    .toSorted()
}

const happeningsOf = (query: Sql): Promise<Happening[]> => engine.rows<Happening>(query)

describe('planted truth', () => {
  const shapes: [string, Partial<GenerateOptions>][] = [
    ['dense visits', { shape: 'dense' }],
    ['sparse visits', { shape: 'sparse' }],
    ['every fault at once', FAULTS],
    ['one busy user', { users: 1, events: 300, days: 4, eventsPerVisit: 15 }],
    ['many users with heartbeats', { heartbeatShare: 1 }],
    ['long visits in a short time', { eventsPerVisit: 100, days: 1 }],
  ]
  test.each(shapes)('%s: sessions rebuilt one by one are the planted ones', async (_, options) => {
    const result = await generate(
      { events: 8_000, seed: 11, days: 10, ...options },
      { path: at('truth.parquet'), truthPath: at('truth-sessions.parquet'), threads: 2 },
    )
    const happenings = await happeningsOf(sql`
      SELECT DISTINCT user_id AS "user", epoch_ms(time)::DOUBLE AS ms, event, platform, country, insert_id
      FROM ${text(at('truth.parquet'))} WHERE session_id <> -1`)
    const truth = await planted(at('truth-sessions.parquet'))
    expect(happenings.length).toBe(result.events)
    expect(truth.length).toBe(result.sessions)
    expect(rebuild(happenings)).toEqual(truth)
  })

  test('the recorded session id is the start of the session', async () => {
    await generate({ events: 5_000 }, { path: at('ids.parquet'), threads: 2 })
    const { wrong } = await engine.row<{
      wrong: number
    }>(sql`SELECT count(*)::DOUBLE AS wrong FROM (
      SELECT session_id, min(epoch_ms(time)) AS first FROM ${text(at('ids.parquet'))} GROUP BY user_id, session_id
    ) WHERE session_id <> first`)
    expect(wrong).toBe(0)
  })

  const vendors: [GenerateOptions['format'], string, string, string][] = [
    ['mixpanel', 'properties.distinct_id', 'properties.time', 'event'],
    [
      'segment',
      'coalesce("userId"::VARCHAR, "anonymousId"::VARCHAR)',
      'epoch_ms(timestamp)',
      'event',
    ],
    ['mixpanel_pipeline', 'distinct_id', 'epoch_ms(time)', 'event_name'],
    [
      'rudderstack',
      'coalesce("userId"::VARCHAR, "anonymousId"::VARCHAR)',
      'epoch_ms(timestamp)',
      'event',
    ],
    ['heap', 'user_id', 'epoch_ms(time)', 'event_table_name'],
    ['posthog', 'person_id', 'epoch_ms(timestamp)', 'event'],
    ['ga4', 'user_pseudo_id', 'event_timestamp::BIGINT // 1000', 'event_name'],
  ]
  test.each(vendors)('%s: the same, as its readers see it', async (format, user, ms, event) => {
    const [path, truthPath] = [at(`${format}.ndjson`), at(`${format}-sessions.csv`)]
    await generate({ events: 3_000, seed: 5, format }, { path, truthPath, threads: 2 })
    const happenings = await happeningsOf(sql`SELECT ${raw(user)}::VARCHAR AS "user",
      (${raw(ms)})::DOUBLE AS ms, ${raw(event)} AS event, '' AS platform, '' AS country
      FROM read_json(${text(path)}, format = 'newline_delimited')`)
    const times = (sessions: string[]): unknown[] =>
      sessions.map((session) => JSON.parse(session).slice(0, 6))
    expect(times(rebuild(happenings))).toEqual(times(await planted(truthPath)))
  })

  const detected = ['amplitude', ...vendors.map(([format]) => format), 'snowplow'] as const
  test.each(detected)('%s: recognised with no flags, every session found', async (format) => {
    const path = at(`recognised.${format === 'amplitude' ? 'zip' : 'data'}`)
    const planted = await generate({ events: 3_000, seed: 6, format }, { path, threads: 2 })
    const { mapping, ledger, overall } = await summary(path)
    expect(mapping.preset).toBe(format)
    expect(ledger.kept).toBe(planted.rows)
    // To GA4, and to it alone, a user on another platform is another user.
    if (format !== 'ga4') expect(overall.users).toBe(planted.users)
    expect(overall).toMatchObject({ sessions: planted.sessions, events: planted.events })
  })

  test('snowplow: 131 values a line and no header', async () => {
    await generate({ events: 500, format: 'snowplow' }, { path: at('enriched.tsv'), threads: 2 })
    const lines = readFileSync(at('enriched.tsv'), 'utf8').replace(/\n$/, '').split('\n')
    expect(SNOWPLOW_COLUMNS).toHaveLength(131)
    for (const line of lines) expect(line.split('\t')).toHaveLength(131)
    expect(lines[0]).toMatch(/^shop\t/)
  })
})

describe('shares', () => {
  test('are close to what was asked', async () => {
    const options = { events: 100_000, seed: 2, ...FAULTS }
    const result = await generate(options, { path: at('shares.parquet'), threads: 2 })
    expect(Math.abs(result.events / 100_000 - 1)).toBeLessThan(0.1)
    expect(result.rows).toBe(result.events + result.duplicates + result.outOfSession)

    const counted = await engine.row<Record<string, number>>(sql`SELECT count(*)::DOUBLE AS n,
      (count(*) - count(DISTINCT insert_id))::DOUBLE AS duplicates,
      (count(*) FILTER (WHERE session_id = -1))::DOUBLE AS strays,
      (count(DISTINCT user_id) FILTER (WHERE event = 'heartbeat'))::DOUBLE AS beating,
      count(DISTINCT user_id)::DOUBLE AS users
    FROM ${text(at('shares.parquet'))}`)
    expect(counted['n']).toBe(result.rows)
    expect(counted['duplicates']).toBe(result.duplicates)
    expect(counted['strays']).toBe(result.outOfSession)
    expect(result.duplicates / result.events).toBeCloseTo(0.02, 2)
    expect(result.outOfSession / result.events).toBeCloseTo(0.03, 2)
    expect((counted['beating'] ?? 0) / (counted['users'] ?? 1)).toBeLessThan(0.1)
    expect(counted['beating']).toBeGreaterThan(0)
  })

  test('late events come after events that happened later; without them the order is nearly kept', async () => {
    const lateness = async (lateShare: number): Promise<number> => {
      await generate({ events: 20_000, lateShare }, { path: at('late.parquet'), threads: 2 })
      const { share } = await engine.row<{ share: number }>(sql`SELECT
        avg((time < latest - INTERVAL 10 MINUTES)::INTEGER) AS share FROM (
          SELECT time, max(time) OVER (ROWS UNBOUNDED PRECEDING) AS latest FROM ${text(at('late.parquet'))}
        )`)
      return share
    }
    expect(await lateness(0)).toBe(0)
    expect(Math.abs((await lateness(0.1)) - 0.1)).toBeLessThan(0.02)
  })

  test('sparse means nearly one event a visit', async () => {
    const options = { events: 20_000, shape: 'sparse' } as const
    const { events, sessions } = await generate(options, { path: at('sparse.csv'), threads: 2 })
    expect(events / sessions).toBeCloseTo(1.08, 1)
  })
})

describe('the Amplitude zip', () => {
  const members = new Map<string, Buffer>()
  beforeAll(async () => {
    await generate({ events: 5_000, days: 2, ...FAULTS }, { path: at('export.zip'), threads: 2 })
    for (const [name, bytes] of await readZip(readFileSync(at('export.zip')))) {
      members.set(name, bytes)
    }
  })

  test('has hourly members, merged ids and a marker', () => {
    const names = [...members.keys()]
    const hourly = names.filter((name) =>
      /^184320\/184320_\d{4}-\d\d-\d\d_\d{1,2}#0\.json\.gz$/.test(name),
    )
    const others = names.filter((name) => !hourly.includes(name))
    expect(hourly.length).toBeGreaterThan(24)
    expect(others).toEqual([
      expect.stringMatching(/^184320\/-40961_\d{4}-\d\d-\d\d_\d{1,2}\.json\.gz$/),
      expect.stringMatching(/^184320\/184320_\d{4}-\d\d-\d\d_\d{1,2}_complete$/),
    ])
  })

  test('keeps each hour of upload in its member, with times as Amplitude writes them', () => {
    for (const [name, bytes] of members) {
      const [, day, hour] = /_(\d{4}-\d\d-\d\d)_(\d+)#/.exec(name) ?? []
      if (day === undefined || hour === undefined) continue
      const uploads = rowsOf(bytes).map((row) => String(row['server_upload_time']))
      for (const time of uploads) {
        expect(time).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/)
        expect(time.slice(0, 13)).toBe(`${day} ${hour.padStart(2, '0')}`)
      }
    }
  })

  test('has one uuid per row but for planted duplicates, which are equal in all but upload', () => {
    const rows = [...members]
      .filter(([name]) => name.includes('#'))
      .flatMap(([, bytes]) => rowsOf(bytes))
    const byUuid = groupBy(rows, (row) => row['uuid'])
    const copies = [...byUuid.values()].filter((same) => same.length > 1)
    expect(copies.length).toBeGreaterThan(0)
    const lasting = ['$insert_id', 'device_id', 'event_type', 'event_time', 'session_id', 'user_id']
    for (const [first, second, ...more] of copies) {
      expect(more).toEqual([])
      for (const field of lasting) expect(second?.[field]).toBe(first?.[field])
    }
    const keys = new Set(rows.map((row) => `${row['device_id']} ${row['$insert_id']}`))
    expect(keys.size).toBe(byUuid.size)
    expect(rows.some((row) => row['session_id'] === -1 && row['platform'] === null)).toBe(true)
  })
})

type Json = Record<string, unknown>
const rowsOf = (gzipped: Buffer): Json[] =>
  gunzipSync(gzipped)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line): Json => JSON.parse(line))

function readZip(bytes: Buffer): Promise<[string, Buffer][]> {
  return new Promise((resolve, reject) => {
    const found: [string, Buffer][] = []
    fromBuffer(bytes, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error)
      zip.on('entry', (entry) => {
        zip.openReadStream(entry, (failure, stream) => {
          if (failure) return reject(failure)
          const chunks: Buffer[] = []
          stream.on('data', (chunk: Buffer) => chunks.push(chunk))
          stream.on('end', () => {
            found.push([entry.fileName, Buffer.concat(chunks)])
            zip.readEntry()
          })
        })
      })
      zip.on('end', () => resolve(found))
      zip.on('error', reject)
      zip.readEntry()
    })
  })
}

describe('options', () => {
  const bad: [string, Partial<GenerateOptions>, string][] = [
    ['no events', { events: 0 }, 'x.csv'],
    ['half an event', { events: 1.5 }, 'x.csv'],
    ['no days', { days: 0 }, 'x.csv'],
    ['a negative share', { duplicateShare: -0.1 }, 'x.csv'],
    ['a share over one', { lateShare: 1.5 }, 'x.csv'],
    ['a share that is no number', { heartbeatShare: Number.NaN }, 'x.csv'],
    ['a date that does not exist', { start: '2024-02-30' }, 'x.csv'],
    ['a date in words', { start: 'yesterday' }, 'x.csv'],
    ['more than the users can do', { events: 1_000_000, users: 3 }, 'x.csv'],
    ['an unknown ending', {}, 'x.xlsx'],
    ['compression on top of compression', {}, 'x.parquet.gz'],
    [
      'out of session where no session is recorded',
      { format: 'segment', outOfSessionShare: 0.1 },
      'x',
    ],
  ]
  test.each(bad)('%s: refused with exit code 2 and a hint', async (_, options, name) => {
    const before = readdirSync(folder)
    const error = await generate(options, { path: at(name) }).catch((reason: unknown) => reason)
    if (!(error instanceof SessionizeError)) throw error
    expect(error.exitCode).toBe(2)
    expect(error.hint).toBeDefined()
    expect(readdirSync(folder)).toEqual(before)
  })

  test('a path that cannot be written fails before any work', async () => {
    const path = at('nowhere/x.csv')
    await expect(generate({}, { path })).rejects.toMatchObject({ code: 'output_unwritable' })
  })

  test('an aborted run leaves nothing', async () => {
    const before = readdirSync(folder)
    const signal = AbortSignal.abort()
    await expect(generate({}, { path: at('aborted.csv'), signal })).rejects.toThrow()
    expect(readdirSync(folder)).toEqual(before)
  })

  test.each([
    ['1000000', 1_000_000],
    ['1M', 1_000_000],
    ['1.1M', 1_100_000],
    ['10k', 10_000],
    ['2_500', 2_500],
    ['1,000', 1_000],
  ])('the count %s is %d', (written, value) => {
    expect(parseCount(written, '--events')).toBe(value)
  })

  test('1%% and 0.01 are the same share', () => {
    expect(parseShare('1%', '--late')).toBe(parseShare('0.01', '--late'))
    expect(parseShare('.5', '--late')).toBe(0.5)
  })

  test.each(['', 'many', '1x', '1.5', '-3', '1e3'])('the count `%s` is refused', (written) => {
    expect(() => parseCount(written, '--events')).toThrow(SessionizeError)
  })
})

describe('the command', () => {
  async function run(...args: string[]): Promise<string> {
    let said = ''
    const stderr = Object.assign(Object.create(process.stderr), {
      write: (chunk: string) => {
        said += chunk
        return true
      },
    })
    const { stdin, stdout, env } = process
    const context = {
      terminal: { stdin, stdout, stderr, env },
      signal: new AbortController().signal,
    }
    const root = new Command().addCommand(generateCommand(context)).exitOverride()
    await root.parseAsync(['generate', ...args], { from: 'user' })
    return said
  }

  test('writes one line about what it wrote', async () => {
    const said = await run(
      '-o',
      at('cli.csv.gz'),
      '--events',
      '1k',
      '--duplicates',
      '5%',
      '--truth',
      at('cli.truth.csv'),
    )
    expect(said).toMatch(
      /^Wrote [\d,]+ events in [\d,]+ sessions of [\d,]+ users \(.* duplicates\) to .*cli\.csv\.gz; .*\n$/,
    )
    expect(gunzipSync(readFileSync(at('cli.csv.gz'))).toString()).toMatch(/^user_id,time,event,/)
  })

  test.each([
    [[]],
    [['-o', 'x.csv', '--events', 'lots']],
    [['-o', 'x.csv', '--format', 'parket']],
    [['-o', 'x.csv', '--late', 'some']],
  ])('%j is refused with exit code 2', async (args) => {
    await expect(run(...args)).rejects.toMatchObject({ exitCode: 2 })
  })
})
