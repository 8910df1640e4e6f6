/** What `--table` may name in ClickHouse: a table, or one of the server's own sources. */
import { SessionizeError } from '../../errors/errors.js'
import { didYouMean } from '../../errors/suggest.js'
import { identifier, join, raw, type Sql, sql, text } from '../../sql/sql.js'
import type { RemoteTable } from '../engine.js'
import { nameParts } from '../table-name.js'

/** Table functions that read events, and nothing else. */
const SOURCES = [
  'azureBlobStorage',
  'cluster',
  'clusterAllReplicas',
  'deltaLake',
  'file',
  'fileCluster',
  'gcs',
  'hdfs',
  'iceberg',
  'remote',
  'remoteSecure',
  's3',
  's3Cluster',
  'url',
  'urlCluster',
]

const HINT =
  "Write it as --table database.table, or as one of the server's sources: --table \"s3('https://bucket/*.parquet')\""

/** @throws SessionizeError `usage` */
export function clickhouseTable(given: string): RemoteTable {
  const call = /^\s*([A-Za-z]\w*)\s*\(([\s\S]*)\)\s*$/.exec(given)
  if (call === null) return { relation: tableName(given), label: given }
  const [, name = '', inside = ''] = call
  const source = SOURCES.find((candidate) => candidate.toLowerCase() === name.toLowerCase())
  if (source === undefined) {
    throw new SessionizeError(
      'usage',
      `--table cannot read from ${name}().${didYouMean(name, SOURCES)}`,
      { hint: `Sources: ${SOURCES.join(', ')}.` },
    )
  }
  const values = literals(inside)
  return {
    relation: sql`${raw(source)}(${join(values.map((value) => (typeof value === 'string' ? text(value) : value.sql)))})`,
    // Later ones may be keys and passwords.
    label: `${source}(${values.length === 0 ? '' : shown(values[0])}${values.length > 1 ? ', ...' : ''})`,
  }
}

/** `table`, or `database.table`; each part may be in quotes of its own. */
export function tableName(given: string): Sql {
  const parts = tableParts(given)
  if (parts === undefined) {
    throw new SessionizeError('usage', `--table ${given} is not the name of a table.`, {
      hint: HINT,
    })
  }
  return join(parts.map(identifier), '.')
}

const PART = /\s*(?:"((?:[^"\\]|\\.|"")+)"|`((?:[^`\\]|\\.|``)+)`|([^\s."'`();\\]+))\s*/y

/** One or two names; undefined for anything else. */
export function tableParts(given: string): string[] | undefined {
  const parts = nameParts(
    given,
    PART,
    ([, double, back, plain]) =>
      plain ??
      (double ?? back ?? '').replaceAll(/\\([\s\S])|(""|``)/g, (_, one, two) => one ?? two[0]),
  )
  return parts === undefined || parts.length > 2 ? undefined : parts
}

type Literal = string | { readonly sql: Sql; readonly text: string }

/** Text in single quotes, whole numbers, and nothing that could be anything else. */
function literals(inside: string): Literal[] {
  const found: Literal[] = []
  const next = /\s*(?:'((?:[^'\\]|\\[\s\S]|'')*)'|(\d+))\s*(,|$)/y
  for (let at = 0; at < inside.length || found.length > 0; ) {
    next.lastIndex = at
    const match = next.exec(inside)
    if (match === null) {
      throw new SessionizeError(
        'usage',
        `--table takes a source with literals only: text in single quotes and whole numbers.`,
        { hint: HINT },
      )
    }
    const [, quoted, number = '', end] = match
    found.push(quoted === undefined ? { sql: raw(number), text: number } : unescaped(quoted))
    at = next.lastIndex
    if (end === '') break
  }
  return found
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  b: '\b',
  f: '\f',
}

const unescaped = (quoted: string): string =>
  quoted.replaceAll(/\\([\s\S])|''/g, (_, escaped?: string) =>
    escaped === undefined ? "'" : (ESCAPES[escaped] ?? escaped),
  )

/** An address may hold a user and a password, or a signature. */
const shown = (value: Literal | undefined): string =>
  typeof value === 'string'
    ? `'${value
        .replace(/\/\/[^/@]*@/, '//')
        .split('?', 1)
        .join()}'`
    : (value?.text ?? '')
