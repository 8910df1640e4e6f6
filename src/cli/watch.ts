import type { Progress } from '../report/progress.js'
import type { Dataset } from '../sessions/dataset.js'
import type { SourceProgress } from '../sources/open.js'
import type { Terminal } from './terminal.js'

/** Shows on a terminal what is going on, from the engine's own figures. */
export class Watch {
  private timer: NodeJS.Timeout | undefined

  /** @param progress undefined where nothing is drawn, and so what draws need not be loaded */
  private constructor(private readonly progress: Progress | undefined) {}

  static async on({ stderr }: Terminal): Promise<Watch> {
    if (stderr.isTTY !== true) return new Watch(undefined)
    const { Progress } = await import('../report/progress.js')
    return new Watch(new Progress(stderr, () => performance.now()))
  }

  readonly sources = (progress: SourceProgress): void => {
    this.progress?.update({
      phase: progress.phase,
      done: progress.bytes,
      total: progress.totalBytes ?? null,
      unit: 'bytes',
    })
  }

  /** Of a table whose size is perhaps not known. */
  readonly rows = ({
    rows,
    totalRows,
  }: {
    readonly rows: number
    readonly totalRows: number | null
  }): void => {
    this.progress?.update({ phase: 'reading events', done: rows, total: totalRows, unit: 'rows' })
  }

  /** Follows the engine's running query until the end. */
  readonly read = ({ engine, events }: Dataset): void => {
    const { progress } = this
    if (progress === undefined) return
    const rows = events.ledger.kept
    this.timer = setInterval(() => {
      const percent = engine.progressPercent
      if (percent === undefined) return
      progress.update({
        phase: 'cutting sessions',
        done: Math.round((percent / 100) * rows),
        total: rows,
        unit: 'rows',
      })
    }, 100)
    this.timer.unref()
  }

  finish(): void {
    clearInterval(this.timer)
    this.progress?.finish()
  }
}
