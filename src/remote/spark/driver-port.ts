/**
 * The loopback port on which Spark's driver calls back. Anybody on this machine can connect to it, so
 * nothing is taken from a connection before it has shown the token, which only the driver was given.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** `{"token": "..."}` is a tenth of it. */
const MOST_BYTES = 1024
/** Strangers that are waited for; the oldest gives way, for the driver shows its token at once. */
const MOST_STRANGERS = 128

export class DriverPort {
  readonly token = randomBytes(32).toString('hex')
  private readonly strangers = new Set<Socket>()

  private constructor(private readonly server: Server) {}

  static async open(): Promise<DriverPort> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new DriverPort(server)
  }

  get number(): number {
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new RangeError('no port')
    return address.port
  }

  /** Called once, with the first connection that shows the token; what it says next is still to be read. */
  onDriver(greet: (socket: Socket) => void): void {
    this.server.on('connection', (socket) => {
      // Its end is seen by who reads it.
      socket.on('error', () => undefined)
      this.admit(socket)
      let said = Buffer.alloc(0)
      const hear = (chunk: Buffer): void => {
        said = Buffer.concat([said, chunk])
        const end = said.indexOf('\n')
        if (end < 0 && said.length <= MOST_BYTES) return
        if (end < 0 || end > MOST_BYTES || !this.isToken(said.toString('utf8', 0, end))) {
          socket.destroy()
          return
        }
        socket.off('data', hear).pause()
        socket.unshift(said.subarray(end + 1))
        this.strangers.delete(socket)
        this.close()
        greet(socket)
      }
      socket.on('data', hear)
    })
  }

  /** For everybody but the driver. */
  close(): void {
    this.server.close().removeAllListeners('connection')
    this.server.on('connection', (socket) => socket.destroy())
    for (const socket of this.strangers) socket.destroy()
  }

  private admit(socket: Socket): void {
    this.strangers.add(socket)
    socket.once('close', () => this.strangers.delete(socket))
    const [oldest] = this.strangers
    if (this.strangers.size > MOST_STRANGERS) oldest?.destroy()
  }

  private isToken(line: string): boolean {
    const given = tokenOf(line)
    if (given === undefined) return false
    const [a, b] = [Buffer.from(given), Buffer.from(this.token)]
    return a.length === b.length && timingSafeEqual(a, b)
  }
}

function tokenOf(line: string): string | undefined {
  try {
    const message: unknown = JSON.parse(line)
    const isObject = typeof message === 'object' && message !== null && 'token' in message
    return isObject && typeof message.token === 'string' ? message.token : undefined
  } catch {
    return undefined
  }
}
