export interface SparkTask {
  readonly stage: number
  readonly failed: boolean
  readonly launchedMillis: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly recordsRead: number
  readonly shuffleBytes: number
  readonly shuffleRecords: number
  readonly shuffleRecordsRead: number
  readonly spilledBytes: number
}

export function eventLogConf(folder: string): Record<string, string>
export function sparkTasks(folder: string): SparkTask[]
export function total(
  tasks: readonly SparkTask[],
  figure: Exclude<keyof SparkTask, 'failed'>,
): number
