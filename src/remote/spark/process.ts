/**
 * One Spark application as a child process: started by the user's own spark-submit, spoken to over a
 * loopback socket in lines of JSON (see `spark/driver.py`).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SessionizeError } from '../../errors/errors.js'
import type { Secrets } from '../../errors/secrets.js'
import { inPackage } from '../../package.js'
import { DriverPort } from './driver-port.js'
import { type SparkFailure, sparkEnded, sparkError } from './errors.js'
import type { Environment } from './home.js'

export interface SparkLaunch {
  readonly sparkSubmit: string
  /** Options of spark-submit before the program. */
  readonly args: readonly string[]
  readonly env: Environment
  /** Where the process runs, so that what Spark leaves behind lies in a folder of ours. */
  readonly folder: string
  /** What it is given and may not say. */
  readonly secrets: Secrets
  readonly onNotice?: (notice: string) => void
  readonly signal?: AbortSignal
  readonly cancelMillis?: number
}

/** What the driver says about a request, in the order in which it says it. */
export interface Reply {
  readonly id?: number
  readonly error?: SparkFailure
  readonly columns?: readonly (readonly [string, string])[]
  readonly file?: string
  readonly rows?: number
  readonly persistent?: boolean
  readonly exists?: boolean
}

export interface Started {
  readonly version: string
  /** As the cluster's own pages call it. */
  readonly application: string
  readonly web: string | null
}

const PROGRAM = fileURLToPath(inPackage('spark/driver.py'))

/** What of its output is kept, to find a cause in. */
const KEPT_CHARACTERS = 200_000

/** How long the application may take to end by itself, and after a request to the process. */
const STOP_MILLIS = 10_000
const TERMINATE_MILLIS = 5_000
/** How long a cancelled statement may take to end, before the whole application is ended. */
const CANCEL_MILLIS = 30_000

const NOTICES: readonly (readonly [RegExp, string])[] = [
  [
    /Initial job has not accepted any resources/,
    'Spark waits for executors: the cluster has no free cores or memory for this application.',
  ],
  [/Lost executor \S+ on/, 'Spark lost an executor and does its work again.'],
]

export class SparkProcess {
  private printed = ''
  private readonly noticed = new Set<string>()
  private readonly waiting = new Map<number, (reply: Reply | undefined) => void>()
  private requests = 0
  private ended: string | undefined

  private constructor(
    private readonly child: ChildProcess,
    private readonly launch: SparkLaunch,
  ) {
    // Also when this process ends before `close`: an application would go on holding executors.
    // Before its folder is removed.
    process.prependListener('exit', this.killNow)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.hear(text))
    }
  }

  private socket: Socket | undefined

  /** @throws SessionizeError when Spark cannot be started. */
  static async start(launch: SparkLaunch): Promise<{ spark: SparkProcess; started: Started }> {
    launch.signal?.throwIfAborted()
    const port = await DriverPort.open()
    const child = spawn(launch.sparkSubmit, [...launch.args, PROGRAM], {
      cwd: launch.folder,
      env: {
        ...launch.env,
        TMPDIR: launch.folder,
        SPARK_SUBMIT_OPTS: [
          launch.env['SPARK_SUBMIT_OPTS'] ?? '',
          `"-Djava.io.tmpdir=${launch.folder}"`,
        ].join(' '),
        SESSIONIZE_PORT: String(port.number),
        SESSIONIZE_TOKEN: port.token,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C reaches it through us only, and its own children end with it.
      detached: true,
    })
    const spark = new SparkProcess(child, launch)
    try {
      const started = await spark.greeted(port)
      return { spark, started }
    } catch (error) {
      await spark.close()
      throw error
    } finally {
      port.close()
    }
  }

  private async greeted(port: DriverPort): Promise<Started> {
    return new Promise<Started>((resolve, reject) => {
      const stop = (): void => reject(new SessionizeError('interrupted', 'Interrupted.'))
      this.launch.signal?.addEventListener('abort', stop, { once: true })
      this.child.once('error', (error) => {
        this.ended = error.message
        reject(this.failure(error.message, 'an error'))
      })
      this.child.once('close', (code, signal) => {
        this.ended = code === null ? `signal ${signal}` : `exit code ${code}`
        reject(this.failure(this.printed, this.ended))
        for (const answer of this.waiting.values()) answer(undefined)
      })
      port.onDriver((socket) => {
        this.socket = socket
        // The end of the connection is seen by the end of the process.
        const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
        lines.on('line', (line) => {
          const message = this.understood(line)
          if (message.id !== undefined) {
            this.waiting.get(message.id)?.(message)
          } else if (message.error !== undefined) {
            reject(sparkError(message.error, this.launch.secrets))
          } else if (message.version !== undefined) {
            this.launch.signal?.removeEventListener('abort', stop)
            resolve({
              version: message.version,
              application: message.application ?? '',
              web: message.web ?? null,
            })
          }
        })
      })
    })
  }

  /** What is no answer at all ends the application, which then says so. */
  private understood(line: string): Reply & Partial<Started> {
    try {
      const message: unknown = JSON.parse(line)
      if (typeof message === 'object' && message !== null) return message
    } catch {
      // Said below.
    }
    this.hear('\nError: an answer of the driver is not JSON\n')
    this.socket?.destroy()
    return {}
  }

  private failure(printed: string, status: string): SessionizeError {
    return sparkEnded(printed, status, this.launch)
  }

  /**
   * Sends a request, one at a time, and hands on each reply until the last.
   *
   * @param each takes the replies before the last
   * @throws SessionizeError as the statement failed; `interrupted` when aborted
   */
  async ask(
    request: { readonly do: string } & Readonly<Record<string, string | readonly string[]>>,
    { signal, each }: { signal?: AbortSignal | undefined; each?: (reply: Reply) => void } = {},
  ): Promise<Reply> {
    signal?.throwIfAborted()
    const id = this.requests++
    // What it said of earlier requests is no cause of what may happen now.
    if (this.ended === undefined) this.printed = ''
    const last = new Promise<Reply>((resolve, reject) => {
      if (this.ended !== undefined) return reject(this.failure(this.printed, this.ended))
      this.waiting.set(id, (reply) => {
        if (reply === undefined) reject(this.endedError(signal))
        else if (reply.error !== undefined) reject(sparkError(reply.error, this.launch.secrets))
        else if (isLast(request.do, reply)) resolve(reply)
        else each?.(reply)
      })
    })
    let deaf: NodeJS.Timeout | undefined
    const cancel = (): void => {
      this.send({ do: 'cancel' })
      deaf = setTimeout(() => this.terminate(), this.launch.cancelMillis ?? CANCEL_MILLIS)
    }
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      this.send({ id, ...request })
      return await last
    } finally {
      signal?.removeEventListener('abort', cancel)
      clearTimeout(deaf)
      this.waiting.delete(id)
    }
  }

  private endedError(signal: AbortSignal | undefined): SessionizeError {
    return signal?.aborted === true
      ? new SessionizeError('interrupted', 'Interrupted.')
      : this.failure(this.printed, this.ended ?? 'its connection closed')
  }

  private send(message: object): void {
    this.socket?.write(`${JSON.stringify(message)}\n`)
  }

  /** Ends the application and the process; never fails. */
  async close(): Promise<void> {
    const over = this.over()
    // The driver stops its application when the connection ends.
    if (this.socket === undefined) this.terminate()
    else this.socket.destroy()
    if (!(await within(STOP_MILLIS, over))) {
      this.terminate()
      if (!(await within(TERMINATE_MILLIS, over))) this.killNow()
    }
    await over
    process.off('exit', this.killNow)
  }

  private over(): Promise<void> {
    return this.ended !== undefined
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.child.once('close', () => resolve())
          this.child.once('error', () => resolve())
        })
  }

  private terminate(): void {
    this.signalGroup('SIGTERM')
  }

  private readonly killNow = (): void => this.signalGroup('SIGKILL')

  private signalGroup(signal: NodeJS.Signals): void {
    if (this.ended !== undefined || this.child.pid === undefined) return
    try {
      process.kill(-this.child.pid, signal)
    } catch {
      // It has just ended.
    }
  }

  private hear(text: string): void {
    const printed = this.printed + text
    // From the start of a line: half a secret would not be known as one.
    this.printed =
      printed.length <= KEPT_CHARACTERS
        ? printed
        : printed.slice(printed.indexOf('\n', printed.length - KEPT_CHARACTERS) + 1)
    for (const [pattern, notice] of NOTICES) {
      if (this.noticed.has(notice) || !pattern.test(text)) continue
      this.noticed.add(notice)
      this.launch.onNotice?.(notice)
    }
  }
}

/** A fetch tells its columns and files first. */
const isLast = (asked: string, { rows }: Reply): boolean => asked !== 'fetch' || rows !== undefined

async function within(millis: number, event: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), millis)
  })
  const done = await Promise.race([event.then(() => true), late])
  clearTimeout(timer)
  return done
}
