/**
 * Two dbt models: blocks, made anew from a little before the latest one on, and sessions of them, made
 * anew for the users that this touched. Both give what a full refresh gives, as long as no event comes
 * later than the lookback.
 *
 * Columns are not called `user`, `start` and `end`, which engines reserve and dbt does not quote.
 */
import { stringify } from 'yaml'
import { CLICKHOUSE_SETTINGS } from '../dialects/clickhouse.js'
import type { Dialect } from '../dialects/dialect.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { blockWidthMicros } from '../sessions/blocks.js'
import { COLUMNS, chooseColumns, compileSessions } from '../sessions/compile.js'
import type { SessionDefinition } from '../sessions/definition.js'
import type { SessionRequest } from '../sessions/request.js'
import { hasLimit } from '../sessions/session-limits.js'
import { identifier, join, raw, render, type Sql, type Stage, sql } from '../sql/sql.js'
import { formatDuration } from '../units/duration.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import { assertBlocks, compileBlocks, storedColumns } from './compile-blocks.js'
import {
  headingOf,
  mappedRequest,
  type PrintOptions,
  type TableSource,
  tableParts,
} from './print.js'

export interface DbtOptions extends PrintOptions {
  readonly source: TableSource
  /** How much later than the latest event an event may come and still be counted. */
  readonly lookbackMicros: number
}

export interface DbtFile {
  readonly name: string
  readonly text: string
}

const BLOCKS = 'session_blocks'
const SESSIONS = 'sessions'

const RENAMED = new Map([
  ['user', 'user_id'],
  ['start', 'started_at'],
  ['end', 'ended_at'],
])

/** Whose dbt adapters replace all rows of a key that is not unique; the others merge row by row. */
const REPLACE_KEYS: ReadonlySet<string> = new Set([
  'duckdb',
  'postgres',
  'snowflake',
  'trino',
  'clickhouse',
])

/**
 * The files of a folder of models.
 *
 * @throws SessionizeError `unsupported` for rules that need single events; `usage`
 */
export function dbtFiles(options: DbtOptions): DbtFile[] {
  assertModels(options)
  return [
    { name: `${BLOCKS}.sql`, text: blocksModel(options) },
    { name: `${SESSIONS}.sql`, text: sessionsModel(options) },
    { name: 'schema.yml', text: schema(options) },
  ]
}

function assertModels(options: DbtOptions): void {
  const { definition, lookbackMicros } = options
  assertBlocks(definition)
  if (hasLimit(definition)) {
    throw new SessionizeError(
      'unsupported',
      `Sessions with ${option('maxLength')} or ${option('maxEvents')} do not follow from blocks alone.`,
      {
        hint: `Print them with ${option('stage')} sessions, as a model that is made anew each time.`,
      },
    )
  }
  const longest = longestGap(definition)
  if (lookbackMicros < longest) {
    throw new SessionizeError(
      'usage',
      `${option('lookback')} ${formatDuration(lookbackMicros)} is shorter than the gap of ${formatDuration(longest)}.`,
      { hint: 'Sessions that were cut by the end of the data would never be finished.' },
    )
  }
  // Words of the user in the models are read as templates first.
  const words = JSON.stringify(options, (key, value) => (key === 'dialect' ? undefined : value))
  const template = /\{[{%#]/.exec(words)
  if (template !== null) {
    throw new SessionizeError('usage', `dbt would take \`${template[0]}\` for a template.`, {
      hint: `Rename the column or event in a view, and name the view with ${option('fromTable')}.`,
    })
  }
}

const longestGap = ({ gapMicros, gaps }: SessionDefinition): number =>
  Math.max(gapMicros, ...(gaps ?? []).map((rule) => rule.gapMicros))

const lookbackBlocks = ({ definition, lookbackMicros }: DbtOptions): number =>
  Math.ceil(lookbackMicros / blockWidthMicros(definition))

/** A part of the query for runs that go on from what is there. */
const incrementally = (condition: Sql): Sql =>
  sql`\n{% if is_incremental() %}${condition}\n{% endif %}`

function config(settings: Readonly<Record<string, string>>, { name }: Dialect): string {
  const all = Object.entries(settings).map(([key, value]) => `${key}='${value}'`)
  if (name === 'clickhouse') {
    const shown = CLICKHOUSE_SETTINGS.map(([setting, value]) => `'${setting}': ${value}`)
    all.push(`query_settings={${shown.join(', ')}}`)
  }
  return `{{ config(${all.join(', ')}) }}\n\n`
}

const strategy = ({ name }: Dialect): string => (REPLACE_KEYS.has(name) ? 'delete+insert' : 'merge')

/** `source('schema', 'table')` or `ref('model')`. */
function tableReference(name: string): Sql {
  const parts = tableParts(name)
  for (const part of parts) {
    if (!/^[\w$ -]+$/.test(part)) {
      throw new SessionizeError('usage', `dbt cannot name the table \`${name}\`.`, {
        hint: 'Use letters, digits, spaces, - and _.',
      })
    }
  }
  const [table = '', schema] = parts.toReversed()
  return raw(
    schema === undefined ? `{{ ref('${table}') }}` : `{{ source('${schema}', '${table}') }}`,
  )
}

const REFERENCE = raw(`{{ ref('${BLOCKS}') }}`)

function blocksModel(options: DbtOptions): string {
  const { dialect, definition, source } = options
  const width = blockWidthMicros(definition)
  const since = incrementally(
    sql`\n  -- From a little before the latest block on, blocks are made anew from all of their events.
  AND t >= coalesce((SELECT (max(block) - ${lookbackBlocks(options)}) * ${width} FROM {{ this }}), 0)`,
  )
  const request = mappedRequest(options, tableReference(source.table), source, dialect, since)
  const query = compileBlocks(request, dialect, (blocks, columns) => ({
    stages: [{ name: 'sz_decoded', comment: 'Blocks with their values.', body: blocks }],
    select: sql`SELECT ${join(
      [sql`${blockId(definition, dialect)} AS block_id`, sql`"user" AS user_id`, ...columns],
      ',\n  ',
    )}\nFROM sz_decoded`,
  }))
  const settings = {
    materialized: 'incremental',
    incremental_strategy: strategy(dialect),
    unique_key: 'block_id',
    on_schema_change: 'fail',
  }
  return `${config(settings, dialect)}${headingOf(request, options)}${render(query, dialect)}\n`
}

/** Of the block's key. */
function blockId({ midnightZone }: SessionDefinition, dialect: Dialect): Sql {
  const parts = ['block', ...(midnightZone === undefined ? [] : ['day'])]
  return dialect.md5(
    join([sql`"user"`, ...parts.map((part) => dialect.asText(raw(part)))], ` || '|' || `),
  )
}

function sessionsModel(options: DbtOptions): string {
  const { dialect, definition, source } = options
  const mapped = mappedRequest(options, tableReference(source.table), source, dialect)
  const columns = chooseColumns(mapped, options.columns)
  const incremental = REPLACE_KEYS.has(dialect.name)
  const latest = dialect.quotient(
    sql`${dialect.epochMicros(sql`max(ended_at)`)} + ${YEAR_ONE_MICROS}`,
    blockWidthMicros(definition),
  )
  const touched = incrementally(sql`
-- Only users with blocks that may have changed since, but all of their sessions.
WHERE user_id IN (
  SELECT user_id FROM ${REFERENCE}
  WHERE block >= coalesce((SELECT ${latest} - ${lookbackBlocks(options)} FROM {{ this }}), 0)
)`)
  const stored: Stage = {
    name: 'sz_stored_blocks',
    comment: 'Blocks as they were stored.',
    body: sql`SELECT user_id AS "user", ${join(storedColumns(mapped))}
FROM ${REFERENCE}${incremental ? touched : sql``}`,
  }
  const request: SessionRequest = {
    ...mapped,
    from: { kind: 'stored', blocks: raw(stored.name), stages: [stored] },
    edges: {
      first: sql`(SELECT min(first) FROM ${REFERENCE})`,
      last: sql`(SELECT max(last) FROM ${REFERENCE})`,
    },
    ruleColumns: {},
    measures: mapped.measures.map((measure, i) => ({
      ...measure,
      value: sql`e.${identifier(`m${i}`)}`,
    })),
  }
  const shown = columns.map((column) => RENAMED.get(column) ?? column)
  const twice = shown.find((name, i) => shown.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new SessionizeError('usage', `Two columns of the model would be called \`${twice}\`.`, {
      hint: 'Leave one of them out.',
    })
  }
  for (const needed of incremental ? ['user', 'end'] : []) {
    if (columns.includes(needed)) continue
    throw new SessionizeError('usage', `The model needs the column \`${needed}\`.`, {
      hint: `Add it to ${option('columns')}.`,
    })
  }
  const query = compileSessions(request, columns, dialect, { renamed: RENAMED, ordered: false })
  const settings = incremental
    ? {
        materialized: 'incremental',
        incremental_strategy: strategy(dialect),
        unique_key: 'user_id',
        on_schema_change: 'fail',
      }
    : { materialized: 'table' }
  return `${config(settings, dialect)}${headingOf(request, options)}${render(query, dialect)}\n`
}

interface DocumentedColumn {
  readonly name: string
  readonly description: string
  readonly data_tests?: readonly unknown[]
}

/** Descriptions and tests; the table itself where it is a source of dbt. */
function schema(options: DbtOptions): string {
  const { dialect, source, definition } = options
  const mapped = mappedRequest(options, tableReference(source.table), source, dialect)
  const [table = '', schemaName, database] = tableParts(source.table).toReversed()
  const content = {
    version: 2,
    ...(schemaName === undefined
      ? {}
      : {
          sources: [
            {
              name: schemaName,
              ...(database === undefined ? {} : { database }),
              tables: [{ name: table }],
            },
          ],
        }),
    models: [
      {
        name: BLOCKS,
        description: `One row per user and window of ${formatDuration(blockWidthMicros(definition))} with events in it; times are in microseconds since the year 1.`,
        columns: blockColumns(mapped),
      },
      {
        name: SESSIONS,
        description: 'One row per session.',
        columns: chooseColumns(mapped, options.columns).map((name) =>
          sessionColumn(name, definition),
        ),
      },
    ],
  }
  return stringify(content, { lineWidth: 100, aliasDuplicateObjects: false })
}

const KEY = ['unique', 'not_null']

function blockColumns(request: SessionRequest): DocumentedColumn[] {
  const about: Readonly<Record<string, string>> = {
    block: 'number of the window since the year 1',
    day: 'local day, counted from 1970-01-01',
    first: 'time of the first event',
    last: 'time of the last event',
    events: 'number of events',
    first_event: 'name of the first event',
    last_event: 'name of the last event',
    alive: 'until when its events keep a session alive',
    gap_rank: "the first event's timeout, numbered from the longest",
    names: 'different event names',
    recorded: 'different recorded session ids',
  }
  const required = new Set(['block', 'first', 'last', 'events'])
  return [
    { name: 'block_id', description: 'MD5 of the user and the window', data_tests: KEY },
    { name: 'user_id', description: 'user id', data_tests: ['not_null'] },
    ...storedColumns(request).map((column): DocumentedColumn => {
      const name = column.text.replaceAll('"', '')
      const description = about[name] ?? blockValue(name, request)
      return { name, description, ...(required.has(name) ? { data_tests: ['not_null'] } : {}) }
    }),
  ]
}

/** What a column says of a property or measure. */
function blockValue(name: string, request: SessionRequest): string {
  const measure = request.measures[Number(/^m(\d+)$/.exec(name)?.[1] ?? Number.NaN)]
  if (measure !== undefined) return `sum over its events, for ${measure.name}`
  const [, column = '', pick = '', at] = /^(.*)_(first|last)(_at)?$/.exec(name) ?? []
  const property = [...request.dimensions, ...request.properties].find(
    (one) => one.column === column,
  )
  return `${at === undefined ? '' : 'time of the '}${pick} value of ${property?.name ?? column}`
}

function sessionColumn(name: string, definition: SessionDefinition): DocumentedColumn {
  const shown = RENAMED.get(name) ?? name
  const description = COLUMNS.find((column) => column.name === name)?.about ?? propertyAbout(name)
  switch (name) {
    case 'session_id':
      return { name: shown, description, data_tests: KEY }
    case 'end_reason': {
      const values = [
        'gap',
        'data_end',
        ...(definition.midnightZone === undefined ? [] : ['midnight']),
      ]
      return { name: shown, description, data_tests: ['not_null', { accepted_values: { values } }] }
    }
    case 'user':
    case 'start':
    case 'end':
    case 'events':
    case 'length_seconds':
    case 'session_number':
      return { name: shown, description, data_tests: ['not_null'] }
    default:
      return { name: shown, description }
  }
}

/** Dimensions, properties and measures say it by their names. */
function propertyAbout(name: string): string {
  const [, kind, of] = /^(entry|exit|sum|count|has)_(.*)$/.exec(name) ?? []
  switch (kind) {
    case 'entry':
      return `first filled value of ${of} in the session`
    case 'exit':
      return `last filled value of ${of} in the session`
    case 'sum':
      return `sum of ${of} over the session`
    case 'count':
      return `number of ${of} events in the session`
    case 'has':
      return `whether the session has a ${of} event`
    default:
      return `first filled value of ${name} in the session`
  }
}
