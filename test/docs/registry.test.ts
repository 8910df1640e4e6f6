/** Until the package is published, its name in a registry is whoever's takes it: nobody is sent there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './world.js'

/** Commands that fetch a package by its name, and run or install it. */
const FETCHES =
  /\b(?:npx|bunx|npm (?:exec|x|i|install|add)|pnpm (?:dlx|add|i|install)|yarn (?:dlx|add|global add))(?: +(?!--no-install\b)-[\w-]+(?:=\S+)?)* +["']?sessionize(?:@[\w.^~-]+)?["']?(?![\w./-])/

const TEXTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs',
  'src',
  '.github',
]

const files = TEXTS.flatMap((name) =>
  /\.md$/.test(name)
    ? [name]
    : readdirSync(join(ROOT, name), { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.(?:md|ts|txt|ya?ml|1)$/.test(path))
        .map((path) => join(name, path)),
)

test('no document, help or message tells anyone to fetch the name', () => {
  const found = files.flatMap((path) =>
    readFileSync(join(ROOT, path), 'utf8')
      .split('\n')
      .flatMap((line, i) => (FETCHES.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  )
  expect(found).toEqual([])
})

test.each([
  ['npx sessionize', true],
  ['npx --yes sessionize check x', true],
  ['npm install -g sessionize', true],
  ['npm i sessionize@latest', true],
  ['pnpm dlx sessionize', true],
  ['npx --no-install sessionize', false],
  ['npm install -g .', false],
  ['npm install --global ./tools/sessionize.tgz', false],
  ['npm install sessionize-0.1.0.tgz', false],
])('%s: %s', (line, fetches) => {
  expect(FETCHES.test(line)).toBe(fetches)
})
