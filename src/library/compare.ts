import { type CompareAnswer, compareSessions, exportBaseline } from '../analysis/compare/compare.js'
import { segmentProperties } from '../analysis/segment-key.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { withDataset } from '../events/dataset.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { type Asked, ask, type Inputs, read } from './ask.js'
import { segmentsOf } from './segments.js'

/** Options of `compare`; files of `baseline` are read with the same options. */
export type CompareOptions = Asked<'compare'>

/**
 * Segments, or two sets of files, against each other: `sessionize compare`.
 *
 * @throws SessionizeError `usage` without segments and without a baseline, or for a reference that is
 * no group
 */
export async function compare(inputs: Inputs, options: CompareOptions): Promise<CompareAnswer> {
  const asked = read('compare', options)
  const segments = segmentsOf(asked)
  const { baseline, bounces, long, reference, top, quantiles, replicates, seed } = asked.options
  if (baseline !== undefined && asked.options.rejects !== undefined) {
    throw new SessionizeError(
      'usage',
      `${option('rejects')} takes the rows of one set of files, not of two.`,
      { hint: 'Write those of each: sessionize FILE --rejects rejects.csv' },
    )
  }
  const question = {
    ...segments,
    ...omitUndefined({
      reference,
      top,
      quantiles,
      longMicros: long,
      withBounces: bounces,
      replicates,
      seed,
    }),
  }
  const properties = segmentProperties(segments.by)
  return ask(
    inputs,
    asked,
    { properties, columns: { dimensions: properties } },
    async (dataset, reading) => {
      const { engine, events, workspace } = dataset
      const exported =
        baseline === undefined
          ? undefined
          : await withDataset(baseline, reading, (other) =>
              exportBaseline(other.engine, other.events, question, workspace.path('.parquet')),
            )
      return compareSessions(engine, events, question, exported)
    },
  )
}
