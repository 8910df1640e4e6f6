/** The public declarations, read from the sources that `src/index.ts` exports. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Comment, parseSync } from 'oxc-parser'

export type Kind = 'function' | 'type' | 'class' | 'value'

export interface Declaration {
  /** As users import it. */
  readonly name: string
  readonly kind: Kind
  /** The docstring as lines of text, without its stars. */
  readonly doc: string
  /** TypeScript without bodies. */
  readonly code: string
  /** Names of types that it mentions. */
  readonly mentions: readonly string[]
  readonly file: string
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value

const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : [])
const child = (node: Node | undefined, key: string): Node | undefined => {
  const value = node?.[key]
  return isNode(value) ? value : undefined
}
const nameOf = (node: Node | undefined): string => {
  const name = node?.['name'] ?? node?.['value']
  return typeof name === 'string' ? name : ''
}

interface Source {
  readonly file: string
  readonly text: string
  readonly body: readonly Node[]
  readonly comments: readonly Comment[]
}

function parse(file: string): Source {
  const text = readFileSync(file, 'utf8')
  const { program, comments, errors } = parseSync(file, text, { lang: 'ts' })
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const { body }: { body: unknown } = program
  return { file, text, body: nodes(body), comments }
}

/** Everything that a file exports, in the order of its export list. */
export function declarationsOf(entry: string): Declaration[] {
  const index = parse(entry)
  const sources = new Map<string, Source>()
  const sourceOf = (specifier: string): Source => {
    const file = join(dirname(entry), specifier.replace(/\.js$/, '.ts'))
    const source = sources.get(file) ?? parse(file)
    sources.set(file, source)
    return source
  }
  const imported = new Map<string, string>()
  for (const node of index.body) {
    if (node.type !== 'ImportDeclaration') continue
    for (const specifier of nodes(node['specifiers']))
      imported.set(nameOf(child(specifier, 'local')), nameOf(child(node, 'source')))
  }
  return index.body.flatMap((node): Declaration[] => {
    if (node.type !== 'ExportNamedDeclaration') return []
    const own = child(node, 'declaration')
    if (own !== undefined) return [describe(index, node, namesIn(own)[0] ?? '')]
    const from = nameOf(child(node, 'source'))
    return nodes(node['specifiers']).map((specifier) => {
      const local = nameOf(child(specifier, 'local'))
      const source = sourceOf(from === '' ? (imported.get(local) ?? '') : from)
      return find(source, local, nameOf(child(specifier, 'exported')))
    })
  })
}

const namesIn = (declaration: Node): string[] =>
  declaration.type === 'VariableDeclaration'
    ? nodes(declaration['declarations']).map((one) => nameOf(child(one, 'id')))
    : [nameOf(child(declaration, 'id'))]

function find(source: Source, local: string, name: string): Declaration {
  const exported = source.body.find((node) => {
    const declaration = child(node, 'declaration')
    return (
      node.type === 'ExportNamedDeclaration' &&
      declaration !== undefined &&
      namesIn(declaration).includes(local)
    )
  })
  if (exported === undefined) throw new Error(`${source.file} does not export ${local} itself`)
  return describe(source, exported, name)
}

function describe(source: Source, exported: Node, name: string): Declaration {
  const declaration = child(exported, 'declaration') ?? exported
  const { kind, code } = codeOf(source, declaration)
  const doc = docBefore(source, exported.start)
  const own = namesIn(declaration)[0] ?? name
  return {
    name,
    kind,
    doc,
    code: own === name ? code : code.replace(new RegExp(`\\b${own}\\b`), name),
    mentions: [...mentionsIn(declaration, kind, (member) => isInternal(source, member))],
    file: source.file,
  }
}

const slice = ({ text }: Source, start: number, end: number): string =>
  text.slice(start, end).trimEnd()

function codeOf(source: Source, declaration: Node): { kind: Kind; code: string } {
  switch (declaration.type) {
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return { kind: 'type', code: slice(source, declaration.start, declaration.end) }
    case 'FunctionDeclaration': {
      const body = child(declaration, 'body')
      const code = slice(source, declaration.start, body?.start ?? declaration.end)
      return { kind: 'function', code: code.replace(/^async /, '') }
    }
    case 'ClassDeclaration':
      return { kind: 'class', code: classCode(source, declaration) }
    default: {
      const [one] = nodes(declaration['declarations'])
      const init = child(one, 'init')
      const name = child(one, 'id')
      if (init?.type === 'ArrowFunctionExpression') {
        const body = child(init, 'body')
        const signature = slice(source, init.start, body?.start ?? init.end).replace(/\s*=>$/, '')
        return { kind: 'function', code: `function ${nameOf(name)}${signature}` }
      }
      const type = child(name, 'typeAnnotation')
      const end = type === undefined ? (one?.end ?? declaration.end) : type.end
      return { kind: 'value', code: slice(source, declaration.start, end) }
    }
  }
}

/** Public members, each with its docstring. */
function classCode(source: Source, declaration: Node): string {
  const body = child(declaration, 'body')
  const members = nodes(body?.['body']).flatMap((member) => {
    if (member['accessibility'] === 'private') return []
    const value = child(member, 'value')
    const isMethod = member.type === 'MethodDefinition'
    const end = isMethod ? (child(value, 'body')?.start ?? member.end) : member.end
    const comment = commentBefore(source, member.start)
    const before = comment === undefined ? '' : `  ${slice(source, comment.start, comment.end)}\n`
    const code = slice(source, member.start, end)
    return isInternal(source, member) ? [] : [`${before}  ${code}`]
  })
  return `${slice(source, declaration.start, body?.start ?? declaration.end)} {\n${members.join('\n')}\n}`
}

/** For the program's own use: what only people that read the source are told of. */
const isInternal = (source: Source, member: Node): boolean => {
  const comment = commentBefore(source, member.start)
  return comment?.value.includes('@internal') === true
}

/** The docstring that ends where a declaration begins. */
function commentBefore({ text, comments }: Source, start: number): Comment | undefined {
  const comment = comments.findLast(({ end }) => end <= start)
  if (comment === undefined || comment.type !== 'Block' || !comment.value.startsWith('*'))
    return undefined
  return text.slice(comment.end, start).trim() === '' ? comment : undefined
}

const docBefore = (source: Source, start: number): string =>
  (commentBefore(source, start)?.value ?? '')
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim()

/** Of a function or class only what its signatures say. */
function mentionsIn(
  declaration: Node,
  kind: Kind,
  isHidden: (member: Node) => boolean,
): Set<string> {
  const found = new Set<string>()
  const own = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item)
      return
    }
    if (!isNode(value)) return
    if (value['accessibility'] === 'private') return
    if (value.type === 'MethodDefinition' && isHidden(value)) return
    if (value.type === 'TSTypeParameter') own.add(nameOf(child(value, 'name')))
    if (value.type === 'TSMappedType') own.add(nameOf(child(value, 'key')))
    if (value.type === 'TSTypeReference') found.add(nameOf(child(value, 'typeName')))
    if (value.type === 'TSInterfaceHeritage') found.add(nameOf(child(value, 'expression')))
    if (value.type === 'BlockStatement') return
    for (const [key, inner] of Object.entries(value)) {
      if (kind !== 'type' && (key === 'body' || key === 'init') && value.type !== 'ClassBody') {
        if (key === 'init' && isNode(inner) && inner.type === 'ArrowFunctionExpression') {
          visit(inner['params'])
          visit(inner['returnType'])
        } else if (value.type === 'ClassDeclaration') visit(inner)
        continue
      }
      visit(inner)
    }
  }
  visit(declaration)
  for (const name of own) found.delete(name)
  found.delete('')
  return found
}
