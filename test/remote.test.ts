import { describe, expect, test } from 'vitest'
import { run } from './oracle/run.js'

/** The engine looks for its extensions on this machine only, so no test here needs a network. */
describe('remote paths', () => {
  test.each([
    ['https://127.0.0.1:1/events.parquet', 'httpfs'],
    ['s3://bucket/events.csv', 'httpfs'],
    ['gs://bucket/events.ndjson', 'httpfs'],
    ['az://container/events.parquet', 'azure'],
  ])('%s needs an extension, and says how to get it', async (url, extension) => {
    const { exit, stdout, stderr } = await run([url])
    expect(exit).toBe(4)
    expect(stdout).toBe('')
    expect(stderr).toContain(`DuckDB's extension ${extension} is needed`)
    expect(stderr).toContain(`INSTALL ${extension}`)
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})
