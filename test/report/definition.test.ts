import { describe, expect, it } from 'vitest'
import { describeDefinition } from '../../src/report/definition.js'
import { DEFAULT_DEFINITION, type SessionDefinition } from '../../src/sessions/definition.js'
import { csvFile } from '../analysis/files.js'
import { output } from '../oracle/run.js'

const said = (rules: Partial<SessionDefinition>): string =>
  describeDefinition({ ...DEFAULT_DEFINITION, ...rules })

describe('a definition in words', () => {
  it('says every rule', () => {
    expect(said({})).toBe('gap 30m, a gap of exactly the timeout continues')
    expect(
      said({
        boundary: 'at',
        gaps: [{ property: 'platform', value: 'iOS', gapMicros: 300e6 }],
        maxLengthMicros: 86_400e6,
        maxEvents: 500,
        midnightZone: 'Europe/Berlin',
        cutOn: ['campaign'],
        startEvents: ['open'],
        endEvents: ['close', 'logout'],
        passiveEvents: ['beat*'],
        ignoreEvents: ['push'],
      }),
    ).toBe(
      'gap 30m, 5m where platform is iOS, a gap of exactly the timeout closes; at most 1d; at most 500 events; cut at midnight (Europe/Berlin); cut on campaign; started by open; ended by close, logout; passive: beat*; without the events push',
    )
    expect(said({ recorded: true })).toBe("the export's own session ids")
  })

  it('is safe to show, whatever names there are', async () => {
    const file = csvFile([{ user: 'a', at: 0, event: 'x' }], ['event'])
    const flags = ['--passive-event', '*bold*\u001b[2J,<b>', '--no-config']
    const terminal = await output([file, ...flags])
    expect(terminal).toMatch(/passive:\s+\*bold\*/)
    expect(terminal).not.toContain('\u001b')
    const markdown = await output([file, ...flags, '--format', 'markdown'])
    expect(markdown).toContain('passive: \\*bold\\*')
    expect(markdown).not.toContain('<b>')
  })
})
