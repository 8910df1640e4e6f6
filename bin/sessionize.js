#!/usr/bin/env node
import process from 'node:process'
import { main } from '../dist/cli/main.js'

const interrupt = new AbortController()
const stop = () => {
  // A second time, the user means it; exit handlers still clean up.
  if (interrupt.signal.aborted) process.exit(130)
  interrupt.abort()
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)

// `| head` closes the pipe: that is a quiet end, not an error.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 4))

process.exitCode = await main(
  process.argv.slice(2),
  { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env },
  interrupt.signal,
)
