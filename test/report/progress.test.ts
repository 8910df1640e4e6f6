import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Progress, type ProgressState, progressLine } from '../../src/report/progress.js'

const reading: ProgressState = {
  phase: 'reading events',
  done: 1_200_000_000,
  total: 3_400_000_000,
  unit: 'bytes',
}

describe('the progress line', () => {
  it.each<[ProgressState, number, number, string]>([
    [reading, 3_000, 80, 'reading events  1.2 GB of 3.4 GB (35%)  400 MB/s  6s left'],
    [reading, 3_000, 50, 'reading events  1.2 GB of 3.4 GB (35%)  400 MB/s'],
    [reading, 3_000, 20, 'reading events'],
    [reading, 3_000, 10, 'reading...'],
    [reading, 0, 80, 'reading events  1.2 GB of 3.4 GB (35%)'],
    [{ ...reading, total: null }, 3_000, 80, 'reading events  1.2 GB  400 MB/s'],
    [{ ...reading, done: 0 }, 3_000, 80, 'reading events  0 B of 3.4 GB (0%)'],
    [
      { ...reading, done: 3_400_000_000 },
      2_000,
      80,
      'reading events  3.4 GB of 3.4 GB (100%)  1.7 GB/s',
    ],
    [
      { phase: 'sorting', done: 12_345, total: null, unit: 'rows' },
      500,
      80,
      'sorting  12,345 rows  24,690 rows/s',
    ],
    [
      { phase: 'unpacking', done: 3, total: 744, unit: 'files' },
      1_000,
      80,
      'unpacking  3 of 744 files (0%)  3 files/s  4m 07s left',
    ],
    [
      { phase: 'nothing', done: 0, total: 0, unit: 'files' },
      1_000,
      80,
      'nothing  0 of 0 files (100%)',
    ],
  ])('%j after %s ms in %s columns', (state, elapsed, columns, line) => {
    expect(progressLine(state, elapsed, columns)).toBe(line)
  })
})

class Screen extends Writable {
  readonly columns = 80
  readonly isTTY: boolean
  text = ''

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

function scene(isTTY = true) {
  const screen = new Screen(isTTY)
  let now = 1_000
  const progress = new Progress(screen, () => now)
  return {
    screen,
    progress,
    at(millis: number, done: number, phase = 'reading'): string {
      now = 1_000 + millis
      screen.text = ''
      progress.update({ phase, done, total: 100, unit: 'rows' })
      return screen.text
    },
  }
}

describe('progress on a terminal', () => {
  it('is silent for the first half second, and never draws too often', () => {
    const { at } = scene()
    expect(at(0, 0)).toBe('')
    expect(at(499, 10)).toBe('')
    expect(at(500, 20)).toBe('\rreading  20 of 100 rows (20%)  40 rows/s  2s left')
    expect(at(599, 30)).toBe('')
    expect(at(600, 30)).toBe('\rreading  30 of 100 rows (30%)  50 rows/s  2s left')
  })

  it('overwrites a longer line, and measures a new phase from its own start', () => {
    const { at } = scene()
    at(0, 0)
    at(1_000, 50)
    expect(at(1_010, 0, 'x').trimEnd()).toBe('\rx  0 of 100 rows (0%)')
    expect(at(1_010 + 200, 20, 'x')).toBe('\rx  20 of 100 rows (20%)  100 rows/s  1s left')
  })

  it('wipes its line at the end, once', () => {
    const { screen, progress, at } = scene()
    const line = at(800, 50)
    screen.text = ''
    progress.finish()
    expect(screen.text).toBe(`\r${' '.repeat(line.length - 1)}\r`)
    screen.text = ''
    progress.finish()
    expect(screen.text).toBe('')
  })

  it('says nothing to a file or a pipe', () => {
    const { screen, progress, at } = scene(false)
    expect(at(5_000, 50)).toBe('')
    progress.finish()
    expect(screen.text).toBe('')
  })
})
