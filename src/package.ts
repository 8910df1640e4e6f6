/** The package that this is part of, as it lies on the disk. */
import { readFileSync } from 'node:fs'

/** Its folder: one up from here, in the sources, compiled, and in the bundle. */
const PACKAGE = new URL('..', import.meta.url)

export const inPackage = (path: string): URL => new URL(path, PACKAGE)

/** The package's own version, as `package.json` says it: the only place that does. */
export const VERSION = versionOf(readFileSync(inPackage('package.json'), 'utf8'))

function versionOf(manifest: string): string {
  const parsed: unknown = JSON.parse(manifest)
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown'
}
