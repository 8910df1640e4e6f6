/** Shell globs over folders: `*` `?` `[a-z]` `[!a-z]` `{a,b}` and `**` for any depth. */
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { isAbsolute, join, parse, sep } from 'node:path'

export const hasGlob = (pattern: string): boolean => /[*?[{]/.test(pattern)

/** Paths that match, sorted, files and folders alike. A name with a dot in front needs one in the pattern. */
export async function glob(pattern: string): Promise<string[]> {
  const found = new Set<string>()
  for (const alternative of expandBraces(pattern)) {
    const { root } = parse(alternative)
    const relative = isAbsolute(alternative) ? alternative.slice(root.length) : alternative
    const parts = relative.split(sep === '\\' ? /[\\/]/ : '/').filter((part) => part !== '')
    await walk(isAbsolute(alternative) ? root : '', parts, found)
  }
  return [...found].sort()
}

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
    const path = join(folder, part)
    if (await exists(path)) await walk(path, rest, found)
    return
  }
  const matches = segmentPattern(part)
  for (const entry of await list(folder)) {
    if (matches.test(entry.name) && (entry.name.startsWith('.') ? part.startsWith('.') : true)) {
      if (rest.length === 0 || !entry.isFile()) await walk(join(folder, entry.name), rest, found)
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

/** One path segment as a regular expression. */
export function segmentPattern(glob: string): RegExp {
  let source = ''
  for (let i = 0; i < glob.length; i++) {
    const char = glob[i] ?? ''
    if (char === '*') source += '.*'
    else if (char === '?') source += '.'
    else if (char === '[') {
      // A bracket that is first in its set stands for itself.
      const end = glob.indexOf(']', glob[i + 1] === '!' || glob[i + 1] === '^' ? i + 3 : i + 2)
      if (end === -1) source += '\\['
      else {
        const set = glob.slice(i + 1, end).replace(/^[!^]/, '')
        const negated = set.length < end - i - 1
        source += `[${negated ? '^' : ''}${set.replaceAll(/[\\\]^[]/g, '\\$&')}]`
        i = end
      }
    } else source += char.replace(/[\\^$.|+(){}\]]/g, '\\$&')
  }
  return new RegExp(`^${source}$`, 'su')
}

/** `a{b,c{d,e}}` -> ab, acd, ace. A brace without a comma or an end stands for itself. */
export function expandBraces(pattern: string): string[] {
  const open = pattern.indexOf('{')
  if (open === -1) return [pattern]
  let depth = 0
  const cuts = [open]
  for (let i = open; i < pattern.length; i++) {
    if (pattern[i] === '{') depth++
    else if (pattern[i] === ',' && depth === 1) cuts.push(i)
    else if (pattern[i] === '}' && --depth === 0) {
      const rests = expandBraces(pattern.slice(i + 1))
      const before = pattern.slice(0, open)
      if (cuts.length === 1) {
        const inner = expandBraces(pattern.slice(open + 1, i))
        return inner.flatMap((text) => rests.map((rest) => `${before}{${text}}${rest}`))
      }
      return [...cuts, i]
        .slice(1)
        .flatMap((end, n) =>
          expandBraces(pattern.slice((cuts[n] ?? open) + 1, end)).flatMap((text) =>
            rests.map((rest) => before + text + rest),
          ),
        )
    }
  }
  const rest = expandBraces(pattern.slice(open + 1))
  return rest.map((text) => `${pattern.slice(0, open)}{${text}`)
}
