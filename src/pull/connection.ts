/** A request over HTTP, directly or through a proxy. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { connect } from 'node:tls'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { type ProxyServer, tunnel } from './proxy.js'

export interface Request {
  readonly headers: Readonly<Record<string, string>>
  readonly proxy: ProxyServer | undefined
  readonly signal: AbortSignal
}

/** Resolves when the head of the answer is there; redirections are answers like others. */
export async function ask(url: URL, { headers, proxy, signal }: Request): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const socket = proxy === undefined ? undefined : await tunnel(proxy, url, signal)
  return new Promise((resolve, reject) => {
    const request: ClientRequest =
      url.protocol === 'http:'
        ? httpRequest(url, { headers, signal })
        : httpsRequest(url, {
            headers,
            signal,
            ...(socket === undefined
              ? {}
              : {
                  createConnection: () =>
                    connect({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}) }),
                }),
          })
    // What ends the connection later is met by who reads the answer, or by nobody.
    request
      .once('response', (response) => resolve(response.on('error', () => undefined)))
      .on('error', reject)
      .once('close', () => socket?.destroy())
      .end()
  })
}

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** The content of an answer; some proxies pack it, although nobody asked them to. */
export function body(response: IncomingMessage): Readable {
  const decoder = DECODERS[response.headers['content-encoding']?.toLowerCase() ?? '']
  // Who reads it meets its errors.
  return decoder === undefined ? response : pipeline(response, decoder(), () => undefined)
}
