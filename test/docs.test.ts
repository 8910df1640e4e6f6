/**
 * The documents say what the program does. Every command that they show is run and its output
 * compared, and tables are written from the code. To write them anew: `npm run docs`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf, commandsOf, withOutput } from './docs/blocks.js'
import { terminalPicture } from './docs/picture.js'
import { withSections } from './docs/sections.js'
import { ROOT, World } from './docs/world.js'
import { output } from './oracle/run.js'

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md') && name !== 'cli.md')
    .map((name) => `docs/${name}`),
]
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const texts = DOCUMENTS.map((path) => [path, read(path)] as const)

/** Time for a document with many commands on a busy machine. */
const MINUTES = 60_000

describe('what commands print', () => {
  let world: World
  beforeAll(() => {
    world = new World()
  })
  afterAll(() => world.remove())

  test.each(DOCUMENTS)(
    '%s',
    async (path) => {
      // Read now: somebody may be writing while the others are run.
      const text = read(path)
      const written = withSections(await withOutput(text, world))
      await expect(written).toMatchFileSnapshot(join(ROOT, path))
    },
    5 * MINUTES,
  )

  test('the picture in README.md', async () => {
    const command = 'sessionize fixtures/demo.zip --by platform'
    const { exit, stdout } = await world.run(command, { FORCE_COLOR: '1' })
    expect(exit).toBe(0)
    const picture = terminalPicture(command, stdout)
    expect(Buffer.byteLength(picture)).toBeLessThan(100_000)
    await expect(picture).toMatchFileSnapshot(join(ROOT, 'docs/terminal.svg'))
  })

  test('README.md shows its recipes', () => {
    const commands = blocksOf(read('README.md'))
      .filter(({ kind, reason }) => kind === 'console' && reason === undefined)
      .flatMap(({ body }) => commandsOf(body))
    for (const name of ['sessions', 'gap', 'compare', 'check', 'users'])
      expect(commands.filter((command) => command.startsWith(`sessionize ${name} `))).not.toEqual(
        [],
      )
  })
})

test('blocks that are not run are these, each with its reason', () => {
  const left = texts.flatMap(([path, text]) =>
    blocksOf(text).flatMap(({ reason }) => (reason === undefined ? [] : [`${path}: ${reason}`])),
  )
  expect(left).toMatchInlineSnapshot(`
    [
      "README.md: installs and tests this package; .ci/run does both",
      "CONTRIBUTING.md: .ci/run does",
      "docs/clickhouse.md: needs a server; test/remote/clickhouse.test.ts starts one",
      "docs/follow.md: tail -F does not end",
      "docs/pull.md: needs a project at Amplitude; test/pull/ runs it against a server on loopback",
      "docs/spark.md: needs a cluster; test/engines/spark-cluster.test.ts starts one",
    ]
  `)
})

/** Without fenced code. */
const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '')

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): string[] =>
  [...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('links lead somewhere', () => {
  test.each([...texts, ['docs/cli.md', read('docs/cli.md')] as const])('%s', (path, text) => {
    for (const [, link = ''] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https:\/\//.test(link)) continue
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      expect(existsSync(join(ROOT, target)), `${path}: ${link}`).toBe(true)
      if (anchor !== undefined)
        expect(anchorsOf(read(target)), `${path}: ${link}`).toContain(anchor)
    }
  })

  test('docs/README.md leads to every document', () => {
    const index = read('docs/README.md')
    for (const path of DOCUMENTS.filter((one) => one.startsWith('docs/'))) {
      if (path !== 'docs/README.md') expect(index).toContain(`](${path.replace('docs/', '')})`)
    }
    expect(index).toContain('](cli.md)')
  })
})

describe('what is named exists', async () => {
  const reference = read('docs/cli.md')
  const flags = new Set(
    [...reference.matchAll(/(?<![\w-])(--[a-z][a-z-]*)/g)].map(([, flag]) => flag),
  )
  const help = await output(['--help'])
  const commands = [...help.matchAll(/^ {2}([a-z]+) \[?/gm)].map(([, name]) => name)
  const scripts = Object.keys(JSON.parse(read('package.json')).scripts)

  test.each(texts)('%s', (path, text) => {
    const inline = [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
    for (const code of inline) {
      // A command line of this program, and flags that stand alone.
      if (/^(sessionize |--)/.test(code)) {
        for (const [flag] of code.matchAll(/(?<![\w-])--[a-z][a-z-]*/g))
          expect(flags, `${path}: ${code}`).toContain(flag)
      }
      const [, word] = /^sessionize ([a-z]+)(?: |$)/.exec(code) ?? []
      if (word !== undefined) expect(commands, `${path}: ${code}`).toContain(word)
      const [, script] = /^npm run ([a-z]+)/.exec(code) ?? []
      if (script !== undefined) expect(scripts, `${path}: ${code}`).toContain(script)
    }
  })

  test('docs/architecture.md tells of every folder of src/', () => {
    const told = [...read('docs/architecture.md').matchAll(/^\| (`[a-z/`, ]+) \|/gm)].flatMap(
      ([, cell = '']) => [...cell.matchAll(/([a-z]+)\//g)].map(([, name]) => name),
    )
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    expect(told.sort()).toEqual(
      folders
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort(),
    )
  })
})
