/** Which vendor's export this is. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { didYouMean } from '../errors/suggest.js'
import { fieldIsNamed } from '../sources/field.js'
import type { FixedLayout, SourceGroup } from '../sources/group.js'
import type { ScanOptions } from '../sources/scan.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { groupLabel } from './key.js'
import { generic, PRESETS, type Preset } from './presets/index.js'
import type { Samples } from './samples.js'

export interface Detection {
  readonly preset: Preset
  readonly doubts: readonly string[]
}

/** Of separated values, where what is seen will not do. */
export interface CsvOptions {
  readonly delimiter?: string
  /** Lines before the header, or before the first row. */
  readonly skip?: number
  /** What begins lines that are no rows. */
  readonly comment?: string
  /** False: the first line is a row. */
  readonly header?: boolean
}

/** Whose export it is. */
export interface PresetOptions {
  /** The name of one, built in or of `presets`. */
  readonly preset?: string
  /** The user's own, which are detected like the others and win over one of the same name. */
  readonly presets?: readonly Preset[]
}

export function allPresets({ presets = [] }: PresetOptions): Preset[] {
  const own = new Set(presets.map(({ name }) => name))
  return [...presets, ...PRESETS.filter(({ name }) => !own.has(name))]
}

/** Layouts of headerless files, all of them or that of the preset that was named. */
export const fixedLayouts = (options: PresetOptions): FixedLayout[] =>
  allPresets(options).flatMap(({ name, layout }) => {
    if (layout === undefined) return []
    const named = options.preset === undefined || name === presetName(options.preset)
    return named ? [layout] : []
  })

/** What was said of how files are laid out. */
export const scanOptions = (
  options: PresetOptions & CsvOptions,
): Pick<ScanOptions, 'layouts' | 'written'> => ({
  layouts: fixedLayouts(options),
  written: {
    ...omitUndefined({
      delimiter: options.delimiter === undefined ? undefined : unescaped(options.delimiter),
      skip: options.skip,
      comment: options.comment === undefined ? undefined : oneCharacter(options.comment),
      header: options.header === false ? false : undefined,
    }),
    // Some tools count from 0, and then so do all names.
    firstColumn: Object.values(options)
      .flat()
      .some((said) => typeof said === 'string' && /\bcolumn0\b/i.test(said))
      ? 0
      : 1,
  },
})

function oneCharacter(comment: string): string {
  if (comment.length === 1) return comment
  throw new SessionizeError('usage', `${option('comment', comment)} is not one character.`, {
    hint: 'Name the one that such lines begin with, as in --comment "#".',
  })
}

/** As one types it in a shell. */
const unescaped = (delimiter: string): string =>
  delimiter === 'tab'
    ? '\t'
    : delimiter
        .replaceAll('\\t', '\t')
        .replaceAll(/\\x([0-9a-f]{2})/gi, (_, code: string) =>
          String.fromCharCode(Number.parseInt(code, 16)),
        )

const presetName = (name: string): string => name.toLowerCase().replaceAll('-', '_')

/** @throws SessionizeError `usage` for an unknown name, `mapping_uncertain` when two fit alike. */
export function detectPreset(
  groups: readonly SourceGroup[],
  options: PresetOptions,
  samples: Samples,
): Detection {
  const presets = allPresets(options)
  const { preset: wanted } = options
  if (wanted !== undefined) {
    const preset = presets.find(({ name }) => name === presetName(wanted))
    if (preset !== undefined) return { preset, doubts: [] }
    const names = presets.map(({ name }) => name).sort()
    throw new SessionizeError('usage', `No preset \`${wanted}\`.${didYouMean(wanted, names)}`, {
      hint: `Presets: ${names.join(', ')}.`,
    })
  }
  const fitting = presets
    .map((preset) => ({
      preset,
      columns: Math.min(
        ...groups.flatMap((group, i) =>
          // An empty array says nothing.
          group.columns.length === 0 ? [] : [columnsFound(preset, groups, i, samples)],
        ),
      ),
    }))
    .filter(({ columns }) => columns > 0)
    .sort((a, b) => b.columns - a.columns)
  const [best, second] = fitting
  if (best === undefined)
    return { preset: generic, doubts: partlyFitting(presets, groups, samples) }
  if (second !== undefined && second.columns === best.columns) {
    const names = fitting
      .filter(({ columns }) => columns === best.columns)
      .map(({ preset: { name } }) => name)
      .sort()
    throw new SessionizeError(
      'mapping_uncertain',
      `${groupLabel(groups)} could be an export of ${names.join(' or of ')}.`,
      { hint: `Say which: --preset ${names[0]}` },
    )
  }
  return { preset: best.preset, doubts: [] }
}

/** How many columns of the preset's fullest set that is there; 0 when none is. */
function columnsFound(
  { detect }: Preset,
  groups: readonly SourceGroup[],
  at: number,
  samples: Samples,
): number {
  const group = groups[at]
  const there = (name: string): boolean =>
    group !== undefined && fieldIsNamed(group, name, () => samples.inGroup(at, name).length > 0)
  return Math.max(
    0,
    ...detect.filter((set) => set.length > 0 && set.every(there)).map((set) => set.length),
  )
}

/** Some files look like a vendor's and others do not: then none of its rules is applied. */
function partlyFitting(
  presets: readonly Preset[],
  groups: readonly SourceGroup[],
  samples: Samples,
): string[] {
  return presets.flatMap((preset) => {
    const odd = groups.filter(
      ({ columns }, i) => columns.length > 0 && columnsFound(preset, groups, i, samples) === 0,
    )
    return odd.length === groups.length || groups.length === 1
      ? []
      : [
          `Some files look like ${preset.name}, but ${groupLabel(odd)} does not: all are read by common names. --preset ${preset.name} reads them all as ${preset.name}.`,
        ]
  })
}

/** Nested names that presets look for, which the columns' types may not tell of. */
export const presetPaths = (options: PresetOptions): string[] => [
  ...new Set(
    allPresets(options)
      .flatMap((preset) => [
        ...preset.detect.flat(),
        ...preset.user,
        ...preset.time,
        ...preset.event,
        ...(preset.session ?? []),
        ...(preset.dedupe ?? []).flat(),
        ...(preset.insertId ?? []).flat(),
        ...(preset.identity ?? []),
        ...Object.values(preset.dimensions ?? {}).flat(),
        ...Object.values(preset.clocks ?? {})
          .flat()
          .filter((name) => typeof name === 'string'),
      ])
      .flatMap((key) => [key, ...key.split(/[,+]/)])
      .filter((name) => name.includes('.')),
  ),
]
