/** A stream of rows that fails on its way must not look like one that has come to its end. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Engine } from '../../src/engines/duckdb.js'
import { sql } from '../../src/sql/sql.js'
import { Scene } from './scene.js'

let scene: Scene
let engine: Engine
beforeEach(async () => {
  scene = new Scene()
  engine = await Engine.open({ tempDirectory: scene.path('spill') })
})
afterEach(() => {
  engine.close()
  scene.remove()
})

const rowsOf = async (query: typeof SOUND, onChunk = (): void => undefined): Promise<number> => {
  const { chunks } = await engine.stream(query)
  let rows = 0
  for await (const [column = []] of chunks) {
    rows += column.length
    onChunk()
  }
  return rows
}

const SOUND = sql`SELECT range AS x FROM range(300000)`
const FAILING = sql`SELECT CASE WHEN range = 250000 THEN error('late') ELSE '' END AS x FROM range(300000)`

test('all rows, in order', async () => {
  expect(await rowsOf(SOUND)).toBe(300_000)
  expect(await rowsOf(SOUND)).toBe(300_000)
})

test('a row that fails late', async () => {
  await expect(rowsOf(FAILING)).rejects.toThrow('late')
})

test('an interruption on the way', async () => {
  await expect(rowsOf(SOUND, () => engine.interrupt())).rejects.toMatchObject({
    code: 'interrupted',
  })
})
