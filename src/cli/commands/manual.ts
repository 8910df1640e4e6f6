import { PassThrough, Writable } from 'node:stream'
import { Argument, Command } from 'commander'
import type { Context, Program } from '../context.js'
import { printText } from '../output.js'

const WIDTH = 100

/** Hidden: writes what docs/ and the man page are made of. */
export function manualCommand({ terminal, program }: Context): Command {
  return new Command('__manual')
    .addArgument(new Argument('<form>').choices(['man', 'markdown']))
    .action(async (form: 'man' | 'markdown', _flags: unknown, command: Command) => {
      const root = command.parent
      if (root === null || program === undefined) return
      const { cliReference, manualPage, visiblePaths } = await import('../manual.js')
      if (form === 'man') {
        return printText(manualPage(root, root.version() ?? ''), undefined, terminal)
      }
      const pages = [{ name: 'sessionize', help: await helpOf(program, []) }]
      for (const words of visiblePaths(root)) {
        pages.push({ name: ['sessionize', ...words].join(' '), help: await helpOf(program, words) })
      }
      return printText(cliReference(pages), undefined, terminal)
    })
}

/** Exactly what the program prints. */
async function helpOf(program: Program, words: readonly string[]): Promise<string> {
  const printed: string[] = []
  const stdout = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        printed.push(String(chunk))
        done()
      },
    }),
    { columns: WIDTH },
  )
  await program([...words, '--help'], {
    stdin: new PassThrough().end(),
    stdout,
    stderr: new PassThrough().resume(),
    env: {},
  })
  return printed.join('')
}
