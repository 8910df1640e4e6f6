/** What to try: command lines, config files, archives and inputs, made of good ones that are changed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Option } from 'commander'
import fc from 'fast-check'
import { COMMANDS } from '../../src/cli/commands/index.js'
import { eventsCsv } from '../faults/scene.js'
import { buildTar } from '../sources/tar-builder.js'
import type { Case } from './case.js'

const EVENTS = eventsCsv(120)
const base64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64')

/** Bytes changed in a few places. */
const edits = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'insert', 'delete', 'repeat', 'cut'),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 8 }),
      fc
        .constantFrom(
          '\0',
          '\n',
          '"',
          ',',
          '{',
          '}',
          '[',
          ']',
          '\\',
          '-',
          '9',
          '&a',
          '*a',
          ': ',
          '!!',
        )
        .map((text) => new Uint8Array(Buffer.from(text))),
    ),
  }),
  { minLength: 1, maxLength: 6 },
)

interface Edit {
  readonly kind: string
  /** As a share of the length. */
  readonly at: number
  readonly bytes: Uint8Array
}

function edited(bytes: Buffer, changes: readonly Edit[]): Buffer {
  return changes.reduce((now, { kind, at, bytes: piece }) => {
    const place = Math.floor(at * now.length)
    const before = now.subarray(0, place)
    const after = now.subarray(place)
    switch (kind) {
      case 'cut':
        return before
      case 'delete':
        return Buffer.concat([before, after.subarray(piece.length)])
      case 'set':
        return Buffer.concat([before, piece, after.subarray(piece.length)])
      case 'repeat':
        return Buffer.concat([before, after.subarray(0, 64), after])
      default:
        return Buffer.concat([before, piece, after])
    }
  }, bytes)
}

const TEXTS = [
  '',
  ' ',
  '-',
  '--',
  '*',
  '0',
  '-1',
  '1',
  '7',
  '1.5',
  'NaN',
  '1e3',
  '0x10',
  '１',
  'none',
  'user_id',
  'time',
  'event',
  'platform',
  'platform,',
  'a.b.c',
  '@hour',
  '@length',
  'platform:last',
  '%',
  '30m',
  '5',
  '1ms',
  'P1D',
  '-5m',
  '24h',
  'platform=iOS:5m',
  '=:',
  'UTC',
  'Europe/Berlin',
  'Nowhere/Land',
  '2024-01-01',
  '2024-13-99',
  '9999-12-31T23:59:59Z',
  "platform = 'iOS'",
  "'",
  '"',
  '(',
  'true) --',
  '1 = 1; SELECT 1',
  'sessions >= 3',
  'p90_length > 1',
  '1MB',
  '64MB',
  '0B',
  '\u202e',
  'é',
  '\ud83d',
  'a'.repeat(300),
  'json',
  'csv',
  'parquet',
  'amplitude',
  'ga4',
  'csv=',
  '0.5',
  '0.1,0.9',
  '2',
]

const PATHS = ['{}/out', '{}/out.csv', '{}/out.parquet', '{}', '{}/no/where', '{}/events.csv', '-']
const NAMES_A_PATH =
  /output|rejects|truth|baseline|report|checkpoint|state|temp-dir|config|file|folder/

const terminal = {
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  env: {},
}
const commands = COMMANDS.map((command) =>
  command({ terminal, signal: new AbortController().signal }),
)
  // One asks the network, one waits for a stream.
  .filter((command) => !['pull', 'follow'].includes(command.name()))

const flag = (option: Option): fc.Arbitrary<string[]> => {
  const name = option.long ?? option.short ?? ''
  if (!option.required && !option.optional) return fc.constant([name])
  const values = NAMES_A_PATH.test(name)
    ? fc.constantFrom(...PATHS)
    : option.argChoices === undefined
      ? fc.constantFrom(...TEXTS)
      : fc.constantFrom(...option.argChoices, ...TEXTS)
  return values.map((value) => [`${name}=${value}`])
}

export const commandLines: fc.Arbitrary<Case> = fc.constantFrom(...commands).chain((command) => {
  const flags = command.options.map(flag)
  return fc
    .record({
      flags: fc.array(fc.oneof(...(flags.length === 0 ? [fc.constant<string[]>([])] : flags)), {
        maxLength: 5,
      }),
      more: fc.array(fc.constantFrom(...TEXTS.filter((text) => !/^[\w.]+$/.test(text))), {
        maxLength: 1,
      }),
    })
    .map(({ flags, more }) => {
      const name = command.name()
      const inputs =
        name === 'query'
          ? ['SELECT count(*) FROM sessions', '{}/events.csv']
          : name === 'generate'
            ? ['--events=100', '-o', '{}/made.csv']
            : ['{}/events.csv']
      return {
        args: [name, ...inputs, ...flags.flat(), ...more],
        files: { 'events.csv': base64(EVENTS) },
      }
    })
})

const CONFIG = readFileSync(join(import.meta.dirname, 'config.yaml'))

export const configs: fc.Arbitrary<Case> = fc
  .oneof(
    // A good file with a few changes, any JSON, and what has broken programs before.
    edits.map((changes) => edited(CONFIG, changes)),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
    fc
      .constantFrom(
        'gap: !!js/function "function () { process.exit(7) }"',
        'gap: !!js/undefined ""',
        '__proto__: { polluted: true }\ngap: 30m',
        'constructor: { prototype: { polluted: true } }',
        `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghij'
          .split('')
          .map((key, i) => {
            const before = 'abcdefghij'[i] ?? 'a'
            return `${key}: &${key} [${Array(9).fill(`*${before}`).join(', ')}]`
          })
          .join('\n')}`,
        '[[[[[[[[[['.repeat(1000),
      )
      .map((text) => Buffer.from(text)),
  )
  .map((bytes) => ({
    args: ['summary', '{}/events.csv', '--config', '{}/c.yaml', '--format', 'json'],
    files: { 'events.csv': base64(EVENTS), 'c.yaml': base64(bytes) },
  }))

const CASES = join(import.meta.dirname, '../cases')
const seeds = (endings: RegExp): { name: string; bytes: Buffer }[] =>
  readdirSync(CASES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.test(entry.name) && entry.name !== 'expected.csv')
    .map((entry) => ({ name: entry.name, bytes: readFileSync(join(entry.parentPath, entry.name)) }))
    .filter(({ bytes }) => bytes.length > 0 && bytes.length < 200_000)

const ARCHIVES = [
  ...seeds(/\.(zip|tar|tgz)$/),
  { name: 'e.tar', bytes: buildTar([{ name: 'a/events.csv', data: EVENTS }]) },
]
const INPUTS = seeds(/\.(csv|tsv|ndjson|json|parquet|arrow|gz|zst|log)$/)

const files = (of: readonly { name: string; bytes: Buffer }[]): fc.Arbitrary<Case> =>
  fc
    .record({
      seed: fc.constantFrom(...of),
      changes: edits,
      command: fc.constantFrom('summary', 'sessions', 'inspect', 'check'),
    })
    .map(({ seed: { name, bytes }, changes, command }) => ({
      args: [command, `{}/${name}`],
      files: { [name]: base64(edited(bytes, changes)) },
    }))

export const archives = files(ARCHIVES)
export const inputs = files(INPUTS)
