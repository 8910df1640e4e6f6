/**
 * ClickHouse over HTTP, as far as its client needs it, in front of the embedded engine `chdb`. Runs in
 * a process of its own, as that engine takes a data folder and much memory:
 *
 *   node chdb-server.mjs FOLDER_WITH_NODE_MODULES DATA_FOLDER [CERTIFICATE KEY]
 *
 * It takes the user and password of CLICKHOUSE_USER and CLICKHOUSE_PASSWORD, and says on its first
 * line of output where it listens.
 *
 * Every request has an engine session of its own, so that requests run beside each other. The engine
 * does not take ids of queries; they travel as `log_comment`, and where a query asks for `query_id`
 * that is put in its place.
 */
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [modules, data, certificate, key] = process.argv.slice(2)
const { Session } = createRequire(join(modules, 'package.json'))('chdb')

// Keeps the data open between requests.
const base = new Session(data)
const quoted = (value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** Parameters of the address that are not settings of the engine. */
const OWN = new Set(['query', 'query_id', 'database', 'default_format', 'session_id', 'role'])
/** Settings that only an HTTP server has. */
const OF_HTTP = /^(send_progress_in_http_headers|http_|wait_end_of_query|enable_http_compression)/

async function answer(request, response) {
  const url = new URL(request.url, 'http://localhost')
  if (url.pathname === '/ping') return response.end('Ok.\n')
  const body = await text(request)
  const id = url.searchParams.get('query_id') ?? ''
  if (!isKnown(request.headers.authorization)) {
    return fail(
      response,
      id,
      'Code: 516. DB::Exception: default: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)',
    )
  }
  const named = url.searchParams.get('session_id')
  const session = named === null ? new Session(data) : kept(named)
  try {
    for (const [name, value] of url.searchParams) {
      if (OWN.has(name) || OF_HTTP.test(name)) continue
      await session.queryAsync(`SET ${name} = ${quoted(value)}`)
    }
    if (id !== '') await session.queryAsync(`SET log_comment = ${quoted(id)}`)
    const { query, format } = split(
      [url.searchParams.get('query'), body].filter(Boolean).join('\n'),
    )
    const result = await session.queryAsync(identified(query), {
      format: format ?? url.searchParams.get('default_format') ?? 'TabSeparated',
    })
    response.writeHead(200, {
      'X-ClickHouse-Query-Id': id,
      'X-ClickHouse-Summary': JSON.stringify({
        read_rows: String(result.rowsRead ?? 0),
        read_bytes: String(result.bytesRead ?? 0),
        written_rows: '0',
        written_bytes: '0',
        total_rows_to_read: '0',
        result_rows: '0',
        result_bytes: '0',
        elapsed_ns: '0',
      }),
    })
    response.end(Buffer.from(result.bytes()))
  } catch (error) {
    fail(response, id, String(error.message))
  } finally {
    if (named === null) session.close()
  }
}

const sessions = new Map()

/** A session that lives on under a name, with its temporary tables. */
function kept(name) {
  const known = sessions.get(name) ?? new Session(data)
  sessions.set(name, known)
  return known
}

/** The server's own ids, in the two places where clients ask for them. */
const identified = (query) =>
  /system\.processes|^\s*KILL\s+QUERY/i.test(query)
    ? query.replaceAll(/\bquery_id\b/g, "Settings['log_comment']")
    : query

/** `... FORMAT Parquet` at the end of a query. */
function split(query) {
  const found = /\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(query)
  return found === null ? { query } : { query: query.slice(0, found.index), format: found[1] }
}

function fail(response, id, message) {
  const code = /Code: (\d+)/.exec(message)?.[1] ?? '1000'
  const status = code === '516' ? 403 : code === '60' ? 404 : 500
  response.writeHead(status, { 'X-ClickHouse-Exception-Code': code, 'X-ClickHouse-Query-Id': id })
  response.end(`${message}\n`)
}

const { CLICKHOUSE_USER = 'default', CLICKHOUSE_PASSWORD = '' } = process.env
const expected = `Basic ${Buffer.from(`${CLICKHOUSE_USER}:${CLICKHOUSE_PASSWORD}`).toString('base64')}`
const isKnown = (authorization) => authorization === expected

async function text(stream) {
  const pieces = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}

const respond = (request, response) => {
  answer(request, response).catch((error) => {
    if (!response.headersSent) response.writeHead(500)
    response.end(String(error))
  })
}
const server =
  certificate === undefined
    ? http.createServer(respond)
    : https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, respond)
server.listen(0, '127.0.0.1', () => {
  console.log(
    `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${server.address().port}`,
  )
})
// The test that started it is gone.
process.stdin.on('end', () => process.exit(0)).resume()
process.on('SIGTERM', () => {
  base.close()
  process.exit(0)
})
