import type { CompareAnswer, Comparison, Difference } from '../analysis/compare/compare.js'
import type { GroupFigures } from '../analysis/compare/groups.js'
import { formatDuration } from '../units/duration.js'
import { contextBlock } from './context.js'
import { type Cell, csvTable } from './csv.js'
import { type Block, type Blocks, heading, number, paragraph, table, text } from './document.js'
import { count, decimal, difference, probability, seconds, share } from './figures.js'
import { answerFormats } from './formats.js'
import { formatNumberOf, formatShare } from './quantities.js'
import { quantileName } from './summary/detail.js'
import { describeFar, describeSpan, segmentValue } from './summary/wording.js'
import { shorten } from './width.js'

export const compareFormats = answerFormats('Sessions compared', blocks, asCsv)

/** A table of more differences is for a program. */
const MOST_QUANTILES = 4

function blocks(answer: CompareAnswer): Blocks {
  const { comparisons, method, baseline, leftOut } = answer
  const none = comparisons.length === 0
  const intervals = `${Math.round(method.confidence * 100)}%, from ${count(method.replicates)} resamples of users (${count(method.buckets)} buckets, seed ${method.seed}); p is of users as wholes, adjusted for ${formatNumberOf(comparisons.length, 'comparison')}`
  return [
    none ? heading('There are no two groups to compare.') : verdicts(answer).map(paragraph),
    groupTable(answer),
    none ? null : [differenceTable(answer), testTable(answer)],
    contextBlock(answer, [
      [
        'baseline',
        baseline === null ? null : describeSpan(baseline.firstEvent, baseline.lastEvent),
      ],
      ['far of baseline', describeFar(baseline?.farEvents ?? null)],
      ['intervals', none ? null : intervals],
      ['sessions', method.withBounces ? null : 'of two events or more'],
      [
        'left out',
        leftOut === 0 ? null : `${formatNumberOf(leftOut, 'smaller group')}: --top compares more`,
      ],
    ]),
  ]
}

function nameOf({ dimensions, baseline }: CompareAnswer, group: GroupFigures | undefined): string {
  const values = (group?.values ?? []).map(segmentValue).join(', ')
  if (baseline === null) return values
  const set = group?.set === 'baseline' ? 'baseline' : 'now'
  return dimensions.length === 0 ? set : `${values} ${set}`
}

/** A sentence for each comparison; those that too few sessions forbid share one. */
function verdicts(answer: CompareAnswer): readonly string[] {
  const { comparisons, method } = answer
  const [few, enough] = [
    comparisons.filter(({ verdict }) => verdict === 'too_few'),
    comparisons.filter(({ verdict }) => verdict !== 'too_few'),
  ]
  const said = enough.map((comparison) => sentence(answer, comparison))
  if (few.length < 2) return [...said, ...few.map((comparison) => sentence(answer, comparison))]
  const names = few
    .slice(0, MOST_NAMED)
    .map(
      ({ group, reference }) => `${shortName(answer, group)} and ${shortName(answer, reference)}`,
    )
  const more = few.length > MOST_NAMED ? `; and ${count(few.length - MOST_NAMED)} more` : ''
  return [
    ...said,
    `Too few to compare (at least ${method.fewestUsers} users and ${method.fewestSessions} sessions each): ${names.join('; ')}${more}.`,
  ]
}

/** Of comparisons that nothing can be said about. */
const MOST_NAMED = 3

/** In a sentence: names of data can be as long as a browser's. */
function shortName(answer: CompareAnswer, group: number): string {
  const name = nameOf(answer, answer.groups[group])
  return shorten(name, LONGEST_NAME, '…')
}

/** In columns of a terminal. */
const LONGEST_NAME = 61

/** The verdict in plain words; never more than the data can tell. */
export function sentence(answer: CompareAnswer, comparison: Comparison): string {
  const group = shortName(answer, comparison.group)
  const reference = shortName(answer, comparison.reference)
  const { cliffsDelta, verdict } = comparison
  const odds = pairShare(cliffsDelta.estimate)
  switch (verdict) {
    case 'too_few':
      return `${group} and ${reference}: too few to compare (at least ${answer.method.fewestUsers} users and ${answer.method.fewestSessions} sessions each).`
    case 'no_clear_difference': {
      const mean = meanClause(comparison, `The mean of ${group}`)
      const of = mean === '' ? '' : ' from session to session'
      return `${group} and ${reference}: no clear difference${of}.${mean}`
    }
    case 'negligible':
      return `${group} and ${reference}: clear but negligible from session to session: ${group} is longer in ${odds} of the pairs.${meanClause(comparison, 'Its mean')}`
    case 'longer':
    case 'shorter':
      return `${group} is ${verdict} than ${reference}: longer in ${odds} of the pairs, a ${cliffsDelta.magnitude} effect.${meanClause(comparison, 'Its mean')}`
  }
}

/** Of two sessions, one of each group, with ties as half. */
const pairShare = (delta: number | null): string =>
  formatShare(delta === null ? null : (delta + 1) / 2)

/** Ranks do not see how much longer the long ones are; the mean does. */
function meanClause({ meanSeconds }: Comparison, mean: string): string {
  const { estimate, low, high } = meanSeconds
  if (estimate === null || low === null || high === null || low * high <= 0) return ''
  return ` ${mean} is ${seconds(Math.abs(estimate))} ${estimate > 0 ? 'longer' : 'shorter'} (${interval(meanSeconds, difference)}).`
}

const groupTable = (answer: CompareAnswer): Block =>
  table(
    'Groups',
    [
      text('group'),
      number('sessions'),
      number('users', 3),
      number('bounces', 2),
      number('mean'),
      ...(answer.groups[0]?.quantiles ?? [])
        .slice(0, MOST_QUANTILES)
        .map(({ share: of }) => number(quantileName(of))),
      number(longName(answer), 1),
    ],
    answer.groups.map((group) => [
      nameOf(answer, group),
      count(group.sessions),
      count(group.users),
      share(group.bounceShare),
      seconds(group.meanSeconds),
      ...group.quantiles.slice(0, MOST_QUANTILES).map((of) => seconds(of.seconds)),
      share(group.longShare),
    ]),
  )

/** `10m+` */
const longName = ({ method }: CompareAnswer): string =>
  `${formatDuration(Math.round(method.longSeconds * 1e6))}+`

const pairName = (answer: CompareAnswer, { group, reference }: Comparison): string =>
  `${nameOf(answer, answer.groups[group])} - ${nameOf(answer, answer.groups[reference])}`

const interval = (of: Difference, format: (value: number | null) => string): string =>
  of.low === null || of.high === null ? '' : `${format(of.low)} to ${format(of.high)}`

const points = (value: number | null): string =>
  value === null ? '-' : `${value > 0 ? '+' : ''}${decimal(value * 100)} pp`

const differenceTable = (answer: CompareAnswer): Block =>
  table(
    'Differences',
    [text('difference'), text('of'), number('is'), text('interval')],
    answer.comparisons.flatMap((comparison) => {
      const row = (
        name: string,
        of: Difference,
        format: (value: number | null) => string,
      ): readonly string[] => [
        pairName(answer, comparison),
        name,
        format(of.estimate),
        interval(of, format),
      ]
      return [
        row('mean', comparison.meanSeconds, difference),
        ...comparison.quantiles
          .slice(0, MOST_QUANTILES)
          .map((of) => row(quantileName(of.share), of, difference)),
        row(longName(answer), comparison.longShare, points),
      ]
    }),
  )

const signed = (value: number | null): string =>
  value === null ? '-' : `${value > 0 ? '+' : ''}${value.toFixed(3)}`

const testTable = (answer: CompareAnswer): Block =>
  table(
    'Tests',
    [
      text('test'),
      number("Cliff's delta"),
      text('interval', 3),
      text('effect', 1),
      number('p'),
      number('adjusted p', 2),
      number('KS distance', 4),
    ],
    answer.comparisons.map((comparison) => [
      pairName(answer, comparison),
      signed(comparison.cliffsDelta.estimate),
      interval(comparison.cliffsDelta, signed),
      comparison.cliffsDelta.magnitude,
      probability(comparison.clusteredP),
      probability(comparison.adjustedP),
      comparison.kolmogorovSmirnov.distance.toFixed(3),
    ]),
  )

function asCsv(answer: CompareAnswer): string {
  const shares = (answer.groups[0]?.quantiles ?? []).map((of) => of.share)
  const ends = (name: string): readonly string[] => [name, `${name}_low`, `${name}_high`]
  const cells = ({ estimate, low, high }: Difference): readonly Cell[] => [estimate, low, high]
  return csvTable(
    [],
    [
      'group',
      'reference',
      'verdict',
      'group_sessions',
      'reference_sessions',
      'group_users',
      'reference_users',
      ...ends('mean_seconds'),
      ...shares.flatMap((of) => ends(`quantile_${of}_seconds`)),
      ...ends('long_share'),
      ...ends('cliffs_delta'),
      'magnitude',
      'clustered_p',
      'adjusted_p',
      'brunner_munzel_p',
      'ks_distance',
      'ks_p',
    ],
    answer.comparisons.map((of) => {
      const group = answer.groups[of.group]
      const reference = answer.groups[of.reference]
      return [
        nameOf(answer, group),
        nameOf(answer, reference),
        of.verdict,
        group?.sessions ?? null,
        reference?.sessions ?? null,
        group?.users ?? null,
        reference?.users ?? null,
        ...cells(of.meanSeconds),
        ...of.quantiles.flatMap(cells),
        ...cells(of.longShare),
        ...cells(of.cliffsDelta),
        of.cliffsDelta.magnitude,
        of.clusteredP,
        of.adjustedP,
        of.brunnerMunzel?.p ?? null,
        of.kolmogorovSmirnov.distance,
        of.kolmogorovSmirnov.p,
      ]
    }),
  )
}
