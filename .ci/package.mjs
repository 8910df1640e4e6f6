// Packs the package, looks at what is in it, installs the tarball in an empty folder, and does the main
// job there: from the command line, as a library, and from TypeScript.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const WANTED =
  /^(bin|bundle|dist|spark|docs\/schemas)\/|^docs\/sessionize\.1$|^(README\.md|CHANGELOG\.md|LICENSE|THIRD-PARTY-NOTICES|package\.json)$/

/** What a user downloads and what lies on the disk: more than this is worth a second look. */
const BUDGET = { files: 750, packedBytes: 750_000, unpackedBytes: 2_600_000 }

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sessionize-package-'))
const run = (file, args, options = {}) =>
  execFileSync(file, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  })
const inRoot = { cwd: root }
const tool = (name) => join(root, 'node_modules', '.bin', name)
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function must(condition, message) {
  if (!condition) throw new Error(message)
}

/** @returns the path of the tarball */
function pack() {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], inRoot))
  const paths = packed.files.map(({ path }) => path)
  const unwanted = paths.filter((path) => !WANTED.test(path))
  must(unwanted.length === 0, `not for users: ${unwanted.join(', ')}`)
  for (const path of [
    'LICENSE',
    'THIRD-PARTY-NOTICES',
    'README.md',
    'bundle/run.js',
    'bundle/index.js',
    'dist/index.d.ts',
    manifest.man,
  ])
    must(paths.includes(path), `${path} is missing`)
  const size = { files: paths.length, packedBytes: packed.size, unpackedBytes: packed.unpackedSize }
  for (const [name, limit] of Object.entries(BUDGET))
    must(size[name] <= limit, `over budget: ${size[name]} ${name}, at most ${limit}`)
  console.log(
    `packed: ${size.files} files, ${Math.round(size.packedBytes / 1000)} kB, ${Math.round(size.unpackedBytes / 1000)} kB unpacked`,
  )
  return join(folder, packed.filename)
}

/** The manifest against what is there, and types against how they are found. */
function lint(tarball) {
  run(tool('publint'), ['run', tarball, '--strict'])
  // `require` of an ES module is answered by Node 20.19 and newer; types for older resolution are not claimed.
  run(tool('attw'), [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color'])
}

function install(tarball) {
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  run('npm', ['install', '--no-audit', '--no-fund', tarball])
  copyFileSync(join(root, 'fixtures', 'demo.zip'), join(folder, 'demo.zip'))
}

/** @returns the number of sessions */
function commandLine() {
  const sessionize = (...args) => run('npx', ['--no-install', 'sessionize', ...args])
  const { overall, ledger } = JSON.parse(sessionize('demo.zip', '--format', 'json'))
  must(
    overall.sessions > 0 && ledger.read > overall.events,
    'no sessions from the installed package',
  )
  const said = sessionize('--version').trim()
  must(said === manifest.version, `says version ${said}, is ${manifest.version}`)
  // What is loaded only when it is needed is there as well.
  sessionize('report', 'demo.zip', '-o', 'report.html', '--quiet')
  sessionize('sessions', 'demo.zip', '-o', 'sessions.arrow', '--quiet')
  return overall.sessions
}

/** The library counts the same, from JavaScript and, with its types, from TypeScript. */
function library(sessions) {
  const source = (typed) => `import { sessionize } from 'sessionize'
const { overall } = await sessionize.summary('demo.zip')
let rows${typed ? ': number' : ''} = 0
for await (const { user } of sessionize.sessions('demo.zip')) if (user !== null) rows++
if (overall.sessions !== ${sessions} || rows !== ${sessions})
  throw new Error(\`the library counts \${overall.sessions} sessions and gives \${rows}\`)
`
  writeFileSync(join(folder, 'library.mjs'), source(false))
  run(process.execPath, ['library.mjs'])

  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'src', 'typed.ts'), source(true))
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023'],
    types: [],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    // Types of dependencies are not looked into, but those of this package are: they are its own.
    skipLibCheck: false,
    rootDir: 'src',
    outDir: 'out',
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['src'] }),
  )
  run(tool('tsc'), ['-p', '.'])
  run(process.execPath, ['out/typed.js'])
  // A misuse is told by the types.
  writeFileSync(
    join(folder, 'src', 'typed.ts'),
    "import { sessionize } from 'sessionize'\nawait sessionize.summary(5)\n",
  )
  let complained = false
  try {
    run(tool('tsc'), ['-p', '.', '--noEmit'], { stdio: 'ignore' })
  } catch {
    complained = true
  }
  must(complained, 'the types take a number for a list of files')
}

try {
  const tarball = pack()
  lint(tarball)
  install(tarball)
  const sessions = commandLine()
  library(sessions)
  console.log(`package: ${sessions} sessions from the installed tarball`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
