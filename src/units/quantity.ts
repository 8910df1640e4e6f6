import { SessionizeError } from '../errors/errors.js'

const MULTIPLES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, b: 1e9 }

/**
 * A whole number as people write it: `1000000`, `1_000_000`, `1M`, `2.5k`.
 *
 * @throws SessionizeError `usage` when it is none.
 */
export function parseCount(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmgb]?)$/i.exec(text.trim().replaceAll(/[_,\s]/g, ''))
  const multiple = MULTIPLES[(match?.[2] ?? '').toLowerCase()] ?? 1
  // Rounded only against binary fractions: 1.1M is 1,100,000.0000000002.
  const count = Number((Number(match?.[1]) * multiple).toPrecision(15))
  if (!Number.isInteger(count)) {
    throw new SessionizeError('usage', `${flag} ${text} is not a whole number.`, {
      hint: `Write it as ${flag} 50000, 50k or 1.5M.`,
    })
  }
  return count
}

/** `0.01` or `1%`. */
export function parseShare(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text.trim())
  const share = Number(match?.[1]) / (match?.[2] === '%' ? 100 : 1)
  if (Number.isNaN(share)) {
    throw new SessionizeError('usage', `${flag} ${text} is not a share.`, {
      hint: `Write it as ${flag} 0.01 or ${flag} 1%.`,
    })
  }
  return share
}
