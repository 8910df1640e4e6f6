/** The presets of `docs/presets.md`, as they say themselves. */
import type { Preset } from '../../src/events/presets/index.js'

const code = (name: string): string => `\`${name}\``
const list = (names: readonly string[]): string => names.map(code).join(', else ')
const sets = (groups: readonly (readonly string[])[]): string =>
  groups.map((names) => names.map(code).join(' + ')).join('; or ')

function renderPreset(preset: Preset): string {
  const { detect, session, outOfSession, dedupe, insertId, dimensions, identity, clocks } = preset
  const rows: (readonly [string, string])[] = [
    ['Detected by', detect.length === 0 ? 'nothing else fits' : sets(detect)],
    ...(preset.layout === undefined
      ? []
      : [
          [
            'Without a header',
            `${preset.layout.columns.length} columns, told by the values of ${Object.keys(preset.layout.recognise).map(code).join(' and ')}`,
          ] as const,
        ]),
    ...(preset.unnest === undefined
      ? []
      : [['One event per', `element of ${code(preset.unnest)}`] as const]),
    ['User', list(preset.user)],
    ['Time', list(preset.time)],
    ['Zone', preset.timeZone],
    ['Event', list(preset.event)],
    ['Session', session === undefined ? 'none' : list(session)],
    ...(outOfSession === undefined
      ? []
      : [['Out of session', `session ${code(outOfSession)}`] as const]),
    ['Dedupe', dedupe === undefined ? 'none' : sets(dedupe)],
    ...(insertId === undefined ? [] : [['`--dedupe insert_id`', sets(insertId)] as const]),
    ...(identity === undefined ? [] : [['`--stitch`', identity.map(code).join(', ')] as const]),
    ...(clocks?.client === undefined ? [] : [['`--clock client`', list(clocks.client)] as const]),
    ...(clocks?.server === undefined ? [] : [['`--clock server`', list(clocks.server)] as const]),
    ...(clocks?.client === undefined || clocks.server === undefined || clocks.sent === undefined
      ? []
      : [
          [
            '`--clock corrected`',
            `client + (server − ${list(clocks.sent)})${clocks.toleranceSeconds === undefined ? '' : `, where that is ${clocks.toleranceSeconds} s or more`}`,
          ] as const,
        ]),
    ...Object.entries(dimensions ?? {}).map(
      ([name, columns]) => [`\`--by ${name}\``, list(columns)] as const,
    ),
  ]
  return [
    `### ${preset.name}`,
    '',
    preset.about,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([label, value]) => `| ${label} | ${value.replaceAll('|', '\\|')} |`),
    '',
  ].join('\n')
}

export const renderPresets = (presets: readonly Preset[]): string =>
  [...presets]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(renderPreset)
    .join('\n')

/** One line each, to choose from. */
export const presetOverview = (presets: readonly Preset[]): string =>
  [
    '| preset | user | time | event | recorded session |',
    '|---|---|---|---|---|',
    ...[...presets]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, user, time, event, session }) => {
        const best = (keys: readonly string[] | undefined): string =>
          keys?.[0] === undefined ? 'none' : code(keys[0])
        const cells = [`[${name}](#${name})`, best(user), best(time), best(event), best(session)]
        return `| ${cells.join(' | ')} |`
      }),
    '',
  ].join('\n')
