/**
 * The licences of everything that is installed with the package, as their authors wrote them:
 * `THIRD-PARTY-NOTICES`. What is installed follows from `package-lock.json`, on every system.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './world.js'

/** Licences that ask for no more than that they be kept with the copy. */
const PERMITTED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
])

interface Entry {
  readonly version?: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

type Lock = Readonly<Record<string, Entry>>

export interface Installed {
  readonly name: string
  readonly version: string
  readonly license: string
  /** Of its own files; of the package that asked for it, where this system is not the one it is for. */
  readonly text: string
}

/** What the package needs at run time, and what that needs, by name and version. */
export function installed(): Installed[] {
  const lock: Lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages
  const seen = new Map<string, Installed>()
  const visit = (path: string, asker: string): void => {
    const entry = lock[path]
    if (entry === undefined || seen.has(path)) return
    if (path !== '') seen.set(path, packageAt(path, entry, asker))
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const found = resolve(lock, path, name)
      if (found !== undefined) visit(found, path)
    }
  }
  visit('', '')
  const key = ({ name, version }: Installed): string => `${name}@${version}`
  return [...new Map([...seen.values()].map((one) => [key(one), one])).values()].sort((a, b) =>
    key(a) < key(b) ? -1 : 1,
  )
}

/** As Node looks for it: in the folder of who asks, then in those around it. */
function resolve(lock: Lock, from: string, name: string): string | undefined {
  for (
    let folder = from;
    ;
    folder = folder.replace(/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/, '')
  ) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (path in lock) return path
    if (folder === '') return undefined
  }
}

function packageAt(path: string, entry: Entry, asker: string): Installed {
  const folder = existsSync(join(ROOT, path)) ? path : asker
  return {
    name: path.replace(/^.*node_modules\//, ''),
    version: entry.version ?? '',
    license: entry.license ?? declared(folder),
    text: legalText(join(ROOT, folder)),
  }
}

/** Old packages say it in a list. */
function declared(folder: string): string {
  const { licenses } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'))
  return String(licenses?.[0]?.type ?? 'none declared')
}

function legalText(folder: string): string {
  const files = readdirSync(folder)
    .filter((name) => /^(licen[cs]e|copying|notice)([._](txt|md|mit|apache))?$/i.test(name))
    .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
  return files
    .map((name) =>
      readFileSync(join(folder, name), 'utf8')
        .replaceAll(/[ \t]*\r?\n/g, '\n')
        .trim(),
    )
    .join('\n\n')
}

/** Of two, the package is taken under either. */
const isPermitted = (license: string): boolean =>
  license.split(' OR ').some((one) => PERMITTED.has(one))

export const forbidden = (packages: readonly Installed[]): Installed[] =>
  packages.filter(({ license, text }) => !isPermitted(license) || text === '')

/** Packages under the same words stand together. */
export function notices(packages: readonly Installed[]): string {
  const byText = new Map<string, Installed[]>()
  for (const one of packages) byText.set(one.text, [...(byText.get(one.text) ?? []), one])
  const rule = '-'.repeat(80)
  const parts = [...byText].map(
    ([text, those]) =>
      `${those.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n')}\n\n${text}\n`,
  )
  return [
    'Third-party notices\n\nsessionize itself is under the licence in LICENSE. These packages are installed with it,\neach under its own terms.\n',
    ...parts,
  ].join(`\n${rule}\n`)
}
