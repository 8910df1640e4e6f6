#!/usr/bin/env node
import process from 'node:process'
import { run } from '../dist/cli/run.js'

await run(process)
