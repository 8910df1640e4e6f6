/**
 * `npm run bench`: whole processes, side by side, in one run. See README.md beside this file.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cli, installed, PEERS, versions } from './contenders.mjs'
import { Measure } from './measure.mjs'
import { mb, written } from './report.mjs'

const { values: flags } = parseArgs({
  options: {
    parts: { type: 'string', default: 'startup,table,summary,csv,questions,labels,archive' },
    sizes: { type: 'string', default: '10M' },
    shapes: { type: 'string', default: 'dense,sparse' },
    archive: { type: 'string', default: '1M' },
    large: { type: 'string', default: '100M' },
    peers: { type: 'string', default: PEERS.join(',') },
    rounds: { type: 'string', default: '3' },
    patience: { type: 'string', default: '20' },
    memory: { type: 'string', default: '512MB' },
    folder: { type: 'string' },
    markdown: { type: 'boolean', default: false },
  },
})
const list = (text) => text.split(',').filter((word) => word !== '')

const folder = mkdtempSync(join(flags.folder ?? tmpdir(), 'sessionize-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))

const say = (text) => process.stderr.write(`${text}\n`)
const { there, missing } = installed(list(flags.peers))
const measure = new Measure(folder)
const rounds = Number(flags.rounds)

/** What a part gets: see README.md. */
const bench = {
  folder,
  measure,
  rounds,
  peers: there,
  sizes: list(flags.sizes),
  shapes: list(flags.shapes),
  archiveSizes: list(flags.archive),
  large: flags.large,
  memory: flags.memory,
  /** A path for a scratch file. */
  path: (name) => join(folder, name),
  /** Generates a file of events, once. @returns {{ path: string, size: string }} */
  data(name, ...options) {
    const path = join(folder, name)
    if (statSync(path, { throwIfNoEntry: false }) === undefined) {
      say(`generating ${name}`)
      const begun = performance.now()
      measure.once({ name: 'generate', args: [cli, 'generate', ...options, '-o', path] })
      say(`  ${((performance.now() - begun) / 1000).toFixed(1)} s`)
    }
    return { path, size: mb(statSync(path).size) }
  },
  forget: (path) => rmSync(path, { recursive: true, force: true }),
  compare(contenders) {
    say(contenders.map(({ name }) => name).join(', '))
    return measure.compare(contenders, rounds, Number(flags.patience))
  },
  /** @param more `first`: what to call the first contender; `notes`: lines below the table */
  report(title, results, more = {}) {
    console.log(written(title, results, { ...more, markdown: flags.markdown }))
  },
}

console.log(
  `Node ${process.version}, ${cpus().length} cores, medians of ${rounds} rounds after a warm-up${there.length > 1 ? `; ${versions(there).join(', ')}` : ''}\n`,
)
for (const line of missing) console.log(`SKIPPED ${line}\n`)
for (const part of list(flags.parts)) {
  const { run } = await import(`./parts/${part}.mjs`)
  await run(bench)
}
