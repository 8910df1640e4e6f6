import { describe, expect, test } from 'vitest'
import { PRESETS, parsePreset } from '../../src/events/presets/index.js'
import { open, Scratch } from './opened.js'

const scratch = new Scratch()

test('every preset is plain data that its own reader takes', () => {
  for (const preset of PRESETS) {
    expect(parsePreset(JSON.parse(JSON.stringify(preset)))).toEqual(preset)
  }
  expect(new Set(PRESETS.map(({ name }) => name)).size).toBe(PRESETS.length)
})

describe('a preset of one’s own', () => {
  const mine = parsePreset({
    name: 'shop',
    detect: ['who', 'moment'],
    user: 'who',
    time: 'moment',
    event: ['what', 'kind'],
    dedupe: ['who', 'moment'],
    dimensions: { platform: ['os'] },
  })
  const path = scratch.write(
    'shop.csv',
    'who,moment,kind,os\nann,2024-03-05 10:00:00,a,ios\nann,2024-03-05 10:00:00,b,ios\n',
  )

  test('is detected like the others', async () => {
    const { mapping, events } = await open([path], { presets: [mine], dimensions: ['platform'] })
    expect(mapping).toMatchObject({ preset: 'shop', user: ['who'], event: 'kind' })
    expect(events).toHaveLength(1)
  })

  test('may be named, and replaces one of the same name', async () => {
    const own = { ...mine, name: 'generic', detect: [] }
    const { mapping } = await open([path], { presets: [own], preset: 'generic' })
    expect(mapping.user).toEqual(['who'])
  })

  test('may give the columns of a file without a header', async () => {
    const bare = scratch.write('bare.csv', 'x1,1709632800,a\nx2,1709632860,b\n')
    const preset = parsePreset({
      name: 'bare',
      detect: ['id', 'at', 'what'],
      user: 'id',
      time: 'at',
      event: 'what',
      layout: { columns: ['id', 'at', 'what'], recognise: { id: '^x\\d+$' } },
    })
    const { mapping, events } = await open([bare], { presets: [preset] })
    expect(mapping.preset).toBe('bare')
    expect(events.map(({ user }) => user)).toEqual(['x1', 'x2'])
  })

  test.each<[unknown, string]>([
    [5, 'A preset is not an object.'],
    [{}, 'A preset needs a `name` of small letters, digits and underscores.'],
    [{ name: 'My Shop' }, 'A preset needs a `name` of small letters, digits and underscores.'],
    [{ name: 'a' }, 'Preset `a` needs `user`.'],
    [{ name: 'a', user: 'u' }, 'Preset `a` needs `time`.'],
    [
      { name: 'a', user: 5, time: 't' },
      'Preset `a`: `user` must be a column or a list of columns.',
    ],
    [
      { name: 'a', user: [''], time: 't' },
      'Preset `a`: `user` must hold names of columns, and has "".',
    ],
    [
      { name: 'a', user: 'u', time: 't', evnt: 'e' },
      'Preset `a` has `evnt`, which no preset has. Did you mean `event`?',
    ],
    [
      { name: 'a', user: 'u', time: 't', dimensions: [] },
      'Preset `a`: `dimensions` must be an object: {"platform": ["os_name"]}.',
    ],
    [
      { name: 'a', user: 'u', time: 't', clocks: { toleranceSeconds: -1 } },
      'Preset `a`: `clocks`.toleranceSeconds must be a number of seconds.',
    ],
    [
      { name: 'a', user: 'u', time: 't', layout: { columns: ['x'], recognise: { y: '.' } } },
      'Preset `a`: `layout`.recognise names `y`, which is not among the columns.',
    ],
    [
      { name: 'a', user: 'u', time: 't', layout: { columns: ['x'], recognise: { x: '(' } } },
      'Preset `a`: `layout`.recognise.x is not a regular expression: (.',
    ],
  ])('%j', (value, message) => {
    expect(() => parsePreset(value)).toThrow(message)
  })
})
