/** Background activity as a part of the audit. */
import type { Background, BackgroundEvent } from '../../analysis/background/background.js'
import type { LengthFigures } from '../../analysis/lengths.js'
import { type Block, type Blocks, heading, number, paragraph, table, text } from '../document.js'
import { count as formatCount, seconds as formatSeconds, share as formatShare } from '../figures.js'
import { formatNumberOf } from '../quantities.js'

export function backgroundBlocks(background: Background): Blocks {
  const { events, without } = background
  const alive = events.filter(({ keepsAlive }) => keepsAlive)
  const harmless = events.filter(({ keepsAlive }) => !keepsAlive).map(({ name }) => name)
  return [
    heading('Background activity'),
    paragraph(
      alive.length === 0
        ? 'No event was found that keeps sessions alive by itself.'
        : alive.map(sentence).join(' '),
    ),
    effects(background, alive),
    harmless.length === 0
      ? null
      : paragraph(`Looked at too, with next to no effect on the lengths: ${harmless.join(', ')}.`),
    without === null
      ? null
      : {
          kind: 'notice',
          label: 'hint',
          text: `If no one is there when it is sent, count it without letting it keep sessions alive: ${without.flags.join(' ')}`,
        },
    roundTheClock(background),
  ]
}

function sentence({ name, rhythm, tail, events, users }: BackgroundEvent): string {
  const many = `${formatNumberOf(events, 'event')} of ${formatNumberOf(users, 'user')}`
  const beats =
    rhythm === null
      ? []
      : [
          `comes every ${formatSeconds(rhythm.periodSeconds)} like clockwork from ${formatCount(rhythm.regularUsers)} of ${formatNumberOf(rhythm.measuredUsers, 'user')} with enough of them to tell`,
        ]
  const fills =
    tail === null
      ? []
      : [
          `is ${formatShare(tail.share)} of the later half of long sessions and ${formatShare(tail.shareElsewhere)} of all other sessions`,
        ]
  return `${name} (${many}) ${[...beats, ...fills].join(', and ')}.`
}

function effects(background: Background, alive: readonly BackgroundEvent[]): Block {
  const row = (name: string, lengths: LengthFigures): readonly string[] => [
    name,
    formatCount(lengths.sessions),
    formatSeconds(lengths.meanSeconds),
    formatSeconds(lengths.p50Seconds),
    formatSeconds(lengths.p90Seconds),
  ]
  const { roundTheClock, lengths, without } = background
  return table(
    'Lengths without background activity',
    [text('length'), number('sessions'), number('mean'), number('p50'), number('p90')],
    [
      row('as it is', lengths),
      ...alive.map((event) => row(`without ${event.name}`, event.without)),
      ...(alive.length < 2 || without === null
        ? []
        : [row('without all of these', without.lengths)]),
      ...(roundTheClock.users === 0
        ? []
        : [row('without round-the-clock users', roundTheClock.withoutThem)]),
    ],
  )
}

function roundTheClock({ roundTheClock: of, method }: Background): Blocks {
  if (of.users === 0) return null
  return [
    paragraph(
      `${formatNumberOf(of.users, 'user')} (${formatShare(of.userShare)} of all) had events in ${method.activeHours} or more hours of a day on ${method.activeDays} days or more: ${formatShare(of.eventShare)} of the events and ${formatShare(of.timeShare)} of the time. No one person does that.`,
    ),
    table(
      'Users who are active round the clock',
      [text('user'), number('such days'), text('commonest event')],
      of.examples.map(({ user, days, commonestEvent }) => [
        user,
        formatCount(days),
        commonestEvent ?? '(none)',
      ]),
    ),
  ]
}
