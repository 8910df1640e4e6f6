/**
 * Follows a stream of events: sessions are written as they close, or every event is passed on with
 * its session. What was chosen and counted is said beside it.
 */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import type { Lock } from '../files/lock.js'
import { formatCount, formatNumberOf } from '../report/quantities.js'
import { ruleProperties } from '../sessions/definition.js'
import { type Arrival, Arrivals } from './arrivals.js'
import { lockCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js'
import { LineCounts } from './counts.js'
import type { StreamEvent } from './event.js'
import { Framing } from './framing.js'
import { StreamHead } from './head.js'
import type { Memory } from './heap.js'
import type { Inbox } from './inbox.js'
import { InputStart, type StreamInput } from './input.js'
import { labelledLine } from './label.js'
import type { LineOutput } from './output.js'
import { LengthQuantiles } from './quantiles.js'
import type { ColumnOptions } from './recognise.js'
import type { Recognised } from './recognised.js'
import type { ReadEvent, RowReader } from './row-reader.js'
import { asList, asNumber, asRecord, asText, type Saved } from './saved.js'
import { sessionLine } from './session-line.js'
import { type SessionStream, type StreamOptions, sessionStream } from './session-stream.js'
import { labelFigures, labelSentence, streamFigures, streamSentences } from './telling.js'
import { SessionTracker } from './tracker.js'

export interface FollowOptions {
  readonly columns: ColumnOptions
  readonly stream: StreamOptions
  /** Pass every event on with its session, instead of writing sessions. */
  readonly label: boolean
  /** How far the clock of an event may be ahead of this machine's. */
  readonly maxAheadMicros: number
  /** At the end of the input write the sessions that are still open. */
  readonly flushOnEnd: boolean
  readonly checkpoint: CheckpointOptions | undefined
  /** How often live figures are said; undefined: never. */
  readonly statsEveryMillis: number | undefined
  /** Where what has arrived is put for the engine; undefined: where the system has such files. */
  readonly tempDirectory: string | undefined
}

export interface CheckpointOptions {
  readonly path: string
  readonly everyMillis: number
}

/** The world it runs in. */
export interface FollowWorld {
  readonly input: StreamInput
  /** Opened at a position: what comes after it, from a run that was cut short, is removed. */
  readonly openOutput: (position: number) => LineOutput
  readonly say: (message: string) => void
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds, never going back. */
  readonly clock: () => number
  readonly memory: Memory
  /** Aborted when the user or the system asks to stop: the stream is then ended properly. */
  readonly signal: AbortSignal
}

export interface Followed {
  readonly lines: number
  readonly sessions: number
  readonly stopped: boolean
}

/** How it came to its end: `full` when memory did not allow more. */
type Ending = Exclude<Arrival, object | 'tick'> | 'full'

/** A stream whose columns are known. */
interface Source {
  readonly recognised: Recognised
  readonly framing: Framing
  readonly reader: RowReader
  /** It has ended already. */
  readonly end?: Ending
}

/** Users between two looks at the memory, while a checkpoint is read. */
const USERS_AT_ONCE = 1_000

/** How long a stream that gives little is waited for before its first lines are judged. */
const HEAD_PATIENCE_MILLIS = 1_000

/**
 * What arrives is read together: at once when it is so much, and else when so long has passed since
 * it was read before, as each reading costs some milliseconds.
 */
const BATCH_BYTES = 1024 * 1024
const BATCH_MILLIS = 50
/** Memory is looked at between batches, so where it is little they are small. */
const SMALL_BATCH_BYTES = 128 * 1024
const BATCHES_IN_MEMORY = 256

export async function follow(options: FollowOptions, world: FollowWorld): Promise<Followed> {
  const { checkpoint } = options
  const lock = checkpoint === undefined ? undefined : lockCheckpoint(checkpoint.path)
  try {
    const run = new Run(options, world, lock)
    try {
      return await run.whole()
    } finally {
      run.close()
    }
  } finally {
    lock?.release()
  }
}

class Run {
  private readonly counts = new LineCounts()
  private readonly lengths = new LengthQuantiles()
  private readonly stream: SessionStream
  private readonly tracker: SessionTracker
  private readonly start = new InputStart()
  private readonly resumed
  private readonly output: LineOutput
  private readonly arrivals: Arrivals
  /** Where the input is read from. */
  private readonly from: number
  private inbox: Inbox | undefined
  private nextBatch = 0
  private labelled = 0
  private outOfReach = 0
  private nextCheckpoint: number
  private nextStats: number
  private statsLines = 0
  private statsAt: number

  constructor(
    private readonly options: FollowOptions,
    private readonly world: FollowWorld,
    /** Of the checkpoint. */
    private readonly lock: Lock | undefined,
  ) {
    const { stream, checkpoint, statsEveryMillis } = options
    this.stream = sessionStream(stream, (told) => {
      if (told.closed.revision === 0) {
        this.lengths.add((told.closed.session.end - told.closed.session.start) / 1_000_000)
      }
      this.output.write(sessionLine(told))
    })
    this.tracker = new SessionTracker({ ...stream.definition, maxUsers: stream.maxUsers })
    this.resumed = checkpoint === undefined ? undefined : this.resume(checkpoint.path)
    this.from = this.resumed?.position ?? 0
    this.output = world.openOutput(this.resumed?.output ?? 0)
    this.arrivals = new Arrivals(world.input.read(this.from, this.resumed?.known), world.signal)
    const now = world.clock()
    this.statsAt = now
    this.nextCheckpoint = now + (checkpoint?.everyMillis ?? Number.POSITIVE_INFINITY)
    this.nextStats = now + (statsEveryMillis ?? Number.POSITIVE_INFINITY)
  }

  async whole(): Promise<Followed> {
    if (this.resumed !== undefined) this.load(this.resumed.state)
    const begun =
      this.resumed === undefined ? await this.begin() : await this.goOn(this.resumed.recognised)
    const end = 'source' in begun ? await this.consume(begun.source) : begun.end
    await this.output.flush()
    const stopped = end !== 'end'
    const users = this.users
    for (const line of this.summary(stopped)) this.world.say(line)
    if (end === 'full') throw this.tooManyUsers(users)
    return { lines: this.counts.read, sessions: this.stream.counts.sessions, stopped }
  }

  close(): void {
    this.arrivals.close()
    this.output.close()
    this.inbox?.close()
  }

  /** The engine is loaded when there is something to read. */
  private async open(): Promise<Inbox> {
    const { Inbox } = await import('./inbox.js')
    this.inbox ??= await Inbox.open(this.options.tempDirectory)
    return this.inbox
  }

  private async goOn(saved: unknown): Promise<{ readonly source: Source }> {
    const { restored } = await import('./recognised.js')
    return { source: await this.sourceOf(restored(saved)) }
  }

  private async sourceOf(recognised: Recognised): Promise<Source> {
    const { RowReader } = await import('./row-reader.js')
    const { label } = this.options
    const reader = await RowReader.open(await this.open(), recognised, this.counts, label)
    return { recognised, reader, framing: new Framing(recognised, this.from) }
  }

  /** Reads until the columns are clear; without a line there is nothing to recognise. */
  private async begin(): Promise<{ readonly source: Source } | { readonly end: Ending }> {
    const { columns, stream } = this.options
    const properties = ruleProperties(stream.definition)
    const head = new StreamHead()
    for (;;) {
      const patience = head.some ? HEAD_PATIENCE_MILLIS : Number.POSITIVE_INFINITY
      const arrival = await this.arrivals.next(patience)
      if (typeof arrival === 'object') head.add(arrival.chunk)
      const over = arrival === 'end' || arrival === 'stopped'
      if (!over && arrival !== 'tick' && !head.enough) continue
      const bytes = head.content()
      if (bytes.toString('utf8').trim() === '') {
        if (over) return { end: arrival }
        continue
      }
      try {
        const { recognise } = await import('./recognise.js')
        const found = await recognise(
          await this.open(),
          { bytes, complete: over },
          columns,
          properties,
        )
        for (const note of found.notes) this.world.say(note)
        const source = await this.sourceOf(found.recognised)
        this.push(source, bytes)
        return { source: over ? { ...source, end: arrival } : source }
      } catch (error) {
        // A few lines may say too little; then more are waited for.
        const early =
          arrival === 'tick' && error instanceof SessionizeError && error.code !== 'usage'
        if (!early) throw error
        head.moreIsNeeded()
      }
    }
  }

  private async consume(source: Source): Promise<Ending> {
    let { end } = source
    while (end === undefined) {
      if (this.isDue(source)) {
        await this.read(source)
        if (this.world.memory.isFull()) {
          end = 'full'
          break
        }
      }
      this.routine(source)
      const arrival = await this.arrivals.next(this.nextMoment(source) - this.world.clock())
      if (typeof arrival === 'object') this.push(source, arrival.chunk)
      else if (arrival !== 'tick') end = arrival
    }
    await this.finish(source, end !== 'end')
    return end
  }

  private push({ framing }: Source, chunk: Buffer): void {
    if (this.from === 0) this.start.add(chunk)
    framing.push(chunk)
  }

  private isDue({ framing }: Source): boolean {
    if (framing.waiting >= this.batchBytes) return true
    return framing.waiting > 0 && this.world.clock() >= this.nextBatch
  }

  private get batchBytes(): number {
    const share = this.world.memory.limitBytes / BATCHES_IN_MEMORY
    return Math.min(BATCH_BYTES, Math.max(SMALL_BATCH_BYTES, share))
  }

  private nextMoment({ framing }: Source): number {
    const batch = framing.waiting > 0 ? this.nextBatch : Number.POSITIVE_INFINITY
    return Math.min(batch, this.nextCheckpoint, this.nextStats)
  }

  private async read({ framing, reader }: Source): Promise<void> {
    const batch = framing.take()
    if (batch === undefined) return
    for await (const events of reader.read(batch)) {
      for (const event of events) this.take(event)
      await this.output.flush()
    }
    this.nextBatch = this.world.clock() + BATCH_MILLIS
  }

  private take({ event, json }: ReadEvent): void {
    if (this.isAhead(event)) this.counts.ahead++
    else if (this.options.label) {
      const tracked = this.tracker.place(event)
      if (tracked.sessionId === -1) this.outOfReach++
      else this.labelled++
      this.output.write(labelledLine(json, tracked))
    } else this.stream.add(event)
  }

  /** Taken for the present, one wrong clock would make all that comes after it too late. */
  private isAhead = ({ micros }: StreamEvent): boolean =>
    micros > this.world.now() * 1_000 + this.options.maxAheadMicros

  private async finish(source: Source, stopped: boolean): Promise<void> {
    const { checkpoint, flushOnEnd, label } = this.options
    // Of a stream that will be resumed, a last line without its end is still being written.
    if (!stopped && (checkpoint === undefined || flushOnEnd)) source.framing.end()
    await this.read(source)
    if (checkpoint !== undefined) this.save(source)
    if (!label && (stopped || flushOnEnd)) this.stream.finish()
  }

  /** What is due by the clock. */
  private routine(source: Source): void {
    const now = this.world.clock()
    const { checkpoint, statsEveryMillis } = this.options
    if (checkpoint !== undefined && now >= this.nextCheckpoint) {
      this.save(source)
      this.nextCheckpoint = this.world.clock() + checkpoint.everyMillis
    }
    if (statsEveryMillis !== undefined && now >= this.nextStats) {
      this.world.say(this.figures(now))
      this.nextStats = now + statsEveryMillis
    }
  }

  private save({ recognised, framing }: Source): void {
    const { checkpoint, label } = this.options
    if (checkpoint === undefined) return
    this.lock?.assertHeld()
    const position = framing.consumed
    const known = this.from === 0 ? this.start.digest(position) : this.resumed?.known
    const header = {
      options: this.identity(),
      input: { position, known },
      output: this.output.position(),
      recognised,
      lines: this.counts.save(),
      labelled: [this.labelled, this.outOfReach],
    }
    const state: Iterable<Saved> = label ? this.tracker.save() : this.stream.save()
    writeCheckpoint(checkpoint.path, header, state)
  }

  private resume(path: string) {
    const found = readCheckpoint(path)
    if (found === undefined) return undefined
    const { header, state } = found
    if (JSON.stringify(header['options']) !== JSON.stringify(this.identity())) {
      throw new SessionizeError('usage', `The checkpoint ${path} was made with other options.`, {
        hint: 'Give the same definition and options, or delete the checkpoint to start over.',
      })
    }
    const input = asRecord(header['input'])
    this.counts.load(header['lines'])
    const [labelled, outOfReach] = asList(header['labelled'])
    this.labelled = asNumber(labelled)
    this.outOfReach = asNumber(outOfReach)
    this.world.say(`resuming after ${formatCount(this.counts.read)} lines`)
    return {
      position: asNumber(input['position']),
      known: asText(input['known']),
      output: header['output'] === null ? 0 : asNumber(header['output']),
      recognised: header['recognised'],
      state,
    }
  }

  private load(state: Iterable<unknown>): void {
    const { memory } = this.world
    const bounded = function* (this: Run): Iterable<unknown> {
      let loaded = 0
      for (const user of state) {
        if (++loaded % USERS_AT_ONCE === 0 && memory.isFull()) throw this.tooManyUsers(this.users)
        yield user
      }
    }
    if (this.options.label) this.tracker.load(bounded.call(this))
    else this.stream.load(bounded.call(this))
  }

  private get users(): number {
    return this.options.label ? this.tracker.size : this.stream.users
  }

  private tooManyUsers(users: number): SessionizeError {
    const { usedBytes, limitBytes } = this.world.memory
    const megabytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 2)
    const { checkpoint } = this.options
    const next =
      checkpoint === undefined
        ? `With ${option('checkpoint')} it goes on from where it ended.`
        : `It goes on from ${checkpoint.path} when started again.`
    return new SessionizeError(
      'out_of_memory',
      `Memory is nearly full: ${formatNumberOf(users, 'user')} take ${megabytes(usedBytes)} MB, of at most ${megabytes(limitBytes)} MB.`,
      {
        hint: `Give it more, as in NODE_OPTIONS=--max-old-space-size=${2 * megabytes(limitBytes)}, or hold fewer with ${option('maxUsers', String(Math.ceil(users / 2)))} or a shorter ${option('gap')}. ${next}`,
      },
    )
  }

  /** What must be the same for a state to be taken up again; how many users are held need not be. */
  private identity(): unknown {
    const { label, columns } = this.options
    const { maxUsers, ...stream } = this.options.stream
    const plain: unknown = JSON.parse(JSON.stringify({ stream, label, columns }))
    return plain
  }

  private figures(now: number): string {
    const seconds = Math.max(1, now - this.statsAt) / 1_000
    const perSecond = (this.counts.read - this.statsLines) / seconds
    this.statsAt = now
    this.statsLines = this.counts.read
    return this.options.label
      ? labelFigures(this.counts.read, perSecond, this.labelled, this.tracker.size)
      : streamFigures(this.counts.read, perSecond, this.stream, this.lengths)
  }

  private summary(stopped: boolean): string[] {
    const { flushOnEnd, label, checkpoint } = this.options
    if (label) return [labelSentence(this.counts, this.outOfReach)]
    const open = stopped || flushOnEnd ? 0 : this.stream.openUsers
    return streamSentences(this.counts, this.stream.counts, open, checkpoint !== undefined)
  }
}
