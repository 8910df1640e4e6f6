/** The models in a dbt project, run day by day by dbt itself, with their tests. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../../src/engines/duckdb.js'
import { sql, text } from '../../src/sql/sql.js'
import { heavyPython, WITHOUT_HEAVY } from '../heavy.js'
import { output } from '../oracle/run.js'
import { arrivals, eventsTable } from './arrivals.js'

const found = heavyPython === undefined ? undefined : join(dirname(heavyPython), 'dbt')
const dbt = found !== undefined && existsSync(found) ? found : undefined

let folder = ''
let engine: Engine
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sessionize-dbt-run-'))
  engine = await Engine.open({ tempDirectory: join(folder, 'spill') })
})
afterAll(() => {
  engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const write = (path: string, content: string): void => writeFileSync(join(folder, path), content)

/** @param target a database of its own */
function runDbt(command: readonly string[], target: string): string {
  const places = ['--project-dir', folder, '--profiles-dir', folder, '--target', target]
  try {
    return execFileSync(dbt ?? 'dbt', [...command, ...places], {
      env: { ...process.env, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false', DO_NOT_TRACK: '1' },
      stdio: 'pipe',
    }).toString()
  } catch (error) {
    throw new Error(String((error as { stdout?: Buffer }).stdout ?? error))
  }
}

/** The rows of a model, as text that its own engine makes of them. */
function rows(target: string, table: string, key: string): string {
  const program = `import duckdb, sys
for row in duckdb.connect(sys.argv[1], read_only=True).sql(sys.argv[2]).fetchall(): print(row)`
  const query = `SELECT * FROM ${table} ORDER BY ${key}`
  return execFileSync(heavyPython ?? 'python3', [
    '-c',
    program,
    join(folder, `${target}.duckdb`),
    query,
  ]).toString()
}

test.skipIf(dbt === undefined)(
  `incremental runs of dbt make what a full refresh makes ${dbt === undefined ? WITHOUT_HEAVY : ''}`,
  { timeout: 600_000 },
  async () => {
    const parquet = join(folder, 'hits.parquet')
    const database = (name: string): string =>
      `    ${name}: { type: duckdb, path: '${join(folder, `${name}.duckdb`)}', threads: 1 }\n`
    write(
      'dbt_project.yml',
      "name: tracked\nversion: '1.0'\nprofile: local\nmodel-paths: [models]\n",
    )
    write(
      'profiles.yml',
      `local:\n  target: kept\n  outputs:\n${database('kept')}${database('whole')}`,
    )
    mkdirSync(join(folder, 'models'))
    write(
      'models/hits.sql',
      `{{ config(materialized='view') }}\nSELECT * FROM read_parquet('${parquet}')`,
    )
    await output([
      'sql',
      ...['--from-table=hits', '--user=uid', '--time=at', '--event=what', '--session=sid'],
      ...['--by=platform', '--property=page', '--sum=paid', '--gap=platform=ios:5m'],
      ...[
        '--cut-at-midnight=Europe/Berlin',
        '--lookback=2d',
        `--dbt=${join(folder, 'models', 'web')}`,
      ],
    ])
    await eventsTable(engine, 'hits')
    const days = arrivals()
    for (const [i, part] of [days.slice(0, 5), days.slice(5)].entries()) {
      for (const day of part) {
        write('day.csv', day)
        await engine.run(
          sql`INSERT INTO hits FROM read_csv(${text(join(folder, 'day.csv'))}, all_varchar = true, header = true)`,
        )
      }
      await engine.run(sql`COPY hits TO ${text(parquet)} (FORMAT parquet)`)
      // Builds the models and runs their tests.
      expect(runDbt(['build'], 'kept')).toContain('Completed successfully')
      if (i === 0) continue
      runDbt(['run', '--full-refresh'], 'whole')
      for (const [table, key] of [
        ['session_blocks', 'block_id'],
        ['sessions', 'session_id'],
      ] as const) {
        const whole = rows('whole', table, key)
        expect(whole.split('\n').length).toBeGreaterThan(100)
        expect(rows('kept', table, key)).toBe(whole)
      }
    }
  },
)
