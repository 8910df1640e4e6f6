/** Out through a proxy, as the environment names it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { proxyFor } from '../../src/pull/proxy.js'
import { exported, send } from './server.js'

describe('which one', () => {
  const target = (address = 'https://amplitude.com') => new URL(address)
  const at = (env: Record<string, string>, address?: string) =>
    proxyFor(target(address), env)?.label

  test.each<[Record<string, string>, string | undefined]>([
    [{}, undefined],
    [{ HTTPS_PROXY: '' }, undefined],
    [{ HTTPS_PROXY: 'http://p.test:3128' }, 'p.test:3128 (HTTPS_PROXY)'],
    [{ https_proxy: 'p.test:3128' }, 'p.test:3128 (https_proxy)'],
    [{ https_proxy: 'http://a.test', HTTPS_PROXY: 'http://b.test' }, 'a.test (https_proxy)'],
    [{ ALL_PROXY: 'https://p.test' }, 'p.test (ALL_PROXY)'],
    // The keys never go over HTTP, so its proxy is none of ours.
    [{ HTTP_PROXY: 'http://p.test', http_proxy: 'http://p.test' }, undefined],
    [{ HTTPS_PROXY: 'http://me:pass%20word@p.test:1' }, 'p.test:1 (HTTPS_PROXY)'],
  ])('%j', (env, label) => expect(at(env)).toBe(label))

  test.each([
    ['amplitude.com', true],
    ['.amplitude.com', true],
    ['*.amplitude.com', true],
    ['*', true],
    ['a.test, AMPLITUDE.com', true],
    ['a.test amplitude.com:443', true],
    ['amplitude.com:8443', false],
    ['litude.com', false],
    ['api.amplitude.com', false],
    ['', false],
  ])('NO_PROXY=%s', (exempt, without) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const label = at({ HTTPS_PROXY: 'http://p.test', [name]: exempt })
      expect(label === undefined).toBe(without)
    }
  })

  test.each(['https://localhost:1', 'https://127.0.0.1', 'http://[::1]:8080'])(
    'none to %s',
    (address) => expect(at({ HTTPS_PROXY: 'http://p.test' }, address)).toBeUndefined(),
  )

  test.each(['socks5://p.test:1080', 'file:///x', 'http://', 'http://a b'])('not: %s', (value) => {
    const secret = value.replace('://', '://me:hunter2@')
    for (const HTTPS_PROXY of [value, secret]) {
      expect(() => proxyFor(target(), { HTTPS_PROXY })).toThrow(/HTTPS_PROXY names no proxy/)
      expect(() => proxyFor(target(), { HTTPS_PROXY })).not.toThrow(/hunter2/)
    }
  })
})

describe('through it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pull-proxy-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  let amplitude: https.Server
  let proxy: http.Server
  let child: ChildProcess | undefined
  const sockets = new Set<Socket>()
  const connected: { to: string | undefined; authorization: string | undefined }[] = []
  let status = 200

  beforeAll(async () => {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'],
        ...['-subj', '/CN=amplitude.com', '-addext', 'subjectAltName=DNS:amplitude.com'],
        ...['-keyout', key, '-out', certificate],
      ],
      { stdio: 'ignore' },
    )
    const tls = { key: readFileSync(key), cert: readFileSync(certificate) }
    amplitude = https.createServer(tls, (request, response) => {
      const start = new URL(request.url ?? '', 'https://amplitude.com').searchParams.get('start')
      const { authorization } = request.headers
      const asked = { start: start ?? '', end: '', authorization, userAgent: '', path: '' }
      send(response, 200, exported(asked))
    })
    proxy = http.createServer().on('connect', ({ url, headers }, client: Socket) => {
      connected.push({ to: url, authorization: headers['proxy-authorization'] })
      sockets.add(client.on('error', () => undefined))
      if (status !== 200) {
        client.end(`HTTP/1.1 ${status} No\r\n\r\nGo away, ${headers['proxy-authorization']}`)
        return
      }
      const { port } = amplitude.address() as AddressInfo
      const server = connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n')
        server.pipe(client).pipe(server)
      })
      sockets.add(server.on('error', () => undefined))
    })
    for (const server of [amplitude, proxy]) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
  })
  afterEach(() => {
    child?.kill('SIGKILL')
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    connected.length = 0
    status = 200
  })
  afterAll(() => {
    amplitude.closeAllConnections()
    for (const server of [amplitude, proxy]) server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function pull(env: Record<string, string> = {}) {
    const { port } = proxy.address() as AddressInfo
    const output = join(folder, `out-${Math.random()}`)
    const argv = ['pull', 'amplitude', '--start', '20240101', '--end', '20240102', '-o', output]
    child = spawn(process.execPath, ['bin/sessionize.js', ...argv, '--debug'], {
      env: {
        PATH: process.env['PATH'],
        AMPLITUDE_API_KEY: 'api-key-1',
        AMPLITUDE_SECRET_KEY: 'secret-key-2',
        HTTPS_PROXY: `http://me:hunter%3222@127.0.0.1:${port}`,
        NODE_EXTRA_CA_CERTS: certificate,
        ...env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr?.on('data', (chunk) => {
      stderr += chunk
    })
    const [exit] = await once(child, 'close')
    return { exit, stderr, output }
  }

  test('the export comes, and the proxy sees neither the keys nor the path', async () => {
    const { exit, stderr, output } = await pull()
    expect(exit, stderr).toBe(0)
    expect(readdirSync(output).filter((name) => name.endsWith('.zip')).length).toBe(1)
    expect(stderr).toMatch(/^pull: through the proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\)$/m)
    expect(connected).toEqual([
      { to: 'amplitude.com:443', authorization: `Basic ${btoa('me:hunter222')}` },
    ])
  })

  test.each([
    [407, /refuses \(407\)/, /name and a password/],
    [403, /refuses \(403\)/, /NO_PROXY/],
  ])('it refuses: %i', async (code, message, hint) => {
    status = code
    const { exit, stderr } = await pull()
    expect(exit, stderr).toBe(3)
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(hint)
    expect(stderr).not.toMatch(/hunter/)
    expect(connected.length).toBe(1)
  })

  test('an authority that nobody knows is told at once', async () => {
    const { exit, stderr } = await pull({ NODE_EXTRA_CA_CERTS: '' })
    expect(exit, stderr).toBe(3)
    expect(stderr).toMatch(/certificate of amplitude\.com is not trusted/)
    expect(stderr).toMatch(/NODE_EXTRA_CA_CERTS/)
  })
})
