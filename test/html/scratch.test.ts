import { test } from 'vitest'
import { run } from '../oracle/run.js'
import { cleanEvents, Folder } from '../checks/export.js'
import { mkdirSync } from 'node:fs'
test('x', async () => {
  mkdirSync('/tmp/rep', { recursive: true })
  const g = await run(['generate', '-o', '/tmp/rep/demo.zip', '--format', 'amplitude', '--events', '60000', '--days', '30', '--heartbeats', '0.05', '--out-of-session', '0.02'])
  console.log(g.exit, g.stderr)
  for (const [name, files] of [['demo', ['/tmp/rep/demo.zip']], ['clean', new Folder().write(cleanEvents())]] as const) {
    const t = Date.now()
    const r = await run(['report', ...files, '-o', `/tmp/rep/${name}.html`, '--by', 'platform,country'])
    console.log(r.exit, r.stdout, r.stderr, Date.now() - t)
  }
})
