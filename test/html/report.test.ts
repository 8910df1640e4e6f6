/** The HTML report: what it holds, that nothing in it can run or be fetched, and how a browser takes it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseHTML } from 'linkedom'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cleanEvents, Folder } from '../checks/export.js'
import { HOSTILE } from '../checks/samples.js'
import { run } from '../oracle/run.js'

const folder = new Folder()
const path = join(folder.path, 'report.html')
const hostilePath = join(folder.path, 'hostile.html')
afterAll(() => folder.remove())

const events = cleanEvents().map((e, at) => (at % 150 === 1 ? { ...e, amplitude_id: null } : e))
const hostile = cleanEvents().map((e, at) => ({
  ...e,
  platform: HOSTILE[Number(e.amplitude_id) % HOSTILE.length] ?? '',
  event_type: `${HOSTILE[at % HOSTILE.length]} ${e.event_type}`,
}))

beforeAll(async () => {
  for (const [name, file] of [
    [events, path],
    [hostile, hostilePath],
  ] as const) {
    const files = folder.write(name)
    const { exit, stderr } = await run(['report', ...files, '--by', 'platform,country', '-o', file])
    expect(exit, stderr).toBe(0)
  }
})

const SECTIONS = [
  'At a glance',
  'Checks of the data',
  'How long sessions last',
  'Segments',
  'Over time',
  'How much depends on the timeout',
  'Recorded sessions against rebuilt ones',
  'What this rests on',
]

describe.each([
  ['of a plain export', () => path],
  ['of a hostile export', () => hostilePath],
])('a report %s', (_, file) => {
  const page = (): string => readFileSync(file(), 'utf8')

  it('has every section', () => {
    const { document } = parseHTML(page())
    expect([...document.querySelectorAll('h2')].map((h2) => h2.textContent)).toEqual(SECTIONS)
    expect(document.querySelectorAll('figure').length).toBe(11)
  })

  it('holds nothing that could run, be fetched, or be styled inline', () => {
    const text = page()
    expect(text).not.toMatch(/<(script|iframe|object|embed|img|link|base|form)\b/i)
    expect(text).not.toMatch(/<[^>]*\s(on[a-z]+|style|src)=/i)
    const urls = [...text.matchAll(/[a-z]+:\/\/[^\s"'<]*/gi)].map(([url]) => url)
    expect(
      urls
        .filter((url) => !url.startsWith('http://www.w3.org/'))
        .filter((url) => !url.includes('evil')),
    ).toEqual([])
    expect(text).not.toMatch(/(?:href|url\()=?["'(]?(?!["'(]?#)[a-z]+:/i)
    expect(text).toMatch(
      /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'"/,
    )
    expect(text).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u)
  })

  it('is small', () => expect(page().length).toBeLessThan(400_000))

  it('tells every picture in words, and as a table', () => {
    const { document } = parseHTML(page())
    for (const figure of document.querySelectorAll('figure')) {
      const svg = figure.querySelector('svg')
      expect(svg?.getAttribute('role')).toBe('img')
      expect(svg?.getAttribute('aria-label')).not.toBe('')
      expect(figure.querySelector('figcaption')?.textContent.trim()).not.toBe('')
      expect(figure.querySelectorAll('details table tbody tr').length).toBeGreaterThan(0)
    }
    for (const table of document.querySelectorAll('table')) {
      expect(table.querySelector('caption')?.textContent).not.toBe('')
      for (const th of table.querySelectorAll('th'))
        expect(th.getAttribute('scope')).toMatch(/col|row/)
    }
  })
})

describe('the report', () => {
  const page = (): string => readFileSync(path, 'utf8')

  it('says how to make it again, and where every row went', () => {
    expect(page()).toContain(`sessionize report ${folder.path}/export-0-0.ndjson`)
    expect(page()).toMatch(/rows read<\/th><td class="number">6,\d\d\d<\/td>/)
    expect(page()).toMatch(/no user<\/th><td class="number">\d+<\/td>/)
  })

  it('tells what the commands tell: it shows the same documents', () => {
    const { document } = parseHTML(page())
    const texts = (selector: string): (string | null)[] =>
      [...document.querySelectorAll(selector)].map(({ textContent }) => textContent)
    expect(texts('h3')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^(Suggested timeout: |The data suggest no timeout)/),
        expect.stringMatching(/^(failed|warning): missing-user$/),
        'Background activity',
      ]),
    )
    expect(texts('dt')).toEqual(expect.arrayContaining(['within visits', 'Rand index', 'found']))
    expect(texts('caption')).toEqual(
      expect.arrayContaining([
        'Quantiles of lengths, with intervals',
        'Examples of missing-user',
        'What is odd about recorded ids',
        'Lengths without background activity',
      ]),
    )
  })

  it('gives the same bytes again', async () => {
    const again = await run([
      'report',
      join(folder.path, 'export-0-0.ndjson'),
      join(folder.path, 'export-0-1.ndjson'),
      '--by',
      'platform,country',
    ])
    expect(again.stdout.replaceAll(/sessionize report .*/g, '')).toBe(
      page().replaceAll(/sessionize report .*/g, ''),
    )
  })

  it('can be Markdown', async () => {
    const { exit, stdout, stderr } = await run([
      'report',
      join(folder.path, 'export-1-0.ndjson'),
      '--by',
      'platform',
      '--format',
      'markdown',
    ])
    expect(exit, stderr).toBe(0)
    for (const heading of [
      '# Session lengths',
      '## By platform',
      '## Sessions over time',
      '## Sessions by hour of the week',
      '## Session timeout',
      '## Session audit',
      'Event data checks',
      '## To make it again',
    ]) {
      expect(stdout).toContain(heading)
    }
    expect(stdout).not.toMatch(/<script|<img/)
  })

  it('leaves out what the data cannot answer, and says so', async () => {
    const file = folder.file(
      'plain.csv',
      'user,time\na,2024-01-01T00:00:00Z\na,2024-01-01T00:01:00Z\n',
    )
    const { exit, stdout, stderr } = await run(['report', file, '--max-length', '2h'])
    expect(exit, stderr).toBe(0)
    expect(stdout).toContain('The export has no recorded session id.')
    expect(stdout).toContain('gap compares timeouts alone')
  })
})

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

describe.skipIf(!existsSync(CHROMIUM))(`in a browser (${CHROMIUM})`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  })
  afterAll(() => browser.close())

  async function opened(file: string, width: number, colorScheme: 'light' | 'dark') {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme })
    const page = await context.newPage()
    const said: string[] = []
    const fetched: string[] = []
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(String(error)))
    page.on('dialog', (dialog) => said.push(dialog.message()))
    page.on('request', (request) => fetched.push(request.url()))
    await page.goto(pathToFileURL(file).href)
    return { context, page, said, fetched }
  }

  it.each([
    [path, 1000, 'light'],
    [path, 360, 'dark'],
    [hostilePath, 1000, 'dark'],
    [hostilePath, 360, 'light'],
  ] as const)('is quiet, fetches nothing, and fits: %s at %i, %s', async (file, width, scheme) => {
    const { context, page, said, fetched } = await opened(file, width, scheme)
    expect(said).toEqual([])
    expect(fetched).toEqual([pathToFileURL(file).href])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    for (const name of SECTIONS)
      expect(await page.getByRole('heading', { name, exact: true }).count()).toBe(1)
    expect(await page.getByText('median length', { exact: true }).count()).toBe(1)
    expect(await page.locator('svg[role=img]').count()).toBe(11)
    // The style sheet was let in by its hash, and follows the reader's scheme.
    const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    expect(paper).toBe(scheme === 'dark' ? 'rgb(20, 24, 29)' : 'rgb(255, 255, 255)')
    const drawn = await page.evaluate(
      'Array.from(document.querySelectorAll("svg[role=img]")).every((svg) => svg.getBoundingClientRect().height > 80)',
    )
    expect(drawn).toBe(true)
    await context.close()
  })

  it('can be used with the keyboard, and printed', async () => {
    const { context, page } = await opened(path, 800, 'light')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the report')
    const summary = page.locator('figure details summary').first()
    await summary.focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('figure details[open] table').count()).toBe(1)
    const pdf = await page.pdf()
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    await context.close()
  })
})
