/**
 * Sessions by a single gap. Events may come in any order: one that falls between two sessions joins
 * them, so nothing but the sessions themselves is held, and a session that was already told can be
 * told again, corrected.
 */
import type { CutRules } from './cuts.js'
import type { StreamEvent } from './event.js'
import { HeldSession } from './held-session.js'
import { RecurringTexts } from './recurring.js'
import { asList, asNumber, asText, nanAsNull, nullAsNan, type Saved } from './saved.js'
import { loadSession, saveSession } from './saved-session.js'
import type { DataEdges, SessionRules, Tell, UserState } from './session-rules.js'

/** How a session was last told. */
interface Told {
  readonly number: number
  readonly previousEnd: number
}

class Run extends HeldSession {
  told: Told | undefined
  /** Something came after it was told. */
  changed = false
  revision = 0
  revises: readonly string[] = NONE

  override add(event: StreamEvent): void {
    super.add(event)
    this.changed = true
  }

  override absorb(later: Run): void {
    super.absorb(later)
    this.changed = true
    this.revision = Math.max(this.revision, later.revision)
    this.revises = [...this.revises, ...later.revises]
    this.told ??= later.told
  }
}

/** One for all: nearly every list is empty, and an empty one takes room too. */
const NONE: readonly never[] = []

const isUntold = ({ told, changed }: Run): boolean => told === undefined || changed

export interface GapState extends UserState {
  /** In order of time, none within reach of another. Replaced, not grown: a list that grows makes room for many more. */
  runs: readonly Run[]
}

export class GapRuns implements SessionRules<GapState> {
  private readonly reach: number
  private readonly recurring = new RecurringTexts()

  /** @param keepMicros how long after closing a session is held for corrections. */
  constructor(
    rules: CutRules,
    private readonly edges: DataEdges,
    private readonly keepMicros: number,
  ) {
    this.reach = rules.reach(rules.definition.gapMicros)
  }

  create(): GapState {
    return { closed: 0, previousEnd: Number.NaN, runs: NONE }
  }

  admitsLate(state: GapState | undefined, { micros }: StreamEvent, watermark: number): boolean {
    if (state !== undefined) {
      // It would have been part of a session that is gone, or come before it.
      if (micros - state.previousEnd < this.reach) return false
      if (state.runs.some((run) => this.isNear(run, micros))) return true
    }
    return watermark < micros + this.reach + this.keepMicros
  }

  add(state: GapState, event: StreamEvent): boolean {
    this.edges.keep(event.micros)
    const last = state.runs.at(-1)
    if (last !== undefined && event.micros >= last.start && event.micros - last.end < this.reach) {
      last.add(event)
      return false
    }
    state.runs = this.placed(state.runs, event)
    return true
  }

  /** Events have no turn to wait for. */
  foresee(): void {}
  take(): void {}

  settle(state: GapState, watermark: number, tell: Tell): void {
    const { runs } = state
    runs.forEach((run, i) => {
      if (watermark < run.end + this.reach) return
      const number = state.closed + i + 1
      const previousEnd = runs[i - 1]?.end ?? state.previousEnd
      const same =
        !run.changed &&
        run.told !== undefined &&
        run.told.number === number &&
        Object.is(run.told.previousEnd, previousEnd)
      if (!same) this.tell(run, { number, previousEnd }, tell)
    })
    let over = 0
    for (const { end } of runs) {
      if (watermark < end + this.reach + this.keepMicros) break
      state.previousEnd = end
      over++
    }
    if (over === 0) return
    state.closed += over
    state.runs = over === runs.length ? NONE : runs.slice(over)
  }

  dueAt({ runs }: GapState): number {
    let due = Number.POSITIVE_INFINITY
    for (const run of runs) {
      const kept = isUntold(run) ? 0 : this.keepMicros
      due = Math.min(due, run.end + this.reach + kept)
    }
    return due
  }

  /** What was told is held on to for corrections. */
  hasUntold = ({ runs }: GapState): boolean => runs.some(isUntold)

  finish(state: GapState, tell: Tell): void {
    state.runs.forEach((run, i) => {
      if (!isUntold(run)) return
      const previousEnd = state.runs[i - 1]?.end ?? state.previousEnd
      this.tell(run, { number: state.closed + i + 1, previousEnd }, tell)
    })
    state.runs = NONE
  }

  private tell(run: Run, as: Told, tell: Tell): void {
    const id = tell({
      session: run,
      ...as,
      endReason: 'gap',
      closesAt: run.end + this.reach,
      firstReach: this.reach,
      started: false,
      place: 0,
      revision: run.revision,
      revises: run.revises,
    })
    run.told = as
    run.changed = false
    run.revision++
    run.revises = [id]
  }

  private placed(runs: readonly Run[], event: StreamEvent): readonly Run[] {
    let at = runs.length
    while (at > 0 && (runs[at - 1]?.start ?? 0) > event.micros) at--
    const before = runs[at - 1]
    const after = runs[at]
    const joinsBefore = before !== undefined && this.isNear(before, event.micros)
    const joinsAfter = after !== undefined && this.isNear(after, event.micros)
    if (joinsBefore) before.add(event)
    else if (joinsAfter) after.add(event)
    else return runs.length === 0 ? [new Run(event)] : runs.toSpliced(at, 0, new Run(event))
    if (!joinsBefore || !joinsAfter) return runs
    before.absorb(after)
    return runs.toSpliced(at, 1)
  }

  private isNear(run: Run, micros: number): boolean {
    return micros - run.end < this.reach && run.start - micros < this.reach
  }

  save({ closed, previousEnd, runs }: GapState): Saved {
    return [
      closed,
      nanAsNull(previousEnd),
      runs.map((run) => [
        saveSession(run),
        run.told === undefined ? null : [run.told.number, nanAsNull(run.told.previousEnd)],
        run.changed ? 1 : 0,
        run.revision,
        run.revises,
      ]),
    ]
  }

  load([closed, previousEnd, runs]: Saved): GapState {
    return {
      closed: asNumber(closed),
      previousEnd: nullAsNan(previousEnd),
      runs: asList(runs).map((saved) => {
        const [session, told, changed, revision, revises] = asList(saved)
        const run = loadSession(asList(session), (first) => new Run(first), this.recurring)
        if (told !== null) {
          const [number, before] = asList(told)
          run.told = { number: asNumber(number), previousEnd: nullAsNan(before) }
        }
        run.changed = changed === 1
        run.revision = asNumber(revision)
        const ids = asList(revises).map(asText)
        if (ids.length > 0) run.revises = ids
        return run
      }),
    }
  }
}
