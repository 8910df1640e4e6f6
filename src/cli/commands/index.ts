/** Every command, in the order in which help lists them; the first is the default. */
import type { Command } from 'commander'
import type { Context } from '../context.js'
import { checkCommand } from './check.js'
import { compareCommand } from './compare.js'
import { gapCommand } from './gap.js'
import { generateCommand } from './generate.js'
import { inspectCommand } from './inspect.js'
import { queryCommand } from './query.js'
import { sessionsCommand } from './sessions.js'
import { sqlCommand } from './sql.js'
import { summaryCommand } from './summary.js'
import { trendCommand } from './trend.js'
import { usersCommand } from './users.js'

export const COMMANDS: readonly ((context: Context) => Command)[] = [
  summaryCommand,
  sessionsCommand,
  compareCommand,
  trendCommand,
  usersCommand,
  gapCommand,
  queryCommand,
  checkCommand,
  inspectCommand,
  sqlCommand,
  generateCommand,
]
