import type { Audit } from '../analysis/audit/audit.js'
import { parseReportedLength } from '../analysis/audit/reported-length.js'
import { AUDIT_DIMENSIONS, audit as auditEvents } from '../analysis/audit/run.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { type Asked, ask, type Inputs, read } from './ask.js'
import { buildOf } from './segments.js'

/** Options of `audit`. */
export type AuditOptions = Asked<'audit'>

/**
 * Recorded session ids against rebuilt sessions, and events that keep sessions alive while nobody is
 * there: `sessionize audit`.
 *
 * @throws SessionizeError `usage` when there are no recorded ids, and not only background was asked for
 */
export async function audit(inputs: Inputs, options: AuditOptions = {}): Promise<Audit> {
  const asked = read('audit', options)
  const { background: backgroundOnly = false, reportedLength: said } = asked.options
  const reportedLength = said === undefined ? undefined : parseReportedLength(said)
  const question = {
    properties: reportedLength === undefined ? [] : [reportedLength.property],
    dataset: {
      ...(backgroundOnly ? {} : { recordedOnly: true }),
      optionalDimensions: AUDIT_DIMENSIONS,
    },
  }
  return ask(inputs, asked, question, ({ engine, events }) =>
    auditEvents(engine, events, {
      ...buildOf(asked),
      backgroundOnly,
      ...omitUndefined({ reportedLength }),
    }),
  )
}
