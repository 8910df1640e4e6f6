/** Where in rows the events lie, when they are not the rows themselves. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { didYouMean } from '../errors/suggest.js'
import { findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import { openedAt, placesIn } from '../sources/unnest.js'
import { allPresets, type PresetOptions } from './detection.js'
import { groupLabel, keyFields } from './key.js'
import { generic } from './presets/index.js'

/** Lists that hold events and nothing else, also where the rows around them have a user and a time. */
const OF_EVENTS = /^(events?|batch|records)$/i
/** Of several places that could be meant these are. */
const USUAL =
  /^(events?|batch|records|hits|results|data|items|rows|entries|logs?|_source|payload)$/i

/** What the user said of columns. */
interface Wanted extends PresetOptions {
  readonly user?: readonly string[]
  readonly time?: string
}

/** @throws SessionizeError `unknown_column` where no group has the place */
export function openedAsAsked(
  groups: readonly SourceGroup[],
  path: string,
  flag?: string,
): SourceGroup[] {
  const opened = groups.map((group) => openedAt(group, path))
  if (flag !== undefined && opened.every((group) => group === undefined)) {
    const lists = [
      ...new Set(
        groups.flatMap((group) => placesIn(group).flatMap((at) => (at.isList ? at.path : []))),
      ),
    ]
    throw new SessionizeError(
      'unknown_column',
      `No list \`${path}\` in ${groupLabel(groups)}.${didYouMean(path, lists)}`,
      {
        hint:
          lists.length === 0
            ? 'Its rows have no lists of objects.'
            : `${flag} takes one of: ${lists.slice(0, 20).join(', ')}.`,
      },
    )
  }
  return opened.map((group, i) => group ?? groups[i]).filter((group) => group !== undefined)
}

/** The groups with the events inside of their rows as rows, where the rows themselves are none. */
export const openedWhereNeeded = (groups: readonly SourceGroup[], options: Wanted): SourceGroup[] =>
  groups.map((group) => openedGroup(group, options) ?? group)

function openedGroup(group: SourceGroup, options: Wanted): SourceGroup | undefined {
  if (group.format === 'csv' || group.format === 'log') return undefined
  const presets = [generic, ...allPresets(options)]
  const times = options.time === undefined ? presets.flatMap(({ time }) => time) : [options.time]
  const users = options.user ?? presets.flatMap(({ user }) => user)
  const has = (in_: SourceGroup, keys: readonly string[]): boolean =>
    keys.some((key) => keyFields(in_, key).length > 0)
  const flat = has(group, times) && has(group, users)
  const fitting = placesIn(group).flatMap(({ path, isList }) => {
    if (flat && !(isList && OF_EVENTS.test(lastKey(path)))) return []
    const opened = openedAt(group, path)
    if (opened === undefined || !has(opened, times) || !has(opened, users)) return []
    // The time is the event's own, and not one of what is around it.
    const innermost = opened.unnest?.at(-1)?.column
    const keys = path.split('.')
    const own = times
      .flatMap((name) => findField(opened, name) ?? [])
      .some((field) =>
        innermost === undefined ? field.path.length >= keys.length : field.column === innermost,
      )
    return own ? [{ path, isList, opened }] : []
  })
  const usual = fitting.filter(({ path }) => USUAL.test(lastKey(path)))
  const best = usual.length > 0 ? usual : fitting
  const lists = best.filter(({ isList }) => isList)
  const [first, ...others] = lists.length > 0 ? lists : best
  if (first === undefined) return undefined
  // Of objects in each other the outermost that is one will do.
  const apart = others.filter(({ path }) => !path.startsWith(`${first.path}.`))
  if (apart.length > 0 && lists.length > 0) {
    const paths = [first, ...apart].map(({ path }) => path)
    throw new SessionizeError(
      'mapping_uncertain',
      `Events of ${groupLabel([group])} may lie in ${paths.join(' or in ')}.`,
      { hint: `Say which: ${option('unnest', first.path)}` },
    )
  }
  return first.opened
}

const lastKey = (path: string): string => path.slice(path.lastIndexOf('.') + 1)
