/**
 * Shell globs over folders: `*` `?` `[a-z]` `[!a-z]` `{a,b}` and `**` for any depth; `\` in front of one
 * of these (not on Windows) makes it a plain letter.
 *
 * Imported when a pattern is given, as minimatch takes a while to load. The walk is our own: tinyglobby
 * leaves out folders that are links, and this folder itself under `../*`.
 */
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { isAbsolute, join, parse, resolve, sep } from 'node:path'
import { braceExpand, filter, minimatch, unescape as plain } from 'minimatch'

/** A parenthesis, `!` and `#` are letters of a name. */
const OPTIONS = { noext: true, nonegate: true, nocomment: true, nobrace: true } as const

/**
 * Paths that match, sorted, files and folders alike. A name with a dot in front needs one in the
 * pattern; `**` follows no links.
 */
export async function glob(pattern: string): Promise<string[]> {
  const found = new Set<string>()
  for (const alternative of braceExpand(pattern)) {
    const { root } = parse(alternative)
    const relative = isAbsolute(alternative) ? alternative.slice(root.length) : alternative
    const parts = relative.split(sep === '\\' ? /[\\/]/ : '/').filter((part) => part !== '')
    await walk(isAbsolute(alternative) ? root : '', parts, found)
  }
  return [...found].sort()
}

/** Whether a file of this name would be found, were it there. */
export const isFoundBy = (pattern: string, path: string): boolean =>
  minimatch(path, resolve(pattern), { ...OPTIONS, nobrace: false })

async function walk(folder: string, parts: readonly string[], found: Set<string>): Promise<void> {
  const [part, ...rest] = parts
  if (part === undefined) {
    if (folder !== '') found.add(folder)
    return
  }
  if (part === '**') {
    await walk(folder, rest.length === 0 ? ['*'] : rest, found)
    for (const entry of await list(folder)) {
      if (entry.isDirectory() && !entry.name.startsWith('.')) {
        await walk(join(folder, entry.name), parts, found)
      }
    }
    return
  }
  if (!/[*?[]/.test(part)) {
    const path = join(folder, plain(part))
    if (await exists(path)) await walk(path, rest, found)
    return
  }
  const matches = filter(part, OPTIONS)
  for (const entry of await list(folder)) {
    if (matches(entry.name) && (rest.length === 0 || !entry.isFile())) {
      await walk(join(folder, entry.name), rest, found)
    }
  }
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder === '' ? '.' : folder, { withFileTypes: true })
  } catch {
    return []
  }
}

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
