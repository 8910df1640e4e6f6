/** Every command, in the order in which help lists them; the first is the default. */
import type { Command } from 'commander'
import type { Context } from '../context.js'
import { generateCommand } from './generate.js'
import { inspectCommand } from './inspect.js'
import { sessionsCommand } from './sessions.js'
import { sqlCommand } from './sql.js'
import { summaryCommand } from './summary.js'

export const COMMANDS: readonly ((context: Context) => Command)[] = [
  summaryCommand,
  sessionsCommand,
  inspectCommand,
  sqlCommand,
  generateCommand,
]
