/**
 * Background activity: events are candidates by their rhythm or by their place in long sessions, and
 * confirmed by what happens to the lengths when sessions are rebuilt with them passive.
 */
import type { Engine } from '../../engines/duckdb.js'
import { count, countDistinct, select } from '../../figures/figure.js'
import { measureSessions, planSessions } from '../../sessions/build.js'
import type { Events } from '../../sessions/dataset.js'
import type { SessionDefinition } from '../../sessions/definition.js'
import type { BlockPlan } from '../../sessions/plan.js'
import { type Sql, sql, text } from '../../sql/sql.js'
import { type LengthFigures, lengthsOf } from '../lengths.js'
import type { Background, BackgroundEvent } from './background.js'
import { fillsTails, longSessions, TAIL_LIFT, TAIL_SHARE } from './long-sessions.js'
import {
  COEFFICIENT_THRESHOLD,
  LEAST_INTERVALS,
  REGULAR_USER_SHARE,
  rhythmicEvents,
} from './rhythm.js'
import { ACTIVE_DAYS, ACTIVE_HOURS, roundTheClockUsers } from './round-the-clock.js'

/** Each candidate costs a rebuild, so only the first few are tried. */
const MOST_CANDIDATES = 5
/** Less than this of the mean is not worth a rule. */
const EFFECT_THRESHOLD = 0.01

const OCCURRENCES = { events: count(), users: countDistinct(sql`user`) } as const

export interface BackgroundOptions {
  readonly definition: SessionDefinition
  readonly plan?: BlockPlan
}

/**
 * Over `events` and the table `rebuilt_sessions` of the definition.
 *
 * @param inRebuilt events with the `start` and `length` of their rebuilt sessions
 */
export async function findBackground(
  engine: Engine,
  events: Events,
  options: BackgroundOptions,
  inRebuilt: Sql,
): Promise<Background> {
  const lengths = await lengthsOf(engine, sql`rebuilt_sessions`)
  const rhythmic = await rhythmicEvents(engine, options.definition)
  const long = await longSessions(engine, options.definition, inRebuilt)
  const tails = long.tail.filter(fillsTails)
  const names = [
    ...new Set([...rhythmic.map(({ name }) => name), ...tails.flatMap(({ name }) => name ?? [])]),
  ]
  const roundTheClock = await roundTheClockUsers(engine)
  const candidates: BackgroundEvent[] = []
  for (const name of names.slice(0, MOST_CANDIDATES)) {
    const without = await lengthsWithout(engine, events, options, [name])
    const meanChange = changeOf(lengths.meanSeconds, without.meanSeconds)
    const tail = long.tail.find((candidate) => candidate.name === name)
    candidates.push({
      name,
      ...(await select(engine, sql`events WHERE name = ${text(name)}`, OCCURRENCES)),
      rhythm: rhythmic.find((candidate) => candidate.name === name)?.rhythm ?? null,
      tail: tail === undefined ? null : { share: tail.share, shareElsewhere: tail.shareElsewhere },
      without,
      meanChange,
      keepsAlive: meanChange !== null && meanChange <= -EFFECT_THRESHOLD,
      flag: passiveFlag(name),
    })
  }
  const confirmed = candidates.filter(({ keepsAlive }) => keepsAlive)
  return {
    lengths,
    events: candidates,
    without:
      confirmed.length === 0
        ? null
        : {
            lengths: await lengthsOfAll(engine, events, options, confirmed),
            flags: confirmed.map(({ flag }) => flag),
          },
    longSessions: long,
    roundTheClock,
    method: {
      leastIntervals: LEAST_INTERVALS,
      coefficientThreshold: COEFFICIENT_THRESHOLD,
      regularUserShare: REGULAR_USER_SHARE,
      effectThreshold: EFFECT_THRESHOLD,
      tailShare: TAIL_SHARE,
      tailLift: TAIL_LIFT,
      activeHours: ACTIVE_HOURS,
      activeDays: ACTIVE_DAYS,
    },
  }
}

async function lengthsOfAll(
  engine: Engine,
  events: Events,
  options: BackgroundOptions,
  confirmed: readonly BackgroundEvent[],
): Promise<LengthFigures> {
  const [only] = confirmed
  if (only !== undefined && confirmed.length === 1) return only.without
  return lengthsWithout(
    engine,
    events,
    options,
    confirmed.map(({ name }) => name),
  )
}

async function lengthsWithout(
  engine: Engine,
  events: Events,
  { definition, plan }: BackgroundOptions,
  names: readonly string[],
): Promise<LengthFigures> {
  const request = await planSessions(engine, events, {
    definition: {
      ...definition,
      passiveEvents: [...(definition.passiveEvents ?? []), ...names.map(patternOf)],
    },
    dimensions: [],
    ...(plan === undefined ? {} : { plan }),
  })
  await measureSessions(engine, request)
  return lengthsOf(engine, sql`sessions`)
}

function changeOf(before: number | null, after: number | null): number | null {
  if (before === null || before === 0) return null
  return ((after ?? 0) - before) / before
}

/** As `--passive-event` can say it: it takes a list, so a comma in a name is left to the `*`. */
const patternOf = (name: string): string => name.replaceAll(',', '*').trim()

function passiveFlag(name: string): string {
  const pattern = patternOf(name)
  const word = /^[\w./:@%+-]+$/.test(pattern) ? pattern : `'${pattern.replaceAll("'", `'\\''`)}'`
  return `--passive-event ${word}`
}
