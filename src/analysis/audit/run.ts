/** The audit's answer, computed in the engine. */
import type { Engine } from '../../engines/duckdb.js'
import { SessionizeError } from '../../errors/errors.js'
import { option } from '../../errors/option.js'
import { formatName } from '../../events/clock.js'
import { count, countDistinct, select } from '../../figures/figure.js'
import type { Events } from '../../sessions/dataset.js'
import type { SessionDefinition } from '../../sessions/definition.js'
import type { BlockPlan } from '../../sessions/plan.js'
import { type Sql, sql } from '../../sql/sql.js'
import { findBackground } from '../background/find.js'
import { spanContext } from '../context.js'
import type { Warning } from '../summary.js'
import { measureAgreement } from './agreement.js'
import type { Audit, RecordedAudit } from './audit.js'
import { findCauses, measureBoundaries, tryTimeouts } from './boundaries.js'
import { labelEvents, rebuildSessions } from './labelled-events.js'
import { compareLengths } from './lengths.js'
import { checkReportedLength, type ReportedLengthOption } from './reported-length.js'
import { checkIds } from './session-ids.js'

/** The preset's dimensions by which lengths are told apart, where the data has them. */
export const AUDIT_DIMENSIONS = ['platform', 'version', 'library'] as const

export interface AuditOptions {
  readonly definition: SessionDefinition
  /** Only background activity, for data without recorded ids. */
  readonly backgroundOnly?: boolean
  readonly reportedLength?: ReportedLengthOption
  readonly plan?: BlockPlan
}

/**
 * @throws SessionizeError `usage` when the definition is not one to rebuild by, or the events have no
 * recorded ids.
 */
export async function audit(engine: Engine, events: Events, options: AuditOptions): Promise<Audit> {
  const { definition, backgroundOnly = false } = options
  if (definition.recorded === true) {
    throw new SessionizeError(
      'usage',
      `${option('byRecorded')} gives nothing to compare the ids with.`,
      {
        hint: `Say how sessions are rebuilt: ${option('gap')} 30m, or ${option('definition')} amplitude-mobile.`,
      },
    )
  }
  const { recorded, inRebuilt } = backgroundOnly
    ? {
        recorded: null,
        inRebuilt: await rebuildSessions(engine, events, { ...options, dimensions: [] }),
      }
    : await auditRecorded(engine, events, options)
  const { mapping, ledger } = events
  return {
    schema: 'sessionize/audit/v1',
    definition,
    mapping: {
      preset: mapping.preset,
      user: mapping.user.join(','),
      time: `${mapping.time} (${formatName(mapping.timeFormat)})`,
      event: mapping.event,
      recordedSession: mapping.session,
    },
    ...spanContext(events),
    recorded,
    background: await findBackground(engine, events, options, inRebuilt),
    ledger,
    warnings: warnings(events),
  }
}

async function auditRecorded(
  engine: Engine,
  events: Events,
  options: AuditOptions,
): Promise<{ recorded: RecordedAudit; inRebuilt: Sql }> {
  if (events.mapping.session === null) {
    throw new SessionizeError('usage', 'The events have no recorded session id to audit.', {
      hint: `Name its column with ${option('session')}, or look for background activity alone: ${option('background')}.`,
    })
  }
  const { definition, reportedLength } = options
  const present = events.dimensions.map(({ name }) => name)
  const dimensions = AUDIT_DIMENSIONS.filter((name) => present.includes(name))
  const inRebuilt = await labelEvents(engine, events, { ...options, dimensions })
  const { users, ...counts } = await select(engine, sql`labelled`, {
    compared: count(sql`NOT passive`),
    passive: count(sql`passive`),
    users: countDistinct(sql`uid`),
  })
  const agreement = await measureAgreement(engine)
  const boundaries = await measureBoundaries(engine)
  const recorded = {
    events: counts,
    users,
    agreement,
    boundaries,
    causes: await findCauses(engine, definition),
    timeouts: await tryTimeouts(engine),
    lengths: await compareLengths(engine, dimensions),
    ids: await checkIds(engine, events),
    reportedLength:
      reportedLength === undefined
        ? null
        : await checkReportedLength(engine, events, reportedLength, inRebuilt),
  }
  return { recorded, inRebuilt }
}

function warnings({ mapping, ledger }: Events): Warning[] {
  const warnings: Warning[] = mapping.doubts.map((message) => ({ id: 'mapping_doubt', message }))
  if (ledger.kept === 0) {
    warnings.push({
      id: 'nothing_to_compare',
      message: 'No event has a recorded session.',
      hint: `Check ${option('session')}, or look for background activity alone: ${option('background')}.`,
    })
  }
  return warnings
}
