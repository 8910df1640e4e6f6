import { describeDefinition } from '../../definition.js'
import { formatCount, formatDecimal, formatSeconds, formatShare } from '../../quantities.js'
import { describeEdges, LENGTH_COLUMNS } from '../../summary/wording.js'
import type { ReportContents } from '../contents.js'
import { html, NOTHING } from '../html.js'
import { figures, htmlTable, words } from '../table.js'
import type { Section } from './section.js'

export function headline({ summary }: ReportContents): Section {
  const { overall } = summary
  const tiles: readonly (readonly [string, string, string])[] = [
    [
      'sessions',
      formatCount(overall.sessions),
      'runs of one user’s events with no longer pause than the gap',
    ],
    ['users', formatCount(overall.users), 'different users with a session'],
    ['events', formatCount(overall.events), 'events in a session'],
    [
      'median length',
      formatSeconds(overall.length.p50Seconds),
      'last event minus first event; half of all sessions are shorter',
    ],
    [
      'mean length',
      formatSeconds(overall.length.meanSeconds),
      'over all sessions, bounces included as 0',
    ],
    [
      'bounces',
      formatShare(overall.bounceShare),
      'sessions of a single event, whose length is 0 by definition',
    ],
    ['events per session', formatDecimal(overall.eventsPerSession), 'events divided by sessions'],
    ['sessions per user', formatDecimal(overall.sessionsPerUser), 'sessions divided by users'],
  ]
  const edges = describeEdges(overall)
  return {
    id: 'headline',
    title: 'At a glance',
    body: html`<p>A session: ${describeDefinition(summary.definition)}.</p>
<ul class="tiles">${tiles.map(
      ([name, value, meaning]) =>
        html`<li><span class="name">${name}</span> <strong>${value}</strong> <small>${meaning}</small></li>\n`,
    )}</ul>
${htmlTable(
  'Lengths of sessions',
  [words('sessions'), ...LENGTH_COLUMNS.map(({ name }) => figures(name))],
  [
    ['all sessions', ...LENGTH_COLUMNS.map(({ value }) => formatSeconds(value(overall.length)))],
    [
      'without bounces',
      ...LENGTH_COLUMNS.map(({ value }) => formatSeconds(value(overall.lengthWithoutBounces))),
    ],
  ],
)}
${edges === null ? NOTHING : html`<p class="note">Touching the edges: ${edges}.</p>`}
${summary.warnings.map(
  ({ message, hint }) =>
    html`<p class="warning"><strong>Warning:</strong> ${message}${hint === undefined ? '' : ` ${hint}`}</p>\n`,
)}`,
  }
}
