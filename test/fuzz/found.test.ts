/** What fuzzing once broke. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Case, complaint, FOUND } from './case.js'

const names = existsSync(FOUND) ? readdirSync(FOUND).filter((name) => name.endsWith('.json')) : []

test('what fuzzing found stays mended', async () => {
  for (const name of names.sort()) {
    const found: Case = JSON.parse(readFileSync(join(FOUND, name), 'utf8'))
    expect(await complaint(found), name).toBeUndefined()
  }
})
