/** Background activity as blocks. */
import type {
  Background,
  BackgroundEvent,
  BackgroundLengths,
} from '../../analysis/background/background.js'
import { type Block, number, text } from '../document.js'
import { count as formatCount, seconds as formatSeconds, share as formatShare } from '../figures.js'
import { formatNumberOf } from '../quantities.js'

export function backgroundBlocks(found: Background): readonly Block[] {
  const alive = found.events.filter(({ keepsAlive }) => keepsAlive)
  return [
    { kind: 'heading', text: 'Background activity' },
    {
      kind: 'paragraph',
      text:
        alive.length === 0
          ? 'No event was found that keeps sessions alive by itself.'
          : alive.map(sentence).join(' '),
    },
    effects(found, alive),
    ...harmless(found.events),
    ...suggestion(found),
    ...sleepless(found),
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

function effects(found: Background, alive: readonly BackgroundEvent[]): Block {
  const row = (name: string, lengths: BackgroundLengths): readonly string[] => [
    name,
    formatCount(lengths.sessions),
    formatSeconds(lengths.meanSeconds),
    formatSeconds(lengths.p50Seconds),
    formatSeconds(lengths.p90Seconds),
  ]
  const { roundTheClock } = found
  return {
    kind: 'table',
    columns: [text('length'), number('sessions'), number('mean'), number('p50'), number('p90')],
    rows: [
      row('as it is', found.lengths),
      ...alive.map((event) => row(`without ${event.name}`, event.without)),
      ...(alive.length < 2 || found.without === null
        ? []
        : [row('without all of these', found.without.lengths)]),
      ...(roundTheClock.users === 0
        ? []
        : [row('without round-the-clock users', roundTheClock.withoutThem)]),
    ],
  }
}

function harmless(events: readonly BackgroundEvent[]): readonly Block[] {
  const names = events.filter(({ keepsAlive }) => !keepsAlive).map(({ name }) => name)
  if (names.length === 0) return []
  return [
    {
      kind: 'paragraph',
      text: `Looked at too, with next to no effect on the lengths: ${names.join(', ')}.`,
    },
  ]
}

function suggestion({ without }: Background): readonly Block[] {
  return without === null
    ? []
    : [
        {
          kind: 'notice',
          label: 'hint',
          text: `If no one is there when it is sent, count it without letting it keep sessions alive: ${without.flags.join(' ')}`,
        },
      ]
}

function sleepless({ roundTheClock: found, method }: Background): readonly Block[] {
  if (found.users === 0) return []
  return [
    {
      kind: 'paragraph',
      text: `${formatNumberOf(found.users, 'user')} (${formatShare(found.userShare)} of all) had events in ${method.activeHours} or more hours of a day on ${method.activeDays} days or more: ${formatShare(found.eventShare)} of the events and ${formatShare(found.timeShare)} of the time. No one person does that.`,
    },
    {
      kind: 'table',
      columns: [text('user'), number('such days'), text('commonest event')],
      rows: found.examples.map(({ user, days, commonestEvent }) => [
        user,
        formatCount(days),
        commonestEvent ?? '(none)',
      ]),
    },
  ]
}
