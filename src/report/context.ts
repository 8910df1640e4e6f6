import type { AnswerContext } from '../analysis/context.js'
import { describeDefinition } from './definition.js'
import { type Fields, fields, type Text } from './document.js'
import { formatCount, formatNumberOf } from './quantities.js'
import { describeFar, describeSpan } from './summary/wording.js'

/** What an answer rests on: the data, the definition, and the rows that were left out. */
export const contextBlock = (
  { definition, firstEvent, lastEvent, farEvents, ledger }: AnswerContext,
  more: readonly (readonly [label: string, text: Text | null])[] = [],
): Fields =>
  fields(
    [
      ['data', describeSpan(firstEvent, lastEvent)],
      ['far', describeFar(farEvents)],
      [
        'rows',
        ledger.kept === ledger.read
          ? `${formatNumberOf(ledger.read, 'row')}, all of them in a session`
          : `${formatCount(ledger.kept)} of ${formatNumberOf(ledger.read, 'row')} in a session`,
      ],
      ['session', describeDefinition(definition)],
      ...more,
    ],
    { context: true },
  )
