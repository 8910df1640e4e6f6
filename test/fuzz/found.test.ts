/** What fuzzing once broke. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Case, complaint, FOUND, type KeptWorld } from './case.js'
import { WORLDS } from './worlds.js'

const names = existsSync(FOUND) ? readdirSync(FOUND).filter((name) => name.endsWith('.json')) : []

test('what fuzzing found stays mended', async () => {
  for (const name of names.sort()) {
    const found: Case | KeptWorld = JSON.parse(readFileSync(join(FOUND, name), 'utf8'))
    expect(await played(found), name).toBeUndefined()
  }
})

const played = async (found: Case | KeptWorld): Promise<string | undefined> =>
  'world' in found
    ? WORLDS.find(({ name }) => name === found.world)?.replay(found.drawn)
    : complaint(found)
