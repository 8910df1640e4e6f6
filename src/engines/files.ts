/**
 * Files as the engine's table functions. Nothing in the name of a folder or a file means anything to
 * them: no globs, no home folder, and no `key=value` that would become a column or replace one.
 */
import { join, type Sql, sql, text } from '../sql/sql.js'

export const isRemote = (path: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(path)

/** Where a statement writes. A path that starts with `~` would be one below the home folder. */
export const plainPath = (path: string): string => (path.startsWith('~') ? `./${path}` : path)

/**
 * What readers take for a pattern; in brackets a character stands for itself. Before a pattern a
 * backslash is a separator to the engine, and only a range that it lies in is not (`[` to `]`).
 */
export function literalPath(path: string): string {
  if (isRemote(path)) return path
  const plain = plainPath(path)
  if (!/[*?[]/.test(plain)) return plain
  const marked = plain.replaceAll(/[*?[]/g, '[$&]')
  return process.platform === 'win32' ? marked : marked.replaceAll('\\', '[[-]]')
}

/** All rows of the files; each argument as in `union_by_name = true`. */
export const readParquet = (paths: readonly string[], ...options: readonly Sql[]): Sql =>
  reader(sql`read_parquet`, paths, options)

export const readJson = (paths: readonly string[], ...options: readonly Sql[]): Sql =>
  reader(sql`read_json`, paths, options)

/** Each row as text, in the column `json`; NULL for one that is no JSON. */
export const readJsonObjects = (paths: readonly string[], ...options: readonly Sql[]): Sql =>
  reader(sql`read_json_objects`, paths, options)

export const readCsv = (paths: readonly string[], ...options: readonly Sql[]): Sql =>
  reader(sql`read_csv`, paths, options)

const reader = (name: Sql, paths: readonly string[], options: readonly Sql[]): Sql =>
  sql`${name}(${join([literalPaths(paths), ...options, sql`hive_partitioning = false`])})`

export const literalPaths = (paths: readonly string[]): Sql =>
  sql`[${join(paths.map((path) => text(literalPath(path))))}]`
