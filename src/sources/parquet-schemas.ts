/**
 * Parquet files that one reader can unite: columns may come and go between files, but a column
 * that is a number in one and a text in another makes the engine fail or guess.
 */
import type { Engine } from '../engines/duckdb.js'
import { literalPaths } from '../engines/files.js'
import { sql } from '../sql/sql.js'
import { differInCase } from '../units/text-order.js'
import type { NumberedFile } from './group.js'
import { columnNames } from './parquet-footer.js'

interface SchemaElement {
  readonly file_name: string
  readonly name: string
  readonly type: string | null
  readonly logical_type: string | null
  readonly converted_type: string | null
  readonly num_children: bigint | null
}

/** Files that one reader can unite. */
export interface AlikeFiles {
  readonly files: readonly NumberedFile[]
  /** Their columns in order, where several files are known to have others than the engine says. */
  readonly names?: readonly string[]
}

/** Files in groups of agreeing types, in order. */
export async function groupBySchema(
  engine: Engine,
  files: readonly NumberedFile[],
): Promise<AlikeFiles[]> {
  if (files.length === 1) return [{ files }]
  const elements = await engine.rows<SchemaElement>(
    sql`SELECT file_name, name, type, logical_type, converted_type, num_children FROM parquet_schema(${literalPaths(files.map(({ path }) => path))})`,
  )
  const byFile = new Map<string, SchemaElement[]>()
  for (const element of elements) {
    const known = byFile.get(element.file_name)
    if (known === undefined) byFile.set(element.file_name, [element])
    else known.push(element)
  }
  const groups: { files: NumberedFile[]; types: Map<string, string>; names?: string[] }[] = []
  for (const file of files) {
    const schema = byFile.get(file.path) ?? []
    const types = leafTypes(schema)
    // The engine unites by its own names, so that such files are only alike when all of theirs are.
    const names = await renamed(file, schema)
    const group = groups.find(
      (candidate) => String(candidate.names) === String(names) && agree(candidate.types, types),
    )
    if (group === undefined) {
      groups.push({
        files: [file],
        types: new Map(types),
        ...(names === undefined ? {} : { names }),
      })
    } else {
      group.files.push(file)
      for (const [path, type] of types) group.types.set(path, type)
    }
  }
  return groups
}

/** Whether a name is one that the engine may have made of another: `user_1` beside `User`. */
export function mayBeRenamed(described: readonly { readonly name: string }[]): boolean {
  const known = new Set(described.map(({ name }) => name.toLowerCase()))
  return described.some(({ name }) => {
    const base = /^(.*)_\d+$/s.exec(name)?.[1]
    return base !== undefined && known.has(base.toLowerCase())
  })
}

/**
 * The names of all columns, where some differ in case only, so that the engine has numbered them.
 *
 * @param described what the engine calls them
 */
export async function renamed(
  file: NumberedFile,
  described: readonly { readonly name: string }[],
): Promise<string[] | undefined> {
  if (!mayBeRenamed(described) || file.remote === true) return undefined
  const names = (await columnNames(file.path)) ?? []
  return differInCase(names) ? names : undefined
}

const agree = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  [...b].every(([path, type]) => (a.get(path) ?? type) === type)

/** Types by path, from the depth-first list of a schema's elements; the first is the root. */
function leafTypes(elements: readonly SchemaElement[]): Map<string, string> {
  const types = new Map<string, string>()
  const open: { path: string; left: number }[] = []
  for (const [i, element] of elements.entries()) {
    while (open.at(-1)?.left === 0) open.pop()
    const parent = open.at(-1)
    const path = i === 0 ? '' : `${parent?.path ?? ''}/${element.name.toLowerCase()}`
    if (parent !== undefined) parent.left--
    const children = Number(element.num_children ?? 0)
    types.set(
      path,
      children > 0 ? 'nested' : `${element.type} ${element.logical_type ?? element.converted_type}`,
    )
    if (children > 0) open.push({ path, left: children })
  }
  return types
}
