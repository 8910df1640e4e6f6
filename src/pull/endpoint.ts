/** Where a project's events are exported from. */
import { isLoopback } from '../engines/loopback.js'
import { SessionizeError } from '../errors/errors.js'
import { formatHour, type HourRange } from './hours.js'

/** By data residency, from Amplitude's Export API documentation. */
const REGIONS = {
  us: 'https://amplitude.com',
  eu: 'https://analytics.eu.amplitude.com',
} as const

export type Region = keyof typeof REGIONS

export class Endpoint {
  private constructor(private readonly base: URL) {}

  /** @param baseUrl of a proxy or a test, instead of the region's own. */
  static of(region: Region, baseUrl: string | undefined): Endpoint {
    if (baseUrl === undefined) return new Endpoint(new URL(REGIONS[region]))
    const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new SessionizeError('usage', '--base-url is not a web address.', {
        hint: 'Write it as --base-url https://proxy.example.com',
      })
    }
    if (url.username !== '' || url.password !== '') {
      throw new SessionizeError('usage', '--base-url must not hold a name or a password.', {
        hint: 'The keys are read from AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY.',
      })
    }
    if (url.protocol === 'http:' && !isLoopback(url)) {
      throw new SessionizeError('usage', 'The keys are not sent unencrypted to another machine.', {
        hint: `Use https://${url.host}`,
      })
    }
    return new Endpoint(url)
  }

  /** `amplitude.com`, for messages and to know a folder by. */
  get host(): string {
    return this.base.host
  }

  /** Of the server, where a proxy is looked for. */
  get address(): URL {
    return this.base
  }

  /** The API's `end` is the last hour that is included. */
  url({ start, end }: HourRange): URL {
    const folder = this.base.pathname.replace(/\/$/, '')
    const url = new URL(`${folder}/api/2/export`, this.base)
    url.searchParams.set('start', formatHour(start))
    url.searchParams.set('end', formatHour(end - 1))
    return url
  }
}
