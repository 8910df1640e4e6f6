/** Waiting for chunks: none is lost, and none is held. */
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Arrivals } from '../../src/follow/arrivals.js'

const FOREVER = Number.POSITIVE_INFINITY

test('what was consumed is not held on to', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const given: WeakRef<Buffer>[] = []
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let i = 0; i < 200; i++) {
      const chunk = Buffer.from(new ArrayBuffer(10_000))
      given.push(new WeakRef(chunk))
      yield chunk
    }
  }
  const arrivals = new Arrivals(chunks(), new AbortController().signal)
  while ((await arrivals.next(FOREVER)) !== 'end');
  arrivals.close()
  await pause(0)
  collect()
  expect(given).toHaveLength(200)
  expect(given.filter((chunk) => chunk.deref() !== undefined).length).toBeLessThan(5)
})

test('a chunk that comes after a tick is not lost', async () => {
  async function* late(): AsyncGenerator<Buffer> {
    await pause(30)
    yield Buffer.from('late')
  }
  const arrivals = new Arrivals(late(), new AbortController().signal)
  const seen: unknown[] = []
  for (let last: unknown; last !== 'end'; ) {
    last = await arrivals.next(1)
    if (last !== 'tick') seen.push(last)
  }
  expect(seen).toEqual([{ chunk: Buffer.from('late') }, 'end'])
})

test('patience longer than a timer takes is patience', async () => {
  async function* soon(): AsyncGenerator<Buffer> {
    await pause(30)
    yield Buffer.from('soon')
  }
  const month = 30 * 86_400_000
  const arrivals = new Arrivals(soon(), new AbortController().signal)
  expect(await arrivals.next(month)).toEqual({ chunk: Buffer.from('soon') })
})

test('a signal comes first, and a failure is thrown where it is waited for', async () => {
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.from('x')
  }
  const stop = new AbortController()
  const arrivals = new Arrivals(endless(), stop.signal)
  expect(await arrivals.next(FOREVER)).toEqual({ chunk: Buffer.from('x') })
  const waiting = new Arrivals(quiet(), stop.signal)
  const next = waiting.next(FOREVER)
  stop.abort()
  expect(await next).toBe('stopped')
  expect(await arrivals.next(FOREVER)).toBe('stopped')

  const failing = new Arrivals(broken(), new AbortController().signal)
  await expect(failing.next(FOREVER)).rejects.toThrow('broken')
})

async function* quiet(): AsyncGenerator<Buffer> {
  await pause(10_000, undefined, { ref: false })
  yield Buffer.from('')
}

async function* broken(): AsyncGenerator<Buffer> {
  yield* []
  throw new RangeError('broken')
}
