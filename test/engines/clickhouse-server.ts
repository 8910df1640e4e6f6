/** The questions that tests ask a server directly. */
import { type ChdbServer, type ServerOptions, startChdb } from './chdb-server.js'

export interface AskedServer extends ChdbServer {
  /** @returns the body of the answer; throws what the server says is wrong. */
  ask(query: string): Promise<string>
}

export async function startAsked(options: ServerOptions = {}): Promise<AskedServer> {
  const server = await startChdb(options)
  const { user = 'default', password = '' } = options
  return {
    ...server,
    async ask(query) {
      const response = await fetch(server.url, {
        method: 'POST',
        body: query,
        headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` },
      })
      const body = await response.text()
      if (!response.ok) throw new Error(body)
      return body
    },
  }
}
