export interface SparkTestCluster {
  readonly url: string
  readonly env: Record<string, string | undefined>
  readonly conf: Readonly<Record<string, string>>
  masterLog(): string
  executorLog(worker: number, application: string, executor: number): string
  workerFolder(worker: number): string
  killWorker(worker: number): void
  stop(): Promise<void>
}

export function startSparkCluster(options: {
  readonly python: string
  readonly folder: string
  readonly workers?: number
  readonly memory?: string
}): Promise<SparkTestCluster>
