/** No secret leaves in a server's words, however it is spelled and wherever the words are cut. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secrets } from '../../src/errors/secrets.js'
import { serverWords } from '../../src/errors/server-words.js'

/** Spellings of a secret that a server may answer with; each is undone by none of our own code. */
const SPELLINGS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64 of key and secret': (secret) => Buffer.from(`key-0:${secret}`).toString('base64'),
  'base64 in the middle of other bytes': (secret) =>
    Buffer.from(`{"a":"${secret}","b":1}`).toString('base64'),
  base64url: (secret) => Buffer.from(`x${secret}`).toString('base64url'),
  hexadecimal: (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  'URL-encoded': (secret) => encodeURIComponent(secret),
  'URL-encoded byte by byte': (secret) =>
    Buffer.from(secret).toString('hex').replaceAll(/../g, '%$&'),
  'URL-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'as in a form': (secret) => new URLSearchParams({ '': secret }).toString().slice(1),
  'JSON-escaped': (secret) => JSON.stringify(secret).slice(1, -1),
  'JSON-escaped, all of it': (secret) =>
    [...Array(secret.length).keys()]
      .map((at) => `\\u${secret.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify(secret)),
  'as HTML': (secret) =>
    secret
      .replaceAll(/[^a-z0-9]/giu, (one) => `&#${one.codePointAt(0)};`)
      .replaceAll('&#38;', '&amp;'),
  'in other case': (secret) => secret.replaceAll(/[a-z]/g, (one) => one.toUpperCase()),
  'over lines': (secret) => secret.replaceAll(/(.{7})/gsu, '$1\r\n'),
  'over lines, indented': (secret) => secret.replaceAll(/(.{3})/gsu, '$1\n\t '),
  'a character a line': (secret) => [...secret].join('\n'),
  'over lines of JSON': (secret) => JSON.stringify(secret.replaceAll(/(.{5})/gsu, '$1\n')),
  'base64 over lines': (secret) =>
    Buffer.from(`key-0:${secret}`)
      .toString('base64')
      .replaceAll(/(.{19})/g, '$1\r\n'),
  'in two elements': (secret) => `<b>${secret.slice(0, 9)}</b><wbr>${secret.slice(9)}`,
}

const SECRETS = [
  'SECRETKEY0123456789ABCDEFGHIJ',
  'short-7',
  's3cret "pass" &=%/+\\word',
  'pässwörd-🔑-ключ',
  '%41%42 is no escape %43',
  'two  blanks and\ttab',
]

/** What is left of a text when nothing but letters and digits counts, however it was escaped. */
function bare(text: string): string {
  return text
    .replaceAll(/(%[0-9a-f]{2})+/gi, (run) =>
      Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
    )
    .replaceAll(/\\u([0-9a-f]{4})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll(/<[^<>]*>/g, '')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()
}

/** The text, and what is in its base64 and hexadecimal digits, wherever they begin. */
function readings(text: string): string[] {
  const packed = text.replaceAll(/[^\w+/=-]/g, '')
  return [
    text,
    ...[0, 1, 2, 3].map((from) => Buffer.from(packed.slice(from), 'base64').toString('latin1')),
    ...[0, 1].map((from) => Buffer.from(packed.slice(from), 'hex').toString('latin1')),
  ].map(bare)
}

/** Whether the text shows so many characters of the secret in a row. */
function tells(text: string, secret: string, characters: number): boolean {
  const [within, wanted] = [readings(text), bare(secret)]
  return [...Array(Math.max(1, wanted.length - characters + 1)).keys()].some((at) =>
    within.some((one) => one.includes(wanted.slice(at, at + characters))),
  )
}

describe.each(SECRETS)('%j', (secret) => {
  const secrets = new Secrets([secret, Buffer.from(`key-0:${secret}`).toString('base64')])
  const enough = Math.min(8, bare(secret).length)

  test.each(Object.entries(SPELLINGS))('%s, at every offset', (_, spell) => {
    const spelled = spell(secret)
    expect(serverWords(spelled, secrets)).toContain('***')
    // Further away from the cut nothing changes.
    for (let offset = Math.max(0, 195 - spelled.length); offset <= 205; offset++) {
      const said = `${'.,'.repeat(offset).slice(0, offset)}${spelled} and so on`
      const words = serverWords(said, secrets)
      expect(tells(words, secret, enough), words).toBe(false)
    }
  })

  test.each(Object.entries(SPELLINGS))('%s, in a text that was cut anywhere', (_, spell) => {
    const text = `<p>${'<i></i>'.repeat(100)}${spell(secret)}`
    for (let end = text.length; end > text.length - spell(secret).length; end -= 3) {
      expect(serverWords(text.slice(0, end), secrets, { cut: true })).toBe('')
    }
  })
})

test('any secret, anywhere, in any spelling', () => {
  const secret = fc
    .string({ minLength: 8, maxLength: 60, unit: 'binary' })
    .filter((text) => bare(text).length >= 8 && Buffer.from(text).toString() === text)
  const around = fc.string({ maxLength: 200 })
  fc.assert(
    fc.property(
      secret,
      around,
      around,
      fc.constantFrom(...Object.keys(SPELLINGS)),
      (secret, before, after, name) => {
        const spelled = SPELLINGS[name]?.(secret) ?? ''
        const words = serverWords(`${before}\n${spelled}\n${after}`, new Secrets([secret]))
        // Noise may hold what the secret holds.
        fc.pre(!bare(before + after).includes(bare(secret)))
        expect(tells(words, secret, bare(secret).length)).toBe(false)
      },
    ),
    { numRuns: 150 },
  )
})

describe('what is no secret stays', () => {
  const secrets = new Secrets(['SECRETKEY0123456789ABCDEFGHIJ', ''])
  test.each([
    ['File is  too large.\n', 'File is too large.'],
    ['<html><head><style>b{}</style></head><body><h1>Log in</h1>\n<p>now</p>', 'Log in now'],
    ['a < b and c > d', 'a < b and c > d'],
    ['{"error":"Invalid \\"start\\""}', '{"error":"Invalid \\"start\\""}'],
    ['The key is secret', 'The key is secret'],
    ['', ''],
  ])('%j', (said, words) => expect(serverWords(said, secrets)).toBe(words))

  test('long words are cut between characters, and say so', () => {
    expect(serverWords('🔑'.repeat(200), secrets, { longest: 5 })).toBe('🔑🔑...')
  })

  test('without any secret nothing is hidden', () => {
    expect(new Secrets(['', '']).redact('all of it')).toBe('all of it')
  })
})
