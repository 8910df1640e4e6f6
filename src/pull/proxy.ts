/** The way out of a network that is left through a proxy only, as the environment names it. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { isLoopback } from '../engines/loopback.js'
import { SessionizeError } from '../errors/errors.js'

type Environment = Readonly<Record<string, string | undefined>>

export interface ProxyServer {
  /** As it may be shown: `proxy.example.com:3128 (HTTPS_PROXY)`. */
  readonly label: string
  readonly url: URL
  /** What it wants to see, and nobody else may. */
  readonly authorization: string | undefined
  readonly secrets: readonly string[]
}

/** The names that curl and most others read, small letters first. */
const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'] as const

/**
 * @returns undefined where the server is on this machine, or NO_PROXY names it, or there is no proxy.
 * @throws SessionizeError `usage` for a proxy that is not one over HTTP.
 */
export function proxyFor(target: URL, env: Environment): ProxyServer | undefined {
  const variable = VARIABLES.find((name) => (env[name] ?? '').trim() !== '')
  if (variable === undefined || isLoopback(target)) return undefined
  if (isExempt(target, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return undefined
  const value = (env[variable] ?? '').trim()
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new SessionizeError('usage', `${variable} names no proxy over HTTP.`, {
      hint: `Write it as ${variable}=http://proxy.example.com:3128, or name ${target.hostname} in NO_PROXY.`,
    })
  }
  const [name, password] = [url.username, url.password].map(decoded)
  const pair = Buffer.from(`${name}:${password}`).toString('base64')
  const hasLogin = url.username !== '' || url.password !== ''
  return {
    label: `${url.host} (${variable})`,
    url,
    authorization: hasLogin ? `Basic ${pair}` : undefined,
    secrets: hasLogin ? [password ?? '', pair] : [],
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `example.com` and `.example.com` with what is below them, `*` for all, each perhaps with a port. */
function isExempt({ hostname, port, protocol }: URL, exempt: string): boolean {
  const own = port === '' ? (protocol === 'http:' ? '80' : '443') : port
  return exempt
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true
      const [, host = '', wanted] = /^(?:\*?\.)?(.+?)(?::(\d+))?$/.exec(entry) ?? []
      if (host === '' || (wanted !== undefined && wanted !== own)) return false
      return hostname === host || hostname.endsWith(`.${host}`)
    })
}

/** A connection through it, on which only the two ends can read what is said. */
export function tunnel(proxy: ProxyServer, target: URL, signal: AbortSignal): Promise<Socket> {
  const { hostname, port, protocol } = proxy.url
  const address = `${target.hostname}:${target.port === '' ? '443' : target.port}`
  const request = protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    request({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (protocol === 'https:' ? 443 : 80) : port,
      method: 'CONNECT',
      path: address,
      headers: {
        host: address,
        ...(proxy.authorization === undefined
          ? {}
          : { 'proxy-authorization': proxy.authorization }),
      },
      agent: false,
      signal,
    })
      .once('connect', ({ statusCode }: IncomingMessage, socket: Socket, head: Buffer) => {
        if (statusCode === 200) {
          if (head.length > 0) socket.unshift(head)
          resolve(socket)
        } else {
          socket.destroy()
          reject(refused(proxy, statusCode ?? 0))
        }
      })
      .on('error', reject)
      .end()
  })
}

/** It may be busy for a while; what it forbids it goes on forbidding. */
function refused({ label }: ProxyServer, status: number): Error {
  if (status >= 500 || status === 429) {
    return Object.assign(new Error('the proxy failed'), { code: `proxy ${status}` })
  }
  return new SessionizeError('input_unreadable', `The proxy ${label} refuses (${status}).`, {
    hint:
      status === 407
        ? 'It wants a name and a password: HTTPS_PROXY=http://name:password@host:port'
        : 'Ask who runs it, or name the server in NO_PROXY to go without it.',
  })
}
