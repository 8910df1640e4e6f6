import type { AnswerContext } from '../analysis/context.js'
import { describeDefinition } from './definition.js'
import type { Block } from './document.js'
import { formatCount, formatNumberOf } from './quantities.js'
import { describeSpan } from './summary/wording.js'

/** What an answer rests on: the data, the definition, and the rows that were left out. */
export const contextBlock = (
  { definition, firstEvent, lastEvent, ledger }: AnswerContext,
  more: readonly { readonly label: string; readonly text: string }[] = [],
): Block => ({
  kind: 'fields',
  fields: [
    { label: 'data', text: describeSpan(firstEvent, lastEvent) },
    {
      label: 'rows',
      text:
        ledger.kept === ledger.read
          ? `${formatNumberOf(ledger.read, 'row')}, all of them in a session`
          : `${formatCount(ledger.kept)} of ${formatNumberOf(ledger.read, 'row')} in a session`,
    },
    { label: 'session', text: describeDefinition(definition) },
    ...more,
  ],
})
