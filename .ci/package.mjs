// Packs the package, installs the tarball in an empty folder, and does the main job there.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sessionize-package-'))
const npm = (args, cwd = root) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

try {
  const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder]))
  const unwanted = packed.files
    .map(({ path }) => path)
    .filter(
      (path) =>
        !/^(bin|dist|spark|docs\/schemas)\/|^docs\/sessionize\.1$|^(README\.md|CHANGELOG\.md|LICENSE|NOTICE|package\.json)$/.test(
          path,
        ),
    )
  if (unwanted.length > 0) throw new Error(`not for users: ${unwanted.join(', ')}`)
  if (!packed.files.some(({ path }) => path === 'spark/driver.py'))
    throw new Error('without the part that runs inside Spark')

  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  npm(['install', '--no-audit', '--no-fund', join(folder, packed.filename)], folder)
  copyFileSync(join(root, 'fixtures', 'demo.zip'), join(folder, 'demo.zip'))
  const out = execFileSync('npx', ['--no-install', 'sessionize', 'demo.zip', '--format', 'json'], {
    cwd: folder,
    encoding: 'utf8',
  })
  const { overall, ledger } = JSON.parse(out)
  if (!(overall.sessions > 0 && ledger.read > overall.events))
    throw new Error('no sessions from the installed package')

  writeFileSync(
    join(folder, 'library.mjs'),
    `import * as library from 'sessionize'\nif (Object.keys(library).length === 0) throw new Error('the library exports nothing')\n`,
  )
  execFileSync(process.execPath, ['library.mjs'], { cwd: folder, stdio: 'inherit' })

  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const said = execFileSync('npx', ['--no-install', 'sessionize', '--version'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (said.trim() !== version) throw new Error(`says version ${said.trim()}, is ${version}`)
  console.log(
    `package: ${packed.files.length} files, ${overall.sessions} sessions from the installed tarball`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
