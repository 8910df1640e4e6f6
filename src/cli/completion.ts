/** What can come next on a half-typed command line. */
import type { Command, Option } from 'commander'
import { SPECS } from '../library/option-table.js'
import { pathOf } from './written.js'

/** Where the candidates for a word come from. */
export type Wanted =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  | { readonly kind: 'files'; readonly words: readonly Candidate[] }
  /** Columns of the files that are named already; of a list, the part after the last comma. */
  | {
      readonly kind: 'columns' | 'events' | 'values'
      readonly files: readonly string[]
      readonly prefix: string
      /** Of `values`. */
      readonly column?: string
    }

export interface Candidate {
  readonly word: string
  readonly about: string
}

/** Names that the program knows, for flags that take one. */
export interface Vocabulary {
  readonly rules: readonly Candidate[]
  readonly presets: readonly Candidate[]
  readonly definitions: readonly Candidate[]
}

/**
 * @param words what follows `sessionize`; the last one is being typed, and may be empty
 */
export function wanted(root: Command, words: readonly string[], vocabulary: Vocabulary): Wanted {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const named = root.commands.find((command) => before.some((word) => word === command.name()))
  const part = named?.commands.find((command) => before.some((word) => word === command.name()))
  const command = part ?? named ?? root.commands[0]
  const options = visibleOptions([...(command?.options ?? []), ...root.options])
  const previous = before.at(-1) ?? ''
  const taking = options.find(
    (option) => (option.long === previous || option.short === previous) && takesValue(option),
  )
  const files = namedFiles(before, options, root)
  if (taking !== undefined) return flagValue(taking, current, files, vocabulary)
  const [flag = '', ...rest] = current.split('=')
  const inline = options.find((option) => option.long === flag && takesValue(option))
  if (rest.length > 0 && inline !== undefined) {
    return flagValue(inline, rest.join('='), files, vocabulary)
  }
  if (current.startsWith('-')) {
    return {
      kind: 'words',
      words: options.map(({ long, short, description }) => ({
        word: long ?? short ?? '',
        about: description,
      })),
    }
  }
  if (named?.name() === 'completions') return { kind: 'words', words: shells() }
  if (named !== undefined && part === undefined && named.commands.length > 0) {
    return { kind: 'words', words: namesOf(named) }
  }
  return { kind: 'files', words: before.length === 0 ? namesOf(root) : [] }
}

const namesOf = ({ commands }: Command): Candidate[] =>
  commands
    .filter((one) => !one.name().startsWith('__'))
    .map((one) => ({ word: one.name(), about: one.description() }))

export const SHELLS = ['bash', 'zsh', 'fish'] as const

const shells = (): Candidate[] => SHELLS.map((word) => ({ word, about: `for ${word}` }))

const takesValue = (option: Option): boolean => option.required || option.optional

const visibleOptions = (options: readonly Option[]): Option[] =>
  options.filter(({ hidden }) => !hidden)

/** Words that are no flag, no value of a flag, and no command. */
function namedFiles(words: readonly string[], options: readonly Option[], root: Command): string[] {
  return words.filter((word, at) => {
    const previous = words[at - 1] ?? ''
    const isValue = options.some(
      (option) => (option.long === previous || option.short === previous) && option.required,
    )
    const isCommand = root.commands.some((command) => command.name() === word)
    return !word.startsWith('-') && !isValue && !isCommand
  })
}

function flagValue(
  option: Option,
  current: string,
  files: readonly string[],
  vocabulary: Vocabulary,
): Wanted {
  const comma = current.lastIndexOf(',')
  const prefix = current.slice(0, comma + 1)
  const listed = (words: readonly Candidate[]): Wanted => ({
    kind: 'words',
    words: words.map(({ word, about }) => ({ word: prefix + word, about })),
  })
  if (option.argChoices !== undefined) {
    return {
      kind: 'words',
      words: option.argChoices.map((word) => ({ word, about: '' })),
    }
  }
  if (pathOf(option) !== undefined) return { kind: 'files', words: [] }
  switch (SPECS.get(option.attributeName())?.completes) {
    case 'column':
      return { kind: 'columns', files, prefix }
    case 'event':
      return { kind: 'events', files, prefix }
    case 'value': {
      const equals = current.indexOf('=')
      return equals < 0
        ? { kind: 'columns', files, prefix: '' }
        : {
            kind: 'values',
            files,
            prefix: current.slice(0, equals + 1),
            column: current.slice(0, equals),
          }
    }
    case 'rule':
      return listed(vocabulary.rules)
    case 'preset':
      return { kind: 'words', words: vocabulary.presets }
    case 'definition':
      return { kind: 'words', words: vocabulary.definitions }
    default:
      return { kind: 'words', words: [] }
  }
}
