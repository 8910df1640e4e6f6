/** Every example in a help text runs, as it is typed, in a folder that holds the files it names. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { World } from '../docs/world.js'
import { output } from '../oracle/run.js'

/** What no machine that only runs tests can run. */
const NOT_RUN: Readonly<Record<string, RegExp>> = {
  'a vendor’s server': /^sessionize pull |AMPLITUDE_/,
  'a message broker': /^kcat /,
}

/** Commands that may find something, which is their answer and no failure. */
const MAY_FIND = /^sessionize check /

/** The lines under `Examples:`; two spaces part a command from its remark. */
const examplesOf = (help: string): string[] =>
  (/^Examples:\n((?: {2}.+\n)+)/m.exec(help)?.[1] ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s{2,}/)[0] ?? '')
    .filter((command) => command !== '')

const names = [...(await output(['--help'])).matchAll(/^ {2}([a-z]+) \[/gm)].flatMap(
  ([, name = '']) => (name === 'help' ? [] : [name]),
)
const examples = (
  await Promise.all(
    ['', ...names].map(async (name) => examplesOf(await output([name, '--help'].filter(Boolean)))),
  )
).flat()
const reasonOf = (command: string): string | undefined =>
  Object.entries(NOT_RUN).find(([, pattern]) => pattern.test(command))?.[0]

let world: World
beforeAll(() => {
  world = new World()
})
afterAll(() => world.remove())

test('every command has examples', async () => {
  for (const name of names) {
    expect(examplesOf(await output([name, '--help'])), name).not.toEqual([])
  }
})

test('few are left out', () => {
  expect(examples.filter((command) => reasonOf(command) !== undefined)).toHaveLength(5)
})

test.each(examples.filter((command) => reasonOf(command) === undefined))('%s', async (command) => {
  const { exit, stderr } = await world.run(
    command
      // A file that is followed for ever is read once.
      .replace('tail -F', 'tail -n +1')
      // As many events as show the same.
      .replace('--events 10M', '--events 10k')
      // bash does not understand zsh.
      .replace(/^source <\((.* zsh)\)$/, '$1'),
  )
  expect(MAY_FIND.test(command) ? [0, 1] : [0], `${command}\n${stderr}`).toContain(exit)
})
