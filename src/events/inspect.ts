/** What was detected in the input and why, before anything is computed. */
import type { Engine } from '../engines/duckdb.js'
import { fieldNames } from '../sources/field.js'
import { NO_ALLOWANCES } from '../sources/group.js'
import { describeSources } from '../sources/scan.js'
import type { Sources } from '../sources/source.js'
import { formatName } from './clock.js'
import { scanOptions } from './detection.js'
import { type Choice, type MappingOptions, mapSources } from './mapping.js'
import { withAllowances } from './open.js'

/** The answer of `inspect`. */
export interface Inspection {
  readonly schema: 'sessionize/inspect/v1'
  readonly preset: string
  readonly about: string
  readonly timeFormat: string
  readonly choices: readonly Choice[]
  readonly doubts: readonly string[]
  readonly groups: readonly InspectedGroup[]
  readonly skipped: readonly { readonly label: string; readonly why: string }[]
}

/** Files that have one format and the same columns. */
export interface InspectedGroup {
  readonly format: string
  readonly compression: string
  readonly files: readonly { readonly label: string; readonly bytes: number }[]
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Names that flags take, nested ones included. */
  readonly fields: readonly string[]
}

export async function inspect(
  engine: Engine,
  sources: Sources,
  options: MappingOptions,
): Promise<Inspection> {
  const scan = scanOptions(options)
  const { mapping, groups } = await withAllowances(
    async (allowances) => {
      const described = await describeSources(engine, sources.files, { ...scan, allowances })
      return mapSources(engine, described, options)
    },
    { ...NO_ALLOWANCES, deepSample: true },
  )
  return {
    schema: 'sessionize/inspect/v1',
    preset: mapping.preset,
    about: mapping.about,
    timeFormat: formatName(mapping.timeFormat),
    choices: mapping.choices,
    doubts: mapping.doubts,
    groups: groups.map((group) => ({
      format: group.format,
      compression: group.files[0]?.compression ?? 'none',
      files: group.files.map(({ label, bytes }) => ({ label, bytes })),
      columns: group.columns,
      fields: fieldNames(group),
    })),
    skipped: sources.skipped.map(({ label, why }) => ({ label, why })),
  }
}
