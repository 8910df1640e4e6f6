/** Text in Parquet whose writer has not marked it as text. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { run } from '../oracle/run.js'
import { writeParquet } from '../parquet.js'

const root = mkdtempSync(join(tmpdir(), 'sessionize-bytes-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('is text where it is UTF-8, and else shown byte by byte', async () => {
  const path = join(root, 'bytes.parquet')
  await writeParquet(
    path,
    "SELECT encode('Zoé') AS user_id, TIMESTAMP '2024-03-05 10:00:00' AS time, 'caf\\xE9'::BLOB AS event",
  )
  const { stdout, stderr } = await run(['sessions', path, '--columns', 'user,first_event'])
  expect(stdout, stderr).toBe('user,first_event\nZoé,caf\\xE9\n')
})
