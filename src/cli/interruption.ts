/** Ctrl-C and its kin: the work is asked to stop, and soon made to. */
import type nodeProcess from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'

type Process = typeof nodeProcess

/** SIGHUP: the terminal window was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** As long as stopping may take after a signal, until the process ends all the same. */
const GRACE_MILLIS = 2_000
const LOOK_MILLIS = 20

export class Interruption {
  private readonly controller = new AbortController()

  constructor(private readonly process: Process) {
    for (const name of SIGNALS) process.on(name, this.onSignal)
  }

  /** Aborted by the first signal. After a second one, or the grace period, the process is ended. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** The end of a process whose work was stopped by a signal and is now over. */
  async finish(): Promise<never> {
    // A shell takes an exit code of 130 for a Ctrl-C that was dealt with, and goes on with its loop.
    if (this.process.stderr.isTTY) this.end()
    while (this.threadsAreBusy()) await pause(LOOK_MILLIS)
    return this.process.exit(130)
  }

  private readonly onSignal = (): void => {
    if (this.signal.aborted) this.end()
    this.controller.abort()
    setTimeout(() => this.end(), GRACE_MILLIS).unref()
  }

  /**
   * A regular exit waits for native threads, and a read from a pipe that nobody fills never ends. So
   * the exit handlers are run here, and then the signal is let through: shells show that as 130.
   */
  private end(): void {
    const { process } = this
    if (process.platform === 'win32') process.exit(130)
    process.emit('exit', 130)
    for (const name of SIGNALS) process.off(name, this.onSignal)
    process.kill(process.pid, 'SIGINT')
  }

  private threadsAreBusy(): boolean {
    return this.process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))
  }
}
