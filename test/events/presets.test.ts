/**
 * One small file per vendor and form, hand-made from the documented format, read with no flags.
 * Each tells the same story: ann opens at 10:00, views at 10:05 and opens again at 11:00; bob opens
 * at 10:02:30; and where the vendor has a key, ann's view arrives twice.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatName } from '../../src/events/clock.js'
import { PRESETS } from '../../src/events/presets/index.js'
import { open, type ReadEvent, Scratch } from './opened.js'

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'presets')
const scratch = new Scratch()

interface Vendor {
  readonly file: string
  readonly preset: string
  /** The mapping: user, time and its format, event, recorded session, key of a row. */
  readonly mapping: readonly [string, string, string, string | null, string | null, string | null]
  readonly ann: string
  readonly bob: string
  /** Names of the four events, where they are others than open, view, open, open. */
  readonly names?: readonly string[]
  /** Recorded sessions of ann's first and second visit, and bob's. */
  readonly sessions?: readonly [string, string, string]
  readonly ledger?: Readonly<Record<string, unknown>>
}

const REPEATED = { read: 5, kept: 4, duplicates: 1 }
const PLAIN = { read: 4, kept: 4 }
const paths = ['GET /open', 'GET /view', 'GET /open', 'GET /open']
const starts = ['1709632800', '1709636400', '1709632950'] as const
const startsMs = ['1709632800000', '1709636400000', '1709632950000'] as const
const uuids = [
  '018e0e00-0000-7000-8000-000000000001',
  '018e0e00-0000-7000-8000-000000000002',
  '018e0e00-0000-7000-8000-000000000003',
] as const
const agent = 'Mozilla/5.0 (X; \\"Y\\")'

const VENDORS: readonly Vendor[] = [
  {
    file: 'amplitude.ndjson',
    preset: 'amplitude',
    mapping: ['amplitude_id', 'event_time', 'iso', 'event_type', 'session_id', 'uuid'],
    ann: '1001',
    bob: '1002',
    sessions: startsMs,
    ledger: { read: 6, kept: 4, duplicates: 1, outOfSession: 1 },
  },
  {
    file: 'amplitude-warehouse.csv',
    preset: 'amplitude',
    mapping: ['AMPLITUDE_ID', 'EVENT_TIME', 'iso', 'EVENT_TYPE', 'SESSION_ID', 'uuid'],
    ann: '1001',
    bob: '1002',
    sessions: startsMs,
    ledger: { read: 6, kept: 4, duplicates: 1, outOfSession: 1 },
  },
  ...(['mixpanel.ndjson', 'mixpanel-ms.ndjson'] as const).map((file) => ({
    file,
    preset: 'mixpanel',
    mapping: [
      'properties.distinct_id',
      'properties.time',
      file === 'mixpanel.ndjson' ? 'epoch_s' : 'epoch_ms',
      'event',
      null,
      'event,properties.time,properties.distinct_id,properties.$insert_id',
    ] as const,
    ann: 'ann',
    bob: 'bob',
  })),
  {
    file: 'mixpanel-pipeline.csv',
    preset: 'mixpanel_pipeline',
    mapping: [
      'distinct_id,user_id,device_id',
      'time',
      'iso',
      'event_name',
      null,
      'event_name,time,distinct_id,insert_id',
    ],
    ann: 'ann',
    bob: 'bob',
  },
  {
    file: 'segment.ndjson',
    preset: 'segment',
    mapping: ['userId,anonymousId', 'timestamp', 'iso', 'event,name,type', null, 'messageId'],
    ann: 'ann',
    bob: 'bob',
    // A page call has a name and no event.
    names: ['open', 'Home', 'open', 'open'],
  },
  {
    file: 'segment-warehouse.csv',
    preset: 'segment',
    mapping: ['user_id,anonymous_id', 'timestamp', 'iso', 'event', null, 'id'],
    ann: 'ann',
    bob: 'bob',
  },
  {
    file: 'rudderstack.ndjson',
    preset: 'rudderstack',
    mapping: [
      'userId,anonymousId',
      'timestamp',
      'iso',
      'event,type',
      'context.sessionId',
      'messageId',
    ],
    ann: 'ann',
    bob: 'bob',
    sessions: starts,
  },
  ...(['posthog.ndjson', 'posthog.csv'] as const).map((file) => ({
    file,
    preset: 'posthog',
    mapping: ['person_id', 'timestamp', 'iso', 'event', 'properties.$session_id', 'uuid'] as const,
    ann: 'p-ann',
    bob: 'p-bob',
    sessions: uuids,
  })),
  {
    file: 'ga4.ndjson',
    preset: 'ga4',
    mapping: [
      'user_pseudo_id+stream_id',
      'event_timestamp',
      'epoch_us',
      'event_name',
      'event_params.ga_session_id',
      null,
    ],
    ann: 'ann.1|77',
    bob: 'bob.1|77',
    // One id serves two users: it only counts together with the user.
    sessions: [starts[0], starts[1], starts[0]],
    ledger: PLAIN,
  },
  ...(['snowplow.tsv', 'snowplow-warehouse.csv'] as const).map((file) => ({
    file,
    preset: 'snowplow',
    mapping: [
      'domain_userid,user_id,network_userid',
      'derived_tstamp',
      'iso',
      'event_name,event',
      'domain_sessionid',
      'event_id',
    ] as const,
    ann: 'du-ann',
    bob: 'du-bob',
    sessions: ['ds-1709632800', 'ds-1709636400', 'ds-1709632950'] as const,
  })),
  {
    file: 'heap.csv',
    preset: 'heap',
    mapping: ['user_id', 'time', 'iso', 'event_table_name', 'session_id', 'event_id'],
    ann: '501',
    bob: '502',
    sessions: ['71', '73', '74'],
  },
  {
    file: 'matomo.json',
    preset: 'matomo',
    mapping: [
      'userId,visitorId',
      'actionDetails.timestamp',
      'epoch_s',
      'actionDetails.type',
      'idVisit',
      null,
    ],
    ann: 'v-ann',
    bob: 'bob',
    names: ['action', 'event', 'action', 'action'],
    sessions: ['41', '42', '43'],
    // A visit without actions is a row without a time, and not lost.
    ledger: { read: 5, kept: 4, rejected: { no_time: 1 } },
  },
  ...(['adobe.tsv', 'adobe-feed'] as const).map((file) => ({
    file,
    preset: 'adobe',
    mapping: [
      'post_visid_high+post_visid_low',
      'hit_time_gmt',
      'epoch_s',
      'post_pagename,page_event',
      'visit_num',
      'hitid_high,hitid_low',
    ] as const,
    ann: '2871|55',
    bob: '3001|55',
    sessions: ['1', '2', '1'] as const,
  })),
  {
    file: 'json_log-caddy.ndjson',
    preset: 'json_log',
    mapping: [
      'request.client_ip+request.headers.User-Agent,request.client_ip',
      'ts',
      'epoch_s',
      'request.uri',
      null,
      null,
    ],
    ann: '192.0.2.1|["X"]',
    bob: '192.0.2.2|["X"]',
    names: ['/open', '/view', '/open', '/open'],
    ledger: PLAIN,
  },
  {
    file: 'access_log.log',
    preset: 'access_log',
    mapping: ['visitor', 'time', 'common_log', 'request', null, null],
    ann: `203.0.113.7 ${agent}`,
    bob: `198.51.100.9 ${agent}`,
    names: paths,
    ledger: PLAIN,
  },
  {
    file: 'access_log-common.log',
    preset: 'access_log',
    mapping: ['visitor', 'time', 'common_log', 'request', null, null],
    ann: '203.0.113.7 ',
    bob: '198.51.100.9 ',
    names: paths,
    ledger: PLAIN,
  },
  {
    file: 'access_log-vhost.log',
    preset: 'access_log',
    mapping: ['visitor', 'time', 'common_log', 'request', null, null],
    ann: '203.0.113.7 curl/8',
    bob: '198.51.100.9 curl/8',
    names: paths,
    ledger: PLAIN,
  },
  {
    file: 'w3c_log.log',
    preset: 'w3c_log',
    mapping: ['visitor', 'timestamp', 'iso', 'request', null, null],
    ann: '203.0.113.7 Mozilla/5.0+(X)',
    bob: '198.51.100.9 Mozilla/5.0+(X)',
    names: paths,
    ledger: PLAIN,
  },
  {
    file: 'w3c_log-cloudfront.log',
    preset: 'w3c_log',
    mapping: ['visitor', 'timestamp', 'iso', 'request', null, null],
    ann: '203.0.113.7 Mozilla/5.0%20(X)',
    bob: '198.51.100.9 Mozilla/5.0%20(X)',
    names: paths,
    ledger: PLAIN,
  },
  {
    file: 'generic.csv',
    preset: 'generic',
    mapping: ['customer_id', 'timestamp', 'iso', 'action', 'session_id', null],
    ann: 'ann',
    bob: 'bob',
    sessions: starts,
    ledger: PLAIN,
  },
]

const TIMES = ['10:00:00', '10:05:00', '11:00:00', '10:02:30'].map((time) => `2024-03-05 ${time}`)

/** The four events of the story, as this vendor tells them. */
function story({ ann, bob, names, sessions }: Vendor): ReadEvent[] {
  const [first, second, other] = sessions ?? [null, null, null]
  const recorded = [first, first, second, other]
  return TIMES.map((time, i) => ({
    user: i === 3 ? bob : ann,
    time,
    name: (names ?? ['open', 'view', 'open', 'open'])[i] ?? null,
    session: recorded[i] ?? null,
  }))
}

const sorted = (events: readonly ReadEvent[]): ReadEvent[] =>
  [...events].sort((a, b) => (a.user + a.time < b.user + b.time ? -1 : 1))

describe.each(VENDORS)('$file', (vendor) => {
  test('is read with no flags', async () => {
    const { events, ledger, mapping } = await open([join(FOLDER, vendor.file)])
    const { preset, user, time, timeFormat, event, session, dedupe } = mapping
    expect(preset).toBe(vendor.preset)
    expect([
      user.join(','),
      time,
      formatName(timeFormat),
      event,
      session,
      dedupe.length === 0 ? null : dedupe.join(','),
    ]).toEqual(vendor.mapping)
    expect(sorted(events)).toEqual(sorted(story(vendor)))
    expect(ledger).toMatchObject(vendor.ledger ?? REPEATED)
  })

  test('is read alike when its preset is named', async () => {
    const { mapping, events } = await open([join(FOLDER, vendor.file)], { preset: vendor.preset })
    expect(mapping.preset).toBe(vendor.preset)
    expect(events).toHaveLength(4)
  })
})

test('every file is tested, and every preset has one', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(VENDORS.map(({ file }) => file).sort())
  expect(new Set(VENDORS.map(({ preset }) => preset))).toEqual(
    new Set(PRESETS.map(({ name }) => name)),
  )
})

describe('Parquet', () => {
  const ndjson = (name: string): string =>
    `read_json('${join(FOLDER, name)}', format = 'newline_delimited')`
  const typed = (query: string): Promise<string> => scratch.parquet(query)
  const expectStory = async (file: string, preset: string, as: string): Promise<void> => {
    const vendor = VENDORS.find((one) => one.file === as)
    if (vendor === undefined) throw new Error(as)
    const { events, mapping } = await open([file])
    expect(mapping.preset).toBe(preset)
    expect(sorted(events)).toEqual(sorted(story(vendor)))
  }

  test('GA4: parameters are a list of structs, integers are integers', async () => {
    const file =
      await typed(`SELECT event_timestamp::BIGINT AS event_timestamp, event_name, user_pseudo_id, stream_id::BIGINT AS stream_id,
      list_transform(event_params, p -> {'key': p.key, 'value': {'string_value': p.value.string_value, 'int_value': p.value.int_value::BIGINT, 'float_value': NULL::DOUBLE, 'double_value': NULL::DOUBLE}}) AS event_params
      FROM ${ndjson('ga4.ndjson')}`)
    await expectStory(file, 'ga4', 'ga4.ndjson')
    const { opened } = await open([file], { dimensions: ['event_params.page_title'] })
    expect(opened.dimensions).toMatchObject([{ sources: ['event_params.page_title'] }])
  })

  test('PostHog: properties are JSON text', async () => {
    const file = await typed(
      `SELECT * REPLACE (to_json(properties)::VARCHAR AS properties, "timestamp"::TIMESTAMPTZ AS "timestamp") FROM ${ndjson('posthog.ndjson')}`,
    )
    await expectStory(file, 'posthog', 'posthog.ndjson')
  })

  test('Amplitude in a warehouse: upper-case names and typed times', async () => {
    const file = await typed(
      `SELECT uuid AS "UUID", amplitude_id AS "AMPLITUDE_ID", event_type AS "EVENT_TYPE", event_time::TIMESTAMP AS "EVENT_TIME", session_id AS "SESSION_ID" FROM ${ndjson('amplitude.ndjson')}`,
    )
    await expectStory(file, 'amplitude', 'amplitude.ndjson')
  })

  test('Matomo: visits with a list of structs', async () => {
    const file =
      await typed(`SELECT idVisit, visitorId, userId, actionDetails FROM read_json('${join(FOLDER, 'matomo.json')}', format = 'array',
      columns = {idVisit: 'BIGINT', visitorId: 'VARCHAR', userId: 'VARCHAR', actionDetails: 'STRUCT("type" VARCHAR, "timestamp" BIGINT)[]'})`)
    await expectStory(file, 'matomo', 'matomo.json')
  })

  test('Mixpanel: properties are a struct, with no flags', async () => {
    const file = await typed(`SELECT * FROM ${ndjson('mixpanel.ndjson')}`)
    await expectStory(file, 'mixpanel', 'mixpanel.ndjson')
  })
})

describe('dimensions', () => {
  test.each([
    ['mixpanel.ndjson', 'platform', 'properties.$os'],
    ['posthog.csv', 'platform', 'properties.$os'],
    ['segment.ndjson', 'version', 'context.app.version'],
    ['snowplow.tsv', 'country', 'geo_country'],
    ['ga4.ndjson', 'country', 'geo.country'],
  ])('%s knows where the %s is', async (file, name, source) => {
    const { opened } = await open([join(FOLDER, file)], { dimensions: [name] })
    expect(opened.dimensions[0]?.sources).toContain(source)
  })
})

describe('when it is not clear', () => {
  test('two presets that fit alike are asked about', async () => {
    const path = scratch.write(
      'both.csv',
      'distinct_id,uuid,event,timestamp,properties,event_id,session_id,user_id,time,event_table_name\n1,2,3,2024-03-05 10:00:00,{},1,1,1,2024-03-05 10:00:00,x\n',
    )
    await expect(open([path])).rejects.toMatchObject({
      code: 'mapping_uncertain',
      hint: 'Say which: --preset heap',
    })
  })

  test('a preset that is not known gets a suggestion', async () => {
    await expect(open([join(FOLDER, 'heap.csv')], { preset: 'amplitud' })).rejects.toMatchObject({
      code: 'usage',
      message: 'No preset `amplitud`. Did you mean `amplitude`?',
    })
  })

  test('a preset that does not fit says so', async () => {
    await expect(open([join(FOLDER, 'generic.csv')], { preset: 'mixpanel' })).rejects.toMatchObject(
      { code: 'mapping_uncertain' },
    )
  })

  test('files of which only some look like a vendor’s are read by common names, and that is said', async () => {
    const other = scratch.write(
      'own.csv',
      'user_id,event_time,event_type\nann,2024-03-05 10:00:00,a\n',
    )
    const { mapping } = await open([join(FOLDER, 'amplitude.ndjson'), other])
    expect(mapping.preset).toBe('generic')
    expect(mapping.doubts.join()).toContain('Some files look like amplitude')
  })

  test('a table without a header has numbered columns, and a doubt says which is the user', async () => {
    const path = scratch.write(
      'plain.csv',
      'ann,2024-03-05T10:00:00Z,a\nbob,2024-03-05T10:05:00Z,b\n',
    )
    const { mapping } = await open([path])
    expect(mapping).toMatchObject({ user: ['column1'], time: 'column2' })
    expect(mapping.doubts.join()).toContain('`column1` is taken for the user')
    const { events } = await open([path], { user: ['column1'], time: 'column2', event: 'column3' })
    expect(events).toHaveLength(2)
  })
})
