/** Names that would do harm if they were obeyed, through every command that shows names. */
import { afterAll, describe, expect, it } from 'vitest'
import { textWidth } from '../../src/report/width.js'
import { Folder } from '../checks/export.js'
import { HOSTILE, HUGE } from '../checks/samples.js'
import { run } from '../oracle/run.js'

const folder = new Folder()
afterAll(() => folder.remove())

const NAMES = [...HOSTILE, `${HUGE}\u001b[2J`]
const rows = NAMES.flatMap((name, at) =>
  [0, 1, 2].map((minute) =>
    JSON.stringify({
      user_id: `${name}`,
      time: `2024-01-0${1 + (at % 9)}T10:0${minute}:00Z`,
      event: name,
      platform: name,
      session_id: `${name}/s`,
      [NAMES[at % HOSTILE.length] ?? '']: 'as a column',
    }),
  ),
)
const file = folder.file(
  'hostile <b>\u001b[31m\u202e.ndjson',
  `${rows.join('\n')}\n{"broken \u001b[2J\n`,
)

/** What a terminal would act on rather than show. */
const obeyed = /(?!\n)\p{Cc}|\p{Bidi_Control}|\p{Cs}/u

describe('on a terminal and in messages', () => {
  it.each([
    [[file, '--by', 'platform']],
    [['inspect', file]],
    [['check', file]],
    [['check', file, '--format', 'github']],
    [['check', file, '--format', 'json']],
    [['query', 'SELECT * FROM sessions', file]],
    [[file, '--by', 'platform', '--format', 'json']],
    [[file, '--user', 'nowhere\u001b[2J']],
    [[file, '--where', "\u001b[2J = 'x'"]],
    [['check', file, '--select', '\u001b[2J']],
    [['__complete', '--', file, '--by', '']],
    [['__complete', '--', file, '--ignore-event', '']],
  ])('nothing is obeyed: %j', async (argv) => {
    const { stdout, stderr } = await run(argv)
    expect(stdout + stderr).not.toBe('')
    // Completions are told apart from what they are by a tab.
    expect(stdout.replaceAll('\t', ' ')).not.toMatch(obeyed)
    expect(stderr).not.toMatch(obeyed)
  })

  it.each([[[file, '--by', 'platform']], [['check', file]], [['inspect', file]]])(
    'a name of a megabyte takes no more room than others: %j',
    async (argv) => {
      const { stdout } = await run(argv)
      expect(stdout.length).toBeLessThan(100_000)
      if (argv[0] === 'inspect') return
      for (const line of stdout.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80)
    },
  )
})

describe('in Markdown and HTML', () => {
  it.each([
    [[file, '--by', 'platform', '--format', 'markdown']],
    [['check', file, '--format', 'markdown']],
    [['report', file, '--by', 'platform', '--format', 'markdown']],
  ])('nothing is markup: %j', async (argv) => {
    const { stdout, stderr } = await run(argv)
    expect(stdout, stderr).not.toBe('')
    // Code shows what is in it.
    const markup = stdout.replaceAll(/```[^`]*```|`[^`\n]*`/g, '')
    expect(markup).not.toMatch(/<(script|img|a|b)\b/i)
    expect(markup).not.toMatch(/(?<!\\)\]\(javascript/)
    expect(stdout).not.toMatch(obeyed)
  })

  it('the page stays small and holds no element of the data', async () => {
    const { stdout, stderr } = await run([
      'report',
      file,
      '--by',
      'platform',
      '--title',
      '</title><script>',
    ])
    expect(stdout, stderr).not.toBe('')
    expect(stdout).not.toMatch(/<(script|img|b)\b/i)
    expect(stdout.length).toBeLessThan(500_000)
  })
})
