#!/usr/bin/env node
import process from 'node:process'

try {
  const { run } = await import('../bundle/run.js')
  await run(process)
} catch (error) {
  // The program itself could not be loaded. Node would end with 1, which means that a check failed.
  process.stderr.write(
    `error: sessionize cannot be loaded: ${error.message}\nhint: Install it again; where few files may be open, raise the limit: ulimit -n 4096\n`,
  )
  process.exitCode = 4
}
