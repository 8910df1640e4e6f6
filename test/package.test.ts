/** One place says the version, and everything that tells it asks there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Secrets } from '../src/errors/secrets.js'
import { VERSION } from '../src/package.js'
import { Credentials } from '../src/pull/credentials.js'
import { Endpoint } from '../src/pull/endpoint.js'
import { requestRange } from '../src/pull/request.js'
import { output } from './oracle/run.js'
import { ExportServer } from './pull/server.js'

const ROOT = join(import.meta.dirname, '..')
const DEMO = join(ROOT, 'fixtures/demo.zip')

test('the version is that of package.json and of its lock', () => {
  const read = (name: string): { version: string } =>
    JSON.parse(readFileSync(join(ROOT, name), 'utf8'))
  expect(VERSION).toMatch(/^\d+\.\d+\.\d+/)
  expect(read('package.json').version).toBe(VERSION)
  expect(read('package-lock.json').version).toBe(VERSION)
})

test('--version says it', async () => {
  expect(await output(['--version'])).toBe(`${VERSION}\n`)
})

test('reports say it', async () => {
  expect(await output(['report', DEMO, '--format', 'html'])).toContain(
    `Made by sessionize ${VERSION}.`,
  )
  const sarif = JSON.parse(await output(['check', DEMO, '--format', 'sarif']))
  expect(sarif.runs[0].tool.driver.version).toBe(VERSION)
})

test('servers are told it', async () => {
  const server = await ExportServer.start()
  onTestFinished(() => server.stop())
  server.reply = (_, response) => void response.writeHead(404).end()
  await requestRange({ start: 0, end: 1 }, '/nowhere', {
    endpoint: Endpoint.of('us', server.url),
    credentials: Credentials.read({
      AMPLITUDE_API_KEY: 'key',
      AMPLITUDE_SECRET_KEY: 'secret',
    }),
    proxy: undefined,
    secrets: new Secrets([]),
    mostBytes: 1_000_000,
    now: () => 0,
    patienceMillis: 10_000,
    signal: new AbortController().signal,
    onBytes: () => undefined,
  })
  expect(server.asked.map(({ userAgent }) => userAgent)).toEqual([`sessionize/${VERSION}`])
})

test('the change log ends an entry for it or is about to', () => {
  const [, ...entries] = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8').split(/^## /m)
  const names = entries.map((entry) => entry.split('\n')[0])
  expect(names[0] === '[Unreleased]' || names[0]?.startsWith(`[${VERSION}] - `)).toBe(true)
})
