import { check } from '../checks/check.js'
import type { ExtraRole } from '../checks/extras.js'
import type { CheckResult } from '../checks/result.js'
import { nowMicros } from '../checks/scene.js'
import { survey } from '../checks/scene-of.js'
import { withSources } from '../events/dataset.js'
import { inspect } from '../events/inspect.js'
import type { Choice } from '../events/mapping.js'
import { type Asked, type Inputs, inputList, type Read, read, readingOf } from './ask.js'

export type InitOptions = Omit<Asked<'init'>, 'force'>

/** What was seen; nothing without inputs. */
export interface Seen {
  readonly preset: string
  readonly choices: readonly Choice[]
  readonly extras: Readonly<Partial<Record<ExtraRole, string>>>
  readonly checks: readonly CheckResult[]
}

/** What a config file for the inputs can be written from: `sessionize init`. */
export async function seenIn(
  inputs: Inputs,
  options: InitOptions,
): Promise<{ readonly gapMicros: number; readonly seen: Seen | undefined }> {
  const asked = read('init', options)
  const seen = inputs.length === 0 ? undefined : await look(inputs, asked)
  return { gapMicros: asked.definition.gapMicros, seen }
}

async function look(
  inputs: Inputs,
  { options, definition, surroundings }: Read<'init'>,
): Promise<Seen> {
  const reading = readingOf(options, definition, surroundings, {})
  return withSources(inputList(inputs), reading, async (opened) => {
    const { preset, choices } = await inspect(opened.engine, opened.sources, reading)
    const { extras } = await survey(opened.engine, opened.sources, reading)
    const { report } = await check(opened, reading, {
      definition,
      by: [],
      nowMicros: nowMicros(new Date()),
      checks: {},
    })
    return { preset, choices, extras, checks: report.checks }
  })
}
