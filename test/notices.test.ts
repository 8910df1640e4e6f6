/** To write `THIRD-PARTY-NOTICES` anew: npm run docs */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forbidden, installed, notices } from './docs/notices.js'
import { ROOT } from './docs/world.js'

const packages = installed()

test('all that is installed is found, and nothing that is only for development', () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const names = packages.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)))
  // Of every system, not only of this one.
  expect(names.filter((name) => name.startsWith('@duckdb/node-bindings-')).length).toBeGreaterThan(
    4,
  )
  expect(names).not.toContain('typescript')
  expect(names).not.toContain('vitest')
})

test('its licences ask for no more than a notice, and each has its text', () => {
  expect(forbidden(packages).map(({ name, license }) => `${name}: ${license}`)).toEqual([])
})

test('THIRD-PARTY-NOTICES has them all', async () => {
  await expect(notices(packages)).toMatchFileSnapshot(join(ROOT, 'THIRD-PARTY-NOTICES'))
})
