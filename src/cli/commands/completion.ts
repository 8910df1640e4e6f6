import { Argument, Command } from 'commander'
import { type Candidate, SHELLS, type Wanted, wanted } from '../completion.js'
import type { Context } from '../context.js'
import { printText } from '../output.js'

const EXAMPLES = `Examples:
  source <(sessionize completions bash)           in ~/.bashrc
  source <(sessionize completions zsh)            in ~/.zshrc
  sessionize completions fish > ~/.config/fish/completions/sessionize.fish
`

export function completionsCommand({ terminal }: Context): Command {
  return new Command('completions')
    .description('print a script that completes commands, flags, columns and events')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('before', EXAMPLES)
    .action(async (shell: (typeof SHELLS)[number]) => {
      const { COMPLETION_SCRIPTS } = await import('../completion-scripts.js')
      await printText(COMPLETION_SCRIPTS[shell], undefined, terminal)
    })
}

/** Asked by the scripts; it never fails, because nobody would see why. */
export function completeCommand({ terminal }: Context): Command {
  return new Command('__complete')
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[], _flags: unknown, command: Command) => {
      const root = command.parent
      if (root === null) return
      const { candidates, files } = await candidatesFor(
        wanted(root, words, await vocabulary()),
      ).catch(() => ({ candidates: [], files: true }))
      const lines = candidates
        .filter(({ word }) => word.length <= LONGEST_WORD && !UNTYPABLE.test(word))
        .map(({ word, about }) => `${word}\t${about.replaceAll(/\s+/g, ' ').slice(0, 80)}`)
      const all = [...lines, ...(files ? [':files'] : [])]
      if (all.length > 0) await printText(all.join('\n'), undefined, terminal)
    })
}

/** Nobody types more. */
const LONGEST_WORD = 200

/** A name that no line can hold, or that would do something to the terminal. */
const UNTYPABLE = /\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}|\p{Cs}/u

async function vocabulary() {
  const { RULES } = await import('../../checks/registry.js')
  const { PRESETS } = await import('../../events/presets/index.js')
  const { NAMED_DEFINITIONS } = await import('../../sessions/definitions.js')
  return {
    rules: RULES.map(({ id, meaning }) => ({ word: id, about: meaning })),
    presets: PRESETS.map(({ name, about }) => ({ word: name, about })),
    definitions: NAMED_DEFINITIONS.map(({ name, source }) => ({ word: name, about: source })),
  }
}

async function candidatesFor(
  asked: Wanted,
): Promise<{ candidates: readonly Candidate[]; files: boolean }> {
  if (asked.kind === 'words') return { candidates: asked.words, files: false }
  if (asked.kind === 'files') return { candidates: asked.words, files: true }
  const data = await import('../completion-data.js')
  const files = data.quickFiles(asked.files)
  if (files.length === 0) return { candidates: [], files: false }
  const found =
    asked.kind === 'columns'
      ? await data.columnsOf(files)
      : asked.kind === 'events'
        ? await data.eventNamesOf(files)
        : await data.valuesOf(files, asked.column ?? '')
  const end = asked.kind === 'values' ? ':' : ''
  return {
    candidates: found.map(({ word, about }) => ({ word: `${asked.prefix}${word}${end}`, about })),
    files: false,
  }
}
