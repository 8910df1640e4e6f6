import { formatOf } from '../generate/destination.js'
import { type GenerateResult, generate as generateEvents } from '../generate/generate.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { SURROUNDINGS, type Surroundings } from './ask.js'
import type { Options } from './option-table.js'
import { readOptions } from './options.js'

export type GenerateOptions = Options<'generate'> & Pick<Surroundings, 'signal'>

/** Synthetic events whose sessions are known: `sessionize generate`. */
export function generate(
  path: string,
  { signal, ...options }: GenerateOptions,
  format?: string,
): Promise<GenerateResult> {
  const read = readOptions('generate', options, SURROUNDINGS)
  return generateEvents(
    omitUndefined({
      format: format === undefined ? undefined : formatOf(format),
      events: read.events,
      users: read.users,
      seed: read.seed,
      start: read.start,
      days: read.days,
      shape: read.shape,
      eventsPerVisit: read.eventsPerVisit,
      duplicateShare: read.duplicates,
      lateShare: read.late,
      heartbeatShare: read.heartbeats,
      outOfSessionShare: read.outOfSession,
    }),
    {
      path,
      ...omitUndefined({
        signal,
        truthPath: read.truth,
        threads: read.threads,
        memory: read.memory,
        tempDirectory: read.tempDir,
      }),
    },
  )
}
