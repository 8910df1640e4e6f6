/**
 * Pulls a project's events, range by range: a day at first, and less where the server says that a
 * day is too much. What is finished is kept, so that it can be stopped and run again at any time.
 */
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import { Secrets } from '../errors/secrets.js'
import { Lock } from '../files/lock.js'
import { unwritable } from '../files/unwritable.js'
import { formatNumberOf, formatSeconds } from '../report/quantities.js'
import { MOST_ATTEMPTS, type Waiting, waitMillis } from './backoff.js'
import {
  byDay,
  common,
  formatHour,
  type HourRange,
  halves,
  hourOf,
  hoursIn,
  without,
} from './hours.js'
import { type FinishedRange, fileName, Manifest } from './manifest.js'
import { proxyFor } from './proxy.js'
import { type RequestOptions, requestRange } from './request.js'

export interface PullOptions
  extends Omit<RequestOptions, 'onBytes' | 'proxy' | 'secrets'>,
    Waiting {
  readonly range: HourRange
  /** Whether files that are there are read again. */
  readonly verify?: boolean
  /** Where a proxy is looked for. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly folder: string
  readonly say: (message: string) => void
  readonly onProgress: (progress: PullProgress) => void
}

export interface PullProgress {
  /** What is being pulled: `20240131T00`. */
  readonly hour: string
  /** In this run. */
  readonly bytes: number
  readonly hoursLeft: number
}

export interface Pulled {
  /** In this run; `kept` were finished before. */
  readonly hours: number
  readonly kept: number
  readonly emptyHours: number
  readonly bytes: number
  readonly files: number
  /** Too recent to be exported in full. */
  readonly tooEarly: number
}

/** An hour can be exported two hours after it has ended. */
const DELAY_HOURS = 2
/** After so many time-outs a smaller range is worth trying. */
const TIMEOUTS_TO_HALVE = 2

export async function pullAmplitude(options: PullOptions): Promise<Pulled> {
  const lock = openFolder(options.folder)
  try {
    return await new Pull(options, lock).whole()
  } finally {
    lock.release()
  }
}

class Pull {
  private readonly manifest: Manifest
  private readonly request: Omit<RequestOptions, 'onBytes'>
  private damaged: readonly FinishedRange[] = []
  private bytes = 0
  private hours = 0
  private emptyHours = 0
  private files = 0

  constructor(
    private readonly options: PullOptions,
    lock: Lock,
  ) {
    const { credentials, endpoint, env = {}, say } = options
    const proxy = proxyFor(endpoint.address, env)
    if (proxy !== undefined) say(`through the proxy ${proxy.label}`)
    this.request = {
      ...options,
      proxy,
      secrets: new Secrets([...credentials.secrets, ...(proxy?.secrets ?? [])]),
    }
    const owner = { host: endpoint.host, project: credentials.project }
    this.manifest = Manifest.open(options.folder, owner, lock)
  }

  async whole(): Promise<Pulled> {
    const { range, now, say } = this.options
    const exportable = hourOf(now()) - DELAY_HOURS
    const wanted = {
      start: range.start,
      end: Math.max(range.start, Math.min(range.end, exportable)),
    }
    const tooEarly = hoursIn(range) - hoursIn(wanted)
    if (tooEarly > 0) {
      say(`hours from ${formatHour(wanted.end)} on cannot be exported in full yet and are left out`)
    }
    await this.check(wanted)
    const missing = without(wanted, this.manifest.ranges)
    const kept =
      hoursIn(wanted) - total(missing) - total(this.damaged.map((one) => common(one, wanted)))
    if (kept > 0) say(`${kept} of ${hoursIn(wanted)} hours are there already`)
    // The last is taken first. What is damaged is pulled as it was, to take the place of what is there.
    const todo: HourRange[] = [...missing.flatMap(byDay), ...this.damaged]
    todo.sort((a, b) => b.start - a.start)
    const left = total(todo)
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const smaller = await this.range(next, left)
      if (smaller !== undefined) todo.push(smaller[1], smaller[0])
    }
    return {
      hours: this.hours,
      kept,
      emptyHours: this.emptyHours,
      bytes: this.bytes,
      files: this.files,
      tooEarly,
    }
  }

  /** Finds what is not there any more as it was written. */
  private async check(wanted: HourRange): Promise<void> {
    const { verify = false, say } = this.options
    this.manifest.dropMissing()
    const there = this.manifest.ranges.filter(
      (range) => range.file !== null && hoursIn(common(range, wanted)) > 0,
    )
    this.damaged = await this.manifest.damaged(there, verify)
    if (verify) {
      say(`checked ${formatNumberOf(there.length, 'file')}: ${this.damaged.length} damaged`)
    }
    for (const { file } of this.damaged) say(`${file} is not as it was pulled: it is pulled again`)
  }

  /** Returns the halves of a range that the server does not give as a whole. */
  private async range(range: HourRange, left: number): Promise<[HourRange, HourRange] | undefined> {
    const { folder, say, signal } = this.options
    const file = fileName(range)
    let timeouts = 0
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted()
      const answer = await requestRange(range, join(folder, file), {
        ...this.request,
        onBytes: (bytes) => {
          this.bytes += bytes
          this.progress(range, left)
        },
      })
      switch (answer.kind) {
        case 'saved':
          this.finish({ ...range, file, bytes: answer.bytes, sha256: answer.sha256 })
          return undefined
        case 'no_data':
          this.setAside(range)
          this.finish({ ...range, file: null, bytes: 0 })
          return undefined
        case 'too_large':
          return this.halved(range) ?? tooLarge(range, answer.said)
        case 'failed': {
          if (answer.status === 504) timeouts++
          const smaller = timeouts >= TIMEOUTS_TO_HALVE ? this.halved(range) : undefined
          if (smaller !== undefined) return smaller
          if (attempt >= MOST_ATTEMPTS) throw givenUp(range, answer.why, attempt)
          const millis = waitMillis(attempt, this.options.random, answer.askedMillis)
          say(
            `${formatHour(range.start)}: ${answer.why}; trying again in ${formatSeconds(millis / 1_000)}`,
          )
          await this.options.sleep(millis, signal)
        }
      }
    }
  }

  private halved(range: HourRange): [HourRange, HourRange] | undefined {
    const smaller = halves(range)
    if (smaller !== undefined && this.setAside(range)) this.manifest.drop(range)
    return smaller
  }

  /** A damaged file that no other takes the place of: hidden, so that reading the folder passes it over. */
  private setAside(range: HourRange): boolean {
    const { folder, say } = this.options
    const found = this.damaged.find(({ start, end }) => start === range.start && end === range.end)
    if (found === undefined) return false
    const name = fileName(range)
    renameSync(join(folder, name), join(folder, `.${name}.damaged`))
    say(`${name} is kept as .${name}.damaged`)
    return true
  }

  private finish(range: FinishedRange): void {
    this.manifest.add(range)
    this.hours += hoursIn(range)
    if (range.file === null) this.emptyHours += hoursIn(range)
    else this.files++
  }

  private progress(range: HourRange, left: number): void {
    this.options.onProgress({
      hour: formatHour(range.start),
      bytes: this.bytes,
      hoursLeft: left - this.hours,
    })
  }
}

const total = (ranges: readonly HourRange[]): number =>
  ranges.reduce((sum, range) => sum + hoursIn(range), 0)

/** Hidden, so that reading the folder passes it over. */
const LOCK = '.sessionize-pull.lock'

/** Made when it is not there, for this run alone; what a killed one was writing is removed. */
function openFolder(folder: string): Lock {
  const otherwise = 'choose another with --output'
  try {
    mkdirSync(folder, { recursive: true })
    const lock = Lock.acquire(join(folder, LOCK), {
      what: `The folder ${folder}`,
      otherwise,
      code: 'output_in_use',
    })
    for (const name of readdirSync(folder)) {
      if (/^\.amplitude_.*\.zip\.partial$/.test(name)) rmSync(join(folder, name), { force: true })
    }
    return lock
  } catch (cause) {
    throw unwritable({ what: `to the folder ${folder}`, otherwise }, cause)
  }
}

function tooLarge(range: HourRange, said: string): never {
  throw new SessionizeError(
    'input_unreadable',
    `The hour ${formatHour(range.start)} cannot be exported (400)${said === '' ? '' : `: ${said}`}.`,
    {
      hint: 'An hour of more than 4 GB needs Amplitude’s export to a bucket (S3 or GCS); otherwise check --start and --end.',
    },
  )
}

const givenUp = (range: HourRange, why: string, attempts: number): SessionizeError =>
  new SessionizeError(
    'input_unreadable',
    `Gave up on ${formatHour(range.start)} after ${attempts} attempts: ${why}.`,
    { hint: 'Run it again later: what is finished is kept.' },
  )
