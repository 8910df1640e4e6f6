/** Starts `chdb-server.mjs`: a ClickHouse that a test can talk to, gone when the test is. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { heavyNpm } from '../heavy.js'

export interface ChdbServer {
  readonly url: string
  stop(): Promise<void>
}

export interface ServerOptions {
  readonly user?: string
  readonly password?: string
  readonly tls?: { readonly certificate: string; readonly key: string }
}

/** Only where `heavyNpm` is there. */
export async function startChdb(options: ServerOptions = {}): Promise<ChdbServer> {
  const { user = 'default', password = '', tls } = options
  const data = mkdtempSync(join(tmpdir(), 'sessionize-chdb-'))
  const program = fileURLToPath(new URL('chdb-server.mjs', import.meta.url))
  const child = spawn(
    process.execPath,
    [
      program,
      heavyNpm ?? '',
      join(data, 'db'),
      ...(tls === undefined ? [] : [tls.certificate, tls.key]),
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password },
    },
  )
  const stop = async (): Promise<void> => {
    await ended(child)
    rmSync(data, { recursive: true, force: true })
  }
  const line = await firstLine(child)
  if (line === undefined) {
    await stop()
    throw new Error('chdb did not start')
  }
  return { url: line, stop }
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined
  for await (const line of createInterface(child.stdout)) return line
  return undefined
}

/** At once: the engine ends its threads slowly and has nothing to save. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}
