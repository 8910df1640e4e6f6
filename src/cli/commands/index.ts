/** Every command, in the order in which help lists them; the first is the default. */
import type { Command } from 'commander'
import type { Context } from '../context.js'
import { auditCommand } from './audit.js'
import { checkCommand } from './check.js'
import { compareCommand } from './compare.js'
import { completeCommand, completionsCommand } from './completion.js'
import { eventsCommand } from './events.js'
import { followCommand } from './follow.js'

import { gapCommand } from './gap.js'
import { generateCommand } from './generate.js'
import { initCommand } from './init.js'
import { inspectCommand } from './inspect.js'
import { manualCommand } from './manual.js'
import { pullCommand } from './pull.js'
import { queryCommand } from './query.js'
import { reportCommand } from './report.js'
import { sessionsCommand } from './sessions.js'
import { sqlCommand } from './sql.js'
import { stateCommand } from './state.js'
import { summaryCommand } from './summary.js'
import { trendCommand } from './trend.js'
import { usersCommand } from './users.js'

export const COMMANDS: readonly ((context: Context) => Command)[] = [
  summaryCommand,
  sessionsCommand,
  eventsCommand,
  compareCommand,
  trendCommand,
  usersCommand,
  gapCommand,
  queryCommand,
  auditCommand,
  checkCommand,
  reportCommand,
  inspectCommand,
  sqlCommand,
  stateCommand,
  followCommand,
  pullCommand,
  generateCommand,
  initCommand,
  completionsCommand,
]

/** Asked by scripts, not by people; help does not list them. */
export const HIDDEN_COMMANDS: readonly ((context: Context) => Command)[] = [
  completeCommand,
  manualCommand,
]
