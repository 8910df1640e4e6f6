/** From a fitted mixture to a timeout that one may use, with what speaks for and against it. */
import type { Intervals } from './intervals.js'
import { equallyLikely, findValley, fitMixture, type Mixture, misplacedShare } from './mixture.js'

/** Fewer intervals say nothing about two kinds of pauses. */
const FEWEST_INTERVALS = 200
/** A component with less weight is noise. */
const SMALLEST_WEIGHT = 0.02
/** A valley that is less deep may be chance, or the fit's own. */
const SHALLOWEST = 0.1
const SHALLOW = 0.5
/** Above this distance the mixture does not tell the data. */
const POOR_FIT = 0.05
const MINUTE = 60
/** Below, it is single loads of a page that were told apart, not visits. */
const SHORTEST_TIMEOUT = MINUTE
const LONGEST_TIMEOUT = 24 * 3_600

/** A log-normal component of the pauses. */
export interface ComponentSummary {
  readonly share: number
  readonly medianSeconds: number
  /** The middle 68 % lie between the median divided and multiplied by 2 to this power. */
  readonly log2Deviation: number
}

/** Two kinds of pauses: those within sessions, and those between them. */
export interface IntervalFit {
  readonly within: ComponentSummary
  readonly between: ComponentSummary
  readonly ksDistance: number
  readonly valley: { readonly seconds: number; readonly depth: number } | null
  /** Where a pause is as likely within as between sessions. */
  readonly equalSeconds: number | null
  /** Share of the pauses on the wrong side of `equalSeconds`, if the fit is right. */
  readonly misplacedShare: number | null
}

/** The timeout that the data suggest. */
export interface Advice {
  /** Null: there is nothing in the data to choose by. */
  readonly timeoutSeconds: number | null
  readonly why: string
  readonly doubts: readonly string[]
}

export function adviseTimeout(
  intervals: Intervals,
  spanSeconds: number,
): { fit: IntervalFit | null; advice: Advice } {
  const mixture = fitMixture(intervals.bins)
  if (mixture === undefined) {
    return {
      fit: null,
      advice: none('There are too few different pauses to tell two kinds apart.'),
    }
  }
  const fit = summarise(mixture)
  return { fit, advice: advise(intervals, fit, spanSeconds) }
}

const none = (why: string): Advice => ({ timeoutSeconds: null, why, doubts: [] })

function summarise(mixture: Mixture): IntervalFit {
  const valley = findValley(mixture)
  const equal = equallyLikely(mixture)
  const component = ({ weight, mean, deviation }: Mixture['within']): ComponentSummary => ({
    share: weight,
    medianSeconds: 2 ** mean,
    log2Deviation: deviation,
  })
  return {
    within: component(mixture.within),
    between: component(mixture.between),
    ksDistance: mixture.ksDistance,
    valley: valley === null ? null : { seconds: 2 ** valley.at, depth: valley.depth },
    equalSeconds: equal === null ? null : 2 ** equal,
    misplacedShare: equal === null ? null : misplacedShare(mixture, equal),
  }
}

function advise(intervals: Intervals, fit: IntervalFit, spanSeconds: number): Advice {
  const { valley, equalSeconds, within, between } = fit
  if (intervals.count < FEWEST_INTERVALS) {
    return none(`Only ${intervals.count} pauses: at least ${FEWEST_INTERVALS} are needed.`)
  }
  if (Math.min(within.share, between.share) < SMALLEST_WEIGHT) {
    return none('Nearly all pauses are of one kind, so there is no boundary to find.')
  }
  if (valley === null || equalSeconds === null || valley.depth < SHALLOWEST) {
    return none(
      'There is no valley between short and long pauses: no timeout is better founded than another.',
    )
  }
  if (equalSeconds < SHORTEST_TIMEOUT || equalSeconds > LONGEST_TIMEOUT) {
    return none(
      'The only boundary that the pauses show is under a minute or over a day, which is not that between visits.',
    )
  }
  return {
    timeoutSeconds: roundToMinutes(equalSeconds),
    why: 'At this pause it is as likely that the visit goes on as that a new one has begun.',
    doubts: [
      ...(valley.depth < SHALLOW
        ? ['The valley is shallow: timeouts around it are nearly as good.']
        : []),
      ...(fit.ksDistance > POOR_FIT
        ? ['Two normal components tell these pauses poorly: take the boundary for a rough one.']
        : []),
      ...(spanSeconds < 3 * between.medianSeconds
        ? [
            'The data cover little more time than one pause between visits: longer pauses are unseen, and a longer export may move the boundary.',
          ]
        : []),
    ],
  }
}

/** Whole minutes: more digits would claim more than the fit can tell. */
const roundToMinutes = (seconds: number): number =>
  Math.max(1, Math.round(seconds / MINUTE)) * MINUTE
