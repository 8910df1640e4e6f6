/** Logs as servers, balancers and stores write them: one visitor of two requests, whatever stands around. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../oracle/run.js'

const root = mkdtempSync(join(tmpdir(), 'sessionize-logs-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const request = (path: string): string => `"GET ${path} HTTP/1.1" 200 368`
const clf = (front: string, behind = ' "-" "M"'): string =>
  ['/a', '/b']
    .map(
      (path, i) => `${front} - - [05/Mar/2024:10:0${i * 5}:00 +0000] ${request(path)}${behind}\n`,
    )
    .join('')
const lines = (of: (minute: string, path: string) => unknown): string =>
  [
    ['00', '/a'],
    ['05', '/b'],
  ]
    .map(([minute = '', path = '']) => {
      const line = of(minute, path)
      return `${typeof line === 'string' ? line : JSON.stringify(line)}\n`
    })
    .join('')
const w3c = (fields: string, of: (minute: string, path: string) => string): string =>
  `#Version: 1.0\n#Fields: ${fields}\n${lines(of)}`

const CLIENT = '192.0.2.4'
/** About, the log, the user, the last request. */
const LOGS: readonly (readonly [string, string, string, string])[] = [
  ['combined', clf(CLIENT), `${CLIENT} M`, 'GET /b'],
  ['common', clf(CLIENT, ''), `${CLIENT} `, 'GET /b'],
  ['IPv6', clf('2001:db8::1'), '2001:db8::1 M', 'GET /b'],
  ['a host name for a client', clf('client.example.com'), 'client.example.com M', 'GET /b'],
  ['a virtual host', clf(`www.example.com ${CLIENT}`), `${CLIENT} M`, 'GET /b'],
  ['a virtual host with a port', clf(`www.example.com:443 ${CLIENT}`), `${CLIENT} M`, 'GET /b'],
  [
    'an address with a port for a virtual host',
    clf(`10.0.0.1:443 ${CLIENT}`),
    `${CLIENT} M`,
    'GET /b',
  ],
  ['addresses forwarded in front', clf(`${CLIENT}, 10.0.0.1`), `${CLIENT} M`, 'GET /b'],
  [
    'an address forwarded in a field of its own',
    clf(`${CLIENT} 10.0.0.1`),
    `${CLIENT} M`,
    'GET /b',
  ],
  ['no address forwarded in that field', clf(`- ${CLIENT}`), `${CLIENT} M`, 'GET /b'],
  [
    'addresses forwarded behind',
    clf('10.0.0.1', ` "-" "M" "${CLIENT}, 10.0.0.7"`),
    `${CLIENT} M`,
    'GET /b',
  ],
  ['none forwarded behind', clf(CLIENT, ' "-" "M" "-"'), `${CLIENT} M`, 'GET /b'],
  [
    'more behind the user agent',
    clf(CLIENT, ' "-" "M" 512 0.003 [x] [] 10.0.0.1:80'),
    `${CLIENT} M`,
    'GET /b',
  ],
  [
    'an application balancer',
    lines(
      (at, path) =>
        `h2 2024-03-05T10:${at}:00.000000Z app/x/1 ${CLIENT}:2817 10.0.0.1:80 0.0 0.1 0.0 200 200 225 24950 "GET https://x.example:443${path} HTTP/2.0" "M" - - arn "Root=1" "x" "arn" 0 2024-03-05T10:00:00Z "forward" "-" "-" "10.1.1.1:80" "200" "-" "-"`,
    ),
    `${CLIENT} M`,
    'GET /b',
  ],
  [
    'a classic balancer, with connections that are no requests',
    lines(
      (at, path) =>
        `# a comment\n2024-03-05T10:${at}:00.000000Z lb ${CLIENT}:2817 10.0.0.1:80 0.0 0.1 0.0 200 200 0 57 "GET http://x:80${path} HTTP/1.1" "M" - -\n2024-03-05T10:09:00Z lb 192.0.2.9:1 10.0.0.1:80 0.0 0.1 0.0 - - 82 305 "- - - " "-" - -`,
    ),
    `${CLIENT} M`,
    'GET /b',
  ],
  [
    'a bucket',
    lines(
      (at, path) =>
        `owner bucket [05/Mar/2024:10:${at}:00 +0000] ${CLIENT} - 3E57 REST.GET.OBJECT key "GET ${path} HTTP/1.1" 200 - 113 - 7 - "-" "M" - x= SigV2 - AuthHeader host TLSV1.1`,
    ),
    `${CLIENT} M`,
    'GET /b',
  ],
  [
    'W3C',
    w3c(
      'date time cs-method cs-uri-stem c-ip cs(User-Agent)',
      (at, path) => `2024-03-05 10:${at}:00 GET ${path} ${CLIENT} M`,
    ),
    `${CLIENT} M`,
    'GET /b',
  ],
  [
    'W3C in quotes',
    w3c(
      'date time cs-method cs-uri-stem c-ip cs(User-Agent)',
      (at, path) => `"2024-03-05" "10:${at}:00" "GET" "${path}" "${CLIENT}" "M ""x"" y"`,
    ),
    `${CLIENT} M "x" y`,
    'GET /b',
  ],
  [
    'W3C, some values in quotes and more blanks',
    w3c(
      'date-local  time-local   cs-uri-stem c-ip  cs(User-Agent)',
      (at, path) => `2024-03-05 10:${at}:00.5  ${path} "${CLIENT}" "M y"`,
    ),
    `${CLIENT} M y`,
    '/b',
  ],
  [
    'W3C behind a balancer',
    w3c(
      'date time c-ip cs-uri-stem cs(User-Agent) X-Forwarded-For',
      (at, path) => `2024-03-05 10:${at}:00 10.0.0.1 ${path} M ${CLIENT},+10.0.0.7`,
    ),
    `${CLIENT} M`,
    '/b',
  ],
  [
    'CloudFront',
    w3c(
      'date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent)',
      (at, path) => `2024-03-05\t10:${at}:00\tX\t1\t${CLIENT}\tGET\th\t${path}\t200\t-\tM%20"x"`,
    ),
    `${CLIENT} M%20"x"`,
    'GET /b',
  ],
  [
    'W3C whose fields change',
    `#Fields: date time c-ip cs-uri-stem\n2024-03-05 10:00:00 ${CLIENT} /a\n#Fields: c-ip date time cs-uri-stem\n${CLIENT} 2024-03-05 10:05:00 /b\n`,
    `${CLIENT} `,
    '/b',
  ],
  [
    'Caddy',
    lines((at, uri) => ({
      ts: 1709632800 + 60 * Number(at),
      request: { remote_ip: CLIENT, method: 'GET', uri, headers: { 'User-Agent': ['M'] } },
      status: 200,
    })),
    `${CLIENT}|["M"]`,
    '/b',
  ],
  [
    'Traefik',
    lines((at, path) => ({
      ClientHost: CLIENT,
      RequestMethod: 'GET',
      RequestPath: path,
      StartUTC: `2024-03-05T10:${at}:00.1Z`,
      'request_User-Agent': 'M',
      time: `2024-03-05T10:${at}:01Z`,
    })),
    `${CLIENT}|M`,
    '/b',
  ],
  [
    "Google's balancer",
    lines((at, path) => ({
      httpRequest: { remoteIp: CLIENT, requestUrl: path, userAgent: 'M' },
      timestamp: `2024-03-05T10:${at}:00Z`,
    })),
    `${CLIENT}|M`,
    '/b',
  ],
  [
    'nginx as JSON',
    lines((at, path) => ({
      time_iso8601: `2024-03-05T10:${at}:00+00:00`,
      remote_addr: CLIENT,
      request: `GET ${path} HTTP/1.1`,
      http_user_agent: 'M',
    })),
    `${CLIENT}|M`,
    'GET /b HTTP/1.1',
  ],
]

describe.each(LOGS)('%s', (about, content, user, last) => {
  test.each(['log', 'txt', 'gz'])('named .%s', async (ending) => {
    const path = join(root, `${about}.${ending}`)
    writeFileSync(path, ending === 'gz' ? gzipSync(content) : content)
    const columns = [
      '--columns',
      'user,length_seconds,events,last_event',
      '--format',
      'ndjson',
      '--quiet',
    ]
    const { exit, stdout, stderr } = await run(['sessions', path, ...columns])
    expect(exit, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ user, length_seconds: 300, events: 2, last_event: last })
  })
})

test('lines of a log whose fields change are each in the ledger once', async () => {
  const path = join(root, 'ledger.log')
  writeFileSync(
    path,
    `#Fields: date time c-ip cs-uri-stem\n2024-03-05 10:00:00 ${CLIENT} /a\nx y\n#Fields: c-ip date time\n${CLIENT} 2024-03-05 10:05:00\n`,
  )
  const { stdout } = await run([path, '--format', 'json'])
  const { ledger } = JSON.parse(stdout)
  expect(ledger).toMatchObject({ read: 3, kept: 2, rejected: { malformed: 1 } })
  expect(ledger.files).toHaveLength(1)
  expect(ledger.files[0]).toMatchObject({ read: 3, kept: 2 })
})

test.each([
  [
    'syslog',
    'Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; rhost=192.0.2.4\n',
  ],
  ['another log', 'x [y] z\n'],
])('%s is told not to be known', async (about, content) => {
  const path = join(root, `unknown ${about}.log`)
  writeFileSync(path, content)
  const { exit, stderr } = await run(['sessions', path])
  expect([exit, stderr]).toEqual([3, expect.stringContaining('not a web server log')])
})
