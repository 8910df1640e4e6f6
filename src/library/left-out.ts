/** What was left out of an answer that has no place to say so. */

import { type LeftOut, leftOut } from '../analysis/left-out.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import type { Ledger } from '../events/ledger.js'
import { adviceOn } from '../events/left-out.js'
import { describeLeftOut } from '../report/left-out.js'
import { settleLedger } from '../sessions/build.js'
import type { Dataset } from '../sessions/dataset.js'
import type { SessionRequest } from '../sessions/request.js'

/** Told where rows, files, far events or doubts are worth a word; waited for. */
export type OnLeftOut = (leftOut: LeftOut) => unknown

/**
 * @param settled the ledger once sessions were made, or the request they are made by
 * @throws SessionizeError `no_events` when no row is left, unless only conditions and rules took them
 */
export async function tellLeftOut(
  { onLeftOut }: { readonly onLeftOut?: OnLeftOut },
  { engine, events }: Dataset,
  settled: { readonly ledger: Ledger } | { readonly request: SessionRequest },
): Promise<void> {
  const ledger =
    'ledger' in settled ? settled.ledger : await settleLedger(engine, events, settled.request)
  if (onLeftOut === undefined && ledger.kept > 0) return
  const told = await leftOut(events, ledger)
  if (told === undefined) return
  if (ledger.kept === 0 && ledger.filtered + ledger.ignored < ledger.read) {
    throw noneLeft(told, events)
  }
  await onLeftOut?.(told)
}

function noneLeft(told: LeftOut, { mapping }: Dataset['events']): SessionizeError {
  const { ledger } = told
  const chosen = ledger.filtered * 2 >= ledger.read
  return new SessionizeError(
    'no_events',
    ['No row is left to make a session of.', ...describeLeftOut(told), ...told.doubts].join('\n'),
    {
      hint: chosen
        ? `Look at ${option('where')}, ${option('from')} and ${option('to')}, or see the figures: sessionize summary FILE`
        : adviceOn(ledger, mapping),
    },
  )
}
