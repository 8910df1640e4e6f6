/**
 * The commands that a document shows. A `console` block shows them with what they print; an `sh`
 * block only has to succeed. A block that cannot be run says so above itself, with the reason:
 * `<!-- not run: needs a cluster -->`.
 */
import type { World } from './world.js'

export interface Block {
  readonly kind: 'console' | 'sh'
  readonly body: string
  /** Why it is not run. */
  readonly reason: string | undefined
}

const BLOCK = /(?:<!-- not run: (.+?) -->\n)?```(console|sh)\n([\s\S]*?)```/g

export const blocksOf = (text: string): Block[] =>
  [...text.matchAll(BLOCK)].map(([, reason, kind, body = '']) => ({
    kind: kind === 'sh' ? 'sh' : 'console',
    body,
    reason,
  }))

/** Lines that begin with `$ `, with those that a backslash or an open quote joins to them. */
export function commandsOf(body: string): string[] {
  const commands: string[] = []
  let open = false
  for (const line of body.split('\n')) {
    if (open) commands.push(`${commands.pop()}\n${line}`)
    else if (line.startsWith('$ ')) commands.push(line.slice(2))
    else continue
    const command = commands.at(-1) ?? ''
    open = command.endsWith('\\') || command.split('"').length % 2 === 0
  }
  return commands
}

/**
 * The document as it should be: every command that can be run is run, in the order in which they
 * stand, and what it prints stands under it.
 *
 * @throws Error for a command that fails
 */
export async function withOutput(text: string, world: World): Promise<string> {
  const parts: string[] = []
  let at = 0
  for (const match of text.matchAll(BLOCK)) {
    const [whole, reason, kind, body = ''] = match
    if (reason !== undefined) continue
    const shown = kind === 'sh' ? await checked(body, world) : await printed(body, world)
    const start = match.index + whole.length - body.length - '```'.length
    parts.push(text.slice(at, start), shown)
    at = start + body.length
  }
  return [...parts, text.slice(at)].join('')
}

async function checked(script: string, world: World): Promise<string> {
  await succeed(`set -e\n${script}`, world)
  return script
}

async function printed(body: string, world: World): Promise<string> {
  const commands = commandsOf(body)
  if (commands.length === 0) throw new Error(`A console block without a command:\n${body}`)
  const shown: string[] = []
  for (const command of commands) {
    const output = (await succeed(command, world)).trimEnd()
    shown.push(`$ ${command}\n${output === '' ? '' : `${output}\n`}`)
  }
  return shown.join('')
}

async function succeed(script: string, world: World): Promise<string> {
  const { exit, stdout, stderr } = await world.run(script)
  if (exit !== 0) throw new Error(`exit ${exit} of: ${script}\n${stderr}`)
  return stdout
}
