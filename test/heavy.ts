/**
 * What only some tests need, which `.ci/heavy.sh` installs outside the tree. Where it is absent those
 * tests are skipped, and their titles say so; `.ci/run` installs it and takes no skipped test.
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const root = process.env['SESSIONIZE_HEAVY'] ?? join(homedir(), '.cache', 'sessionize-heavy')

/** The Python that has the packages of `.ci/heavy.sh`; undefined where it is not installed. */
export const heavyPython = present(join(root, 'python', 'bin', 'python'), 'python.installed')

/** The folder whose `node_modules` has the npm packages of `.ci/heavy.sh`. */
export const heavyNpm = present(join(root, 'npm'), 'npm.installed')

/** To be put after the title of a test that is skipped. */
export const WITHOUT_HEAVY = '(skipped: install what it needs with .ci/heavy.sh)'

function present(path: string, stamp: string): string | undefined {
  return existsSync(path) && existsSync(join(root, stamp)) ? path : undefined
}
