#!/usr/bin/env node
import process from 'node:process'
import { run } from '../bundle/run.js'

await run(process)
