/**
 * A PostgreSQL server of one test file, in a folder of its own, reached by a socket in that folder.
 */
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const VERSIONS = '/usr/lib/postgresql'

/** The folder of its programs; undefined where it is not installed. */
export const postgresPrograms = existsSync(VERSIONS)
  ? readdirSync(VERSIONS)
      .map((version) => join(VERSIONS, version, 'bin'))
      .findLast((bin) => existsSync(join(bin, 'initdb')))
  : undefined

export const WITHOUT_POSTGRES = '(skipped: install the package postgresql)'

export interface PostgresServer {
  /** What `psql` prints for these statements or this file's. */
  psql(statements: string): Promise<string>
  stop(): Promise<void>
}

/** It refuses to be run by root. */
const account = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody']).toString())
  return { uid: id('-u'), gid: id('-g') }
}

export async function startPostgres(bin: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sessionize-postgres-'))
  const as = account()
  if (as !== undefined) chownSync(folder, as.uid, as.gid)
  const data = join(folder, 'data')
  const options = { cwd: folder, ...as }
  execFileSync(
    join(bin, 'initdb'),
    [
      '--pgdata',
      data,
      '--username=tester',
      '--auth=trust',
      '--no-sync',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
    ],
    { ...options, stdio: 'pipe' },
  )
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'timezone=Asia/Tokyo',
  ]
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: 'pipe' },
  )
  const said: string[] = []
  server.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const psql = (statements: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const client = spawn(
        'psql',
        [
          '--no-psqlrc',
          '-h',
          folder,
          '-U',
          'tester',
          '-d',
          'postgres',
          '-v',
          'ON_ERROR_STOP=1',
          '-qAt',
          '-f',
          '-',
        ],
        { stdio: 'pipe' },
      )
      const [out, err]: [Buffer[], Buffer[]] = [[], []]
      client.stdout.on('data', (chunk: Buffer) => out.push(chunk))
      client.stderr.on('data', (chunk: Buffer) => err.push(chunk))
      client.on('error', reject)
      client.on('close', (code) =>
        code === 0
          ? resolve(Buffer.concat(out).toString('utf8'))
          : reject(new Error(Buffer.concat(err).toString('utf8'))),
      )
      client.stdin.end(statements)
    })
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => server.once('close', resolve))
    if (server.exitCode === null) server.kill('SIGINT')
    else return rmSync(folder, { recursive: true, force: true })
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  for (;;) {
    if (server.exitCode !== null) {
      await stop()
      throw new Error(`PostgreSQL did not start:\n${said.join('')}`)
    }
    try {
      await psql('SELECT 1')
      return { psql, stop }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
