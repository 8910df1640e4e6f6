/** The way to a ClickHouse server, before loopback servers that answer as bad ones do. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterAll, afterEach, expect, test } from 'vitest'
import { clickhouse } from '../../src/dialects/clickhouse.js'
import { SessionizeError } from '../../src/errors/errors.js'
import { ClickHouse } from '../../src/remote/clickhouse/clickhouse.js'
import { ClickHouseCredentials } from '../../src/remote/clickhouse/credentials.js'
import { clickhouseTable, tableParts } from '../../src/remote/clickhouse/table.js'
import { parseType, tupleMembers } from '../../src/remote/clickhouse/types.js'
import { identifier, raw, render, sql, text } from '../../src/sql/sql.js'
import { failure } from './failure.js'

const PASSWORD = 's3cret "pass" &=%'
const ENV = { CLICKHOUSE_USER: 'ann', CLICKHOUSE_PASSWORD: PASSWORD }
const folder = mkdtempSync(join(tmpdir(), 'sessionize-client-'))
const servers: http.Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Answer = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void

async function serve(answer: Answer, tls?: https.ServerOptions) {
  const asked: string[] = []
  const respond: http.RequestListener = async (request, response) => {
    let body = ''
    for await (const piece of request) body += String(piece)
    asked.push(body)
    answer(request, response, body)
  }
  const server = tls === undefined ? http.createServer(respond) : https.createServer(tls, respond)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, asked }
}

const connect = (url: string, more: object = {}): Promise<ClickHouse> =>
  ClickHouse.connect({ url, credentials: ClickHouseCredentials.read(ENV, undefined), ...more }, 1)

const WHOLE = Buffer.from('PAR1 rows PAR1')
const QUERY = sql`SELECT 1`

test('a read is tried again until the server is there', async () => {
  let times = 0
  const { url, asked } = await serve((_, response) => {
    times++
    if (times === 1) response.writeHead(503).end('Service Unavailable')
    else if (times === 2) response.destroy()
    else if (times === 3) response.writeHead(500).end('Code: 202. DB::Exception: Too many queries')
    else response.end(WHOLE)
  })
  const server = await connect(url)
  const [path = ''] = await server.fetch(QUERY, folder)
  expect(readFileSync(path)).toEqual(WHOLE)
  expect(asked).toHaveLength(4)
  await server.close()
})

test('it is given up in the end, and another error at once', async () => {
  const busy = await serve((_, response) => response.writeHead(503).end('busy'))
  const one = await connect(busy.url)
  await failure(one.fetch(QUERY, folder))
  expect(busy.asked).toHaveLength(4)
  await one.close()
  const wrong = await serve((_, response) =>
    response
      .writeHead(500)
      .end(
        'Code: 47. DB::Exception: Unknown identifier `x`. (UNKNOWN_IDENTIFIER) (version 26.7.2.1)',
      ),
  )
  const other = await connect(wrong.url)
  const error = await failure(other.fetch(QUERY, folder))
  expect(error.message).toContain('Unknown identifier')
  expect(error.message).not.toContain('version')
  expect(wrong.asked).toHaveLength(1)
  await other.close()
})

test('a statement that changes something is never tried again', async () => {
  const { url, asked } = await serve((_, response) => response.destroy())
  const server = await connect(url)
  await failure(server.run(raw('CREATE TABLE t ENGINE = Memory AS SELECT 1')))
  expect(asked).toHaveLength(1)
  await server.close()
})

test.each([
  ['PAR1 half of it', 'The connection ended before the result did.'],
  [
    'PAR1 half\r\nCode: 241. DB::Exception: Memory limit exceeded (MEMORY_LIMIT_EXCEEDED)',
    'Memory limit',
  ],
])('a result that breaks off is no result: %s', async (body, told) => {
  const { url, asked } = await serve((_, response) => response.end(body))
  const server = await connect(url)
  const error = await failure(server.fetch(QUERY, folder))
  expect(error.message).toContain(told)
  expect(asked).toHaveLength(1)
  await server.close()
})

test('an interrupted query is stopped on the server by its id', async () => {
  const stop = new AbortController()
  let id = ''
  const { url, asked } = await serve((request, response, body) => {
    if (body.startsWith('KILL')) response.end()
    else {
      id = new URL(request.url ?? '', 'http://localhost').searchParams.get('query_id') ?? ''
      stop.abort()
    }
  })
  const server = await connect(url)
  expect((await failure(server.fetch(QUERY, folder, stop.signal))).code).toBe('interrupted')
  expect(id).toMatch(/^[0-9a-f-]{36}$/)
  expect(asked.at(-1)).toContain(`KILL QUERY WHERE query_id = '${id}'`)
  await server.close()
})

test('the password is sent in its header and shown nowhere', async () => {
  const seen: string[] = []
  const { url } = await serve((request, response, body) => {
    seen.push(request.headers.authorization ?? '')
    expect(`${request.url} ${body}`).not.toContain('s3cret')
    response
      .writeHead(403)
      .end(`Code: 516. DB::Exception: ann:${PASSWORD} is wrong, ${request.headers.authorization}`)
  })
  const credentials = ClickHouseCredentials.read(ENV, undefined)
  const server = await connect(url)
  const error = await failure(server.rows(QUERY))
  expect(seen).toEqual([`Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`])
  const shown = [
    inspect(error, { depth: 9 }),
    error.stack,
    inspect(error.cause, { depth: 9 }),
  ].join()
  for (const secret of [
    PASSWORD,
    's3cret',
    seen[0]?.slice(6) ?? 'none',
    encodeURIComponent(PASSWORD),
  ]) {
    expect(shown).not.toContain(secret)
  }
  expect(inspect(credentials, { depth: 9, showHidden: true })).not.toContain('s3cret')
  expect(error.hint).toContain('CLICKHOUSE_PASSWORD')
  await server.close()
})

test.each([0, 560, 575, 590, 598])('not where the words are cut either: %i', async (offset) => {
  const basic = Buffer.from(`ann:${PASSWORD}`).toString('base64')
  for (const secret of [PASSWORD, basic, JSON.stringify(PASSWORD), encodeURIComponent(PASSWORD)]) {
    const { url } = await serve((_, response) =>
      response
        .writeHead(500)
        .end(`Code: 1. DB::Exception: ${'-'.repeat(offset)}${secret} and more`),
    )
    const server = await connect(url)
    const error = await failure(server.rows(QUERY))
    const shown = inspect(error, { depth: 9 })
    expect(shown).not.toMatch(/s3cret|pass|YW5uOn|czNjcmV0/)
    expect(error.message.length).toBeLessThan(700)
    await server.close()
  }
})

test.each([
  'http://db.example.com:8123',
  'http://10.0.0.1:8123',
  'http://localhost.example.com',
  'http://0.0.0.0:8123',
])('no password goes unencrypted to %s', async (url) => {
  const error = await failure(connect(url))
  expect([error.code, error.message]).toEqual([
    'usage',
    'The password is not sent unencrypted to another machine.',
  ])
  expect(error.hint).toContain('https://')
  const nobody = ClickHouseCredentials.read({}, undefined)
  await (await ClickHouse.connect({ url, credentials: nobody })).close()
})

test.each(['http://localhost:8123', 'http://127.0.0.1:8123', 'http://[::1]:8123'])(
  'to this machine it does: %s',
  async (url) => (await connect(url)).close(),
)

test('credentials from a file, of which no line is ever shown', () => {
  const path = join(folder, 'credentials')
  writeFileSync(path, `# mine\nCLICKHOUSE_USER=bob\r\nCLICKHOUSE_PASSWORD= a=b \n`)
  expect(ClickHouseCredentials.read(ENV, path).reveal()).toEqual({
    username: 'bob',
    password: ' a=b ',
  })
  writeFileSync(path, 'hunter2\n')
  expect(() => ClickHouseCredentials.read(ENV, path)).toThrow(/^Line 1 of .* is neither/)
  expect(() => ClickHouseCredentials.read(ENV, path)).not.toThrow(/hunter2/)
  expect(() => ClickHouseCredentials.read(ENV, join(folder, 'none'))).toThrow(/ENOENT/)
})

test.each([
  'https://ann:secret@host',
  'https://host/?password=secret',
  'file:///etc/passwd',
  'host',
])('the address %s is refused without being shown', async (url) => {
  const error = await failure(connect(url))
  expect(error.code).toBe('usage')
  expect(error.message + error.hint).not.toContain('secret')
})

test('a server whose certificate a named authority has signed', async () => {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  )
  const { url } = await serve((_, response) => response.end('{"x":1}\n'), {
    key: readFileSync(key),
    cert: readFileSync(certificate),
  })
  const trusting = await connect(url, { certificateAuthority: certificate })
  expect(await trusting.rows(QUERY)).toEqual([{ x: 1 }])
  await trusting.close()
  const wary = await connect(url)
  const error = await failure(wary.rows(QUERY))
  expect(error.hint).toContain('--ca FILE')
  await wary.close()
  expect(
    (await failure(connect(url, { certificateAuthority: join(folder, 'none') }))).message,
  ).toContain('Cannot read the certificate')
})

/** What the server's lexer reads, so that nothing of it can end early. */
function unquoted(literal: string, quote: string): string | undefined {
  if (!literal.startsWith(quote) || !literal.endsWith(quote) || literal.length < 2) return undefined
  let out = ''
  for (let i = 1; i < literal.length - 1; i++) {
    if (literal[i] === quote) return undefined
    if (literal[i] !== '\\') out += literal[i]
    else if (++i === literal.length - 1) return undefined
    else out += literal[i] === '0' ? '\0' : literal[i]
  }
  return out
}

test('no name and no text ends its quotes', () => {
  const hostile = fc.string({
    unit: fc.constantFrom('\\', "'", '"', '`', '\0', 'a', '0', ';', '-', '\n'),
  })
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (value) => {
      expect(unquoted(render(identifier(value), clickhouse), '"')).toBe(value)
      expect(unquoted(render(text(value), clickhouse), "'")).toBe(value)
    }),
    { numRuns: 2_000 },
  )
})

test('whatever --table says becomes quoted names or an allowed source of literals', () => {
  const words = fc.constantFrom(
    ...[
      'db',
      '.',
      'events',
      '"',
      '`',
      "'",
      '(',
      ')',
      ',',
      ';',
      ' ',
      's3',
      'url',
      '\\',
      '1',
      '--',
      '/*',
      'SELECT',
      '\n',
    ],
  )
  fc.assert(
    fc.property(fc.array(words, { maxLength: 9 }), (parts) => {
      const given = parts.join('')
      let found: string
      try {
        found = render(clickhouseTable(given).relation, clickhouse)
      } catch (error) {
        if (!(error instanceof SessionizeError) || error.code !== 'usage') throw error
        return
      }
      const name = '"(?:[^"\\\\]|\\\\[\\s\\S])*"'
      const literal = "(?:'(?:[^'\\\\]|\\\\[\\s\\S])*'|\\d+)"
      expect(found).toMatch(
        new RegExp(`^(?:${name}(?:\\.${name})?|(?:s3|url)\\((?:${literal}(?:, ${literal})*)?\\))$`),
      )
    }),
    { numRuns: 5_000 },
  )
})

test('tables and sources', () => {
  expect(tableParts('db.events')).toEqual(['db', 'events'])
  expect(tableParts('"my db".`a``b`')).toEqual(['my db', 'a`b'])
  expect(tableParts('a.b.c')).toBeUndefined()
  const source = clickhouseTable(
    "S3('https://key:secret@host/b/*.parquet?sig=1', 'KEY', 'SECRET', 'Parquet')",
  )
  expect(render(source.relation, clickhouse)).toMatch(/^s3\('https:/)
  expect(source.label).toBe("s3('https://host/b/*.parquet', ...)")
})

test('types, however they are wrapped', () => {
  expect(parseType('LowCardinality(Nullable(String))')).toEqual({
    name: 'String',
    parts: [],
    nullable: true,
  })
  expect(parseType("DateTime64(6, 'Europe/Berlin')").parts).toEqual(['6', "'Europe/Berlin'"])
  expect(
    tupleMembers(parseType('Tuple(id String, `a, b` Map(String, Tuple(Int8, Int8)))')),
  ).toEqual([
    { name: 'id', type: 'String' },
    { name: 'a, b', type: 'Map(String, Tuple(Int8, Int8))' },
  ])
})
