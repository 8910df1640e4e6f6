/** `docs/api.md`, written from the declarations and their docstrings. */
import { readFileSync } from 'node:fs'
import { SPECS, type Values } from '../../src/library/option-table.js'
import type { Declaration, Kind } from './declarations.js'

const SECTIONS: readonly {
  readonly title: string
  readonly about: string
  readonly kinds: readonly Kind[]
}[] = [
  {
    title: 'Functions',
    about: 'Those that read inputs are also properties of `sessionize`: `sessionize.summary(...)`.',
    kinds: ['function'],
  },
  { title: 'Classes', about: '', kinds: ['class'] },
  { title: 'Values', about: '', kinds: ['value'] },
  {
    title: 'Types',
    about: 'Times are ISO 8601 in UTC, lengths are in the unit that the name ends in.',
    kinds: ['type'],
  },
]

export function apiReference(introduction: string, declarations: readonly Declaration[]): string {
  const sorted = declarations.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const of = (kinds: readonly Kind[]) => sorted.filter(({ kind }) => kinds.includes(kind))
  const lines = SECTIONS.flatMap(({ title, about, kinds }) => [
    `## ${title}`,
    '',
    ...(about === '' ? [] : [about, '']),
    of(kinds)
      .map(({ name }) => `[\`${name}\`](#${name.toLowerCase()})`)
      .join(' · '),
    '',
    ...of(kinds).flatMap(entry),
  ])
  return `${[
    '# Library',
    '',
    'The public TypeScript API. Generated from the sources by `npm run docs`; a test holds it against them.',
    '',
    introduction.replaceAll(/(?:^ {2}.*(?:\n|$)|^\n(?= {2}))+/gm, asBlock),
    '',
    ...optionTable(),
    ...lines,
  ]
    .join('\n')
    .trimEnd()}\n`
}

/** Every option of the functions, under the name that they take. */
function optionTable(): string[] {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = [...SPECS].flatMap(([name, { takes, choices, of, about, engines, hidden }]) => {
    const functions = of.filter((one) => FUNCTIONS.has(one))
    if (engines !== undefined || hidden === true || functions.length === 0) return []
    const taken =
      choices === undefined ? TAKEN[takes] : choices.map((one) => `\`'${one}'\``).join(', ')
    return [`| \`${name}\` | ${taken} | ${functions.join(', ')} | ${cell(about)} |`]
  })
  return [
    '## Options',
    '',
    'The same as those of the command line, by their names in camel case; `definition` may also be an object with rules.',
    'What is no option, or does not fit, is an error.',
    '',
    '| option | takes | of | is about |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ]
}

/** What an option takes, in words. */
const TAKEN: Readonly<Record<keyof Values, string>> = {
  text: 'text',
  names: 'list, or text with commas',
  gathered: 'text, or list',
  gatheredNames: 'list, or text with commas',
  files: 'text, or list',
  textOrTrue: '`true`, or text',
  switch: 'boolean',
  unless: 'boolean, `true` by default',
  whole: 'whole number from 1',
  number: 'number',
  count: 'number, or text such as `10k`',
  share: 'number, or text such as `1%`',
  shares: 'list of numbers from 0 to 1',
  duration: 'text such as `30m`, or milliseconds',
  delay: 'text such as `30m`, or milliseconds',
  durations: 'list of such texts or milliseconds',
  size: 'text such as `512MB`',
  definition: 'name, or rules',
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['summary', 'sessions', 'events', 'compare', 'trend', 'users', 'gap', 'query', 'audit'],
  ...['check', 'inspect', 'sql'],
])

/** What is indented is code. */
const asBlock = (text: string): string =>
  `\`\`\`ts\n${text.replaceAll(/^ {2}/gm, '').trim()}\n\`\`\`\n`

function entry(declaration: Declaration): string[] {
  const doc = prose(declaration.doc)
  return [
    `### ${declaration.name}`,
    '',
    ...(doc === '' ? [] : [doc, '']),
    '```ts',
    withValues(declaration),
    '```',
    '',
  ]
}

/** Tags of a docstring as a list. */
const prose = (doc: string): string =>
  doc
    .replaceAll(/^@throws (\S+)/gm, '- Throws `$1`')
    .replaceAll(/^@returns /gm, '- Returns ')
    .replaceAll(/^@param (\S+)/gm, '- `$1`:')
    .replaceAll(/([^\n-].*)\n- /g, '$1\n\n- ')

/** `keyof typeof NAMES` and `(typeof NAMES)[number]` say nothing to who does not see the list. */
function withValues({ code, file }: Declaration): string {
  const source = readFileSync(file, 'utf8')
  return code.replaceAll(/keyof typeof (\w+)|\(typeof (\w+)\)\[number\]/g, (all, keys, items) => {
    const name: string = keys ?? items
    const list = new RegExp(`const ${name} = ([[{][\\s\\S]*?\\n?[\\]}]) as const`).exec(source)?.[1]
    if (list === undefined) return all
    const values =
      items === undefined
        ? [...list.matchAll(/^ {2}(\w+):/gm)].map(([, key]) => `'${key}'`)
        : [...list.matchAll(/'[^']+'/g)].map(([value]) => value)
    return values.length <= 6 ? values.join(' | ') : `\n  | ${values.join('\n  | ')}`
  })
}
