/** A stand-in for the Export API on a free port of this machine; each test says how it answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { buildZip } from '../sources/zip-builder.js'

export interface Asked {
  readonly start: string
  readonly end: string
  readonly authorization: string | undefined
  readonly userAgent: string | undefined
  readonly path: string
}

export type Reply = (asked: Asked, response: ServerResponse) => void | Promise<void>

export class ExportServer {
  readonly asked: Asked[] = []
  reply: Reply = () => undefined

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ExportServer> {
    const server = createServer()
    const own = new ExportServer(server)
    server.on('request', (request, response) => own.answer(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return own
  }

  get url(): string {
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return `http://127.0.0.1:${address.port}`
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', this.url)
    const asked = {
      start: url.searchParams.get('start') ?? '',
      end: url.searchParams.get('end') ?? '',
      authorization: request.headers.authorization,
      userAgent: request.headers['user-agent'],
      path: url.pathname,
    }
    this.asked.push(asked)
    void this.reply(asked, response)
  }
}

/** One event in the first hour of the range, as the API packs it. */
export function exported({ start }: Asked): Buffer {
  const time = `${start.slice(0, 4)}-${start.slice(4, 6)}-${start.slice(6, 8)} ${start.slice(9)}:15:00.000000`
  const event = {
    amplitude_id: 1,
    event_type: 'view',
    event_time: time,
    session_id: -2,
    uuid: start,
  }
  const name = `12345/12345_${start.slice(0, 4)}-${start.slice(4, 6)}-${start.slice(6, 8)}_${Number(start.slice(9))}#0.json.gz`
  return buildZip([{ name, data: gzipSync(`${JSON.stringify(event)}\n`), stored: true }])
}

export const send = (
  response: ServerResponse,
  status: number,
  body: string | Buffer = '',
  headers = {},
): void => {
  response.writeHead(status, headers)
  response.end(body)
}

export const sendZip: Reply = (asked, response) => {
  const zip = exported(asked)
  send(response, 200, zip, { 'content-type': 'application/zip', 'content-length': zip.length })
}
