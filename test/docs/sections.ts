/**
 * Parts of the documents that are written from the code: `<!-- rules -->` to `<!-- /rules -->` in
 * `docs/checks.md` is what `rules` makes of the rules.
 */
import { PassThrough } from 'node:stream'
import type { Option } from 'commander'
import { RULES } from '../../src/checks/registry.js'
import { COMMANDS } from '../../src/cli/commands/index.js'
import { CONFIG_SECTIONS } from '../../src/cli/config/config.js'
import { SECTIONS as CONFIG_KEYS } from '../../src/cli/config/schema.js'
import { EXIT_CODES } from '../../src/cli/manual.js'
import { PRESETS } from '../../src/events/presets/index.js'
import { describeValue } from '../../src/report/check/wording.js'
import { COLUMNS } from '../../src/sessions/compile.js'
import { presetOverview, renderPresets } from './presets.js'

const SECTIONS: Readonly<Record<string, () => string>> = {
  rules,
  keys,
  exits,
  columns,
  presets: () => renderPresets(PRESETS),
  'preset-overview': () => presetOverview(PRESETS),
}

const MARKED = /<!-- ([a-z-]+) -->\n[\s\S]*?<!-- \/\1 -->/g

export const withSections = (text: string): string =>
  text.replaceAll(MARKED, (_, name: string) => {
    const section = SECTIONS[name]
    if (section === undefined) throw new Error(`Nothing writes the section \`${name}\`.`)
    return `<!-- ${name} -->\n${section()}<!-- /${name} -->`
  })

/** @param columns with `--:` for a column of numbers */
function table(columns: readonly (readonly [string, string])[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return [
    line(columns.map(([name]) => name)),
    `|${columns.map(([, align]) => align).join('|')}|\n`,
    ...rows.map(line),
  ].join('')
}

const code = (name: string): string => `\`${name}\``

function rules(): string {
  return table(
    [
      ['rule', '---'],
      ['finds', '---'],
      ['warn above', '--:'],
      ['fail above', '--:'],
      ['what to do', '---'],
    ],
    RULES.map(({ id, meaning, unit, warn, error, hint }) => {
      const shown = (value: number | null): string =>
        value === null ? 'never' : describeValue({ unit, value, found: null, of: null })
      return [code(id), meaning, shown(warn), shown(error), hint]
    }),
  )
}

function exits(): string {
  return table(
    [
      ['exit code', '---'],
      ['', '---'],
    ],
    EXIT_CODES.map(([exit, meaning]) => [String(exit), meaning]),
  )
}

function columns(): string {
  return table(
    [
      ['column', '---'],
      ['', '---'],
    ],
    COLUMNS.map(({ name, about }) => [code(name), about]),
  )
}

interface Schema {
  readonly type: string
  readonly options?: readonly unknown[]
  readonly literal?: unknown
}

/** A schema's kind of value in words; text that looks like a size or a time is text as well. */
function kindOf(schema: Schema): string {
  switch (schema.type) {
    case 'string':
      return 'text'
    case 'boolean':
      return 'true or false'
    case 'number':
      return 'whole number'
    case 'array':
      return 'list'
    case 'literal':
      return code(String(schema.literal))
    case 'picklist':
      return (schema.options ?? []).map((option) => code(String(option))).join(' or ')
    case 'union':
      return (schema.options ?? []).map((option) => kindOf(option as Schema)).join(' or ')
    default:
      throw new Error(`config.md has no words for a schema of type ${schema.type}`)
  }
}

function keys(): string {
  const options = optionsByName()
  const schemas: Readonly<Record<string, Schema>> = Object.assign({}, ...Object.values(CONFIG_KEYS))
  return Object.entries(CONFIG_SECTIONS)
    .map(([section, names]) => {
      const rows = names.map((name) => {
        const schema = schemas[name]
        const option = options.get(name) ?? options.get(`no-${name}`)
        if (schema === undefined || option === undefined) throw new Error(`no flag --${name}`)
        return [
          code(name),
          kindOf(schema),
          option.negate ? `with \`false\`: ${option.description}` : option.description,
        ]
      })
      const columns = [
        [section, '---'],
        ['value', '---'],
        ['as the flag', '---'],
      ] as const
      return `${table(columns, rows)}\n`
    })
    .join('')
    .replace(/\n$/, '')
}

/** Every option of every command, by its long name; of several, that of the first command. */
function optionsByName(): Map<string, Option> {
  const found = new Map<string, Option>()
  const stream = new PassThrough()
  const context = {
    terminal: { stdin: stream, stdout: stream, stderr: stream, env: {} },
    signal: new AbortController().signal,
  }
  for (const command of COMMANDS.map((make) => make(context))) {
    for (const option of command.options) {
      const name = option.long?.slice(2)
      if (name !== undefined && !found.has(name)) found.set(name, option)
    }
  }
  return found
}
