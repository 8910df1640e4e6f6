/** What Spark's own event log tells of a run: its tasks with what they read, shuffled and took. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Settings that make an application write its log as one plain file into the folder. */
export const eventLogConf = (folder) => ({
  'spark.eventLog.enabled': 'true',
  'spark.eventLog.dir': `file:${folder}`,
  'spark.eventLog.compress': 'false',
  'spark.eventLog.rolling.enabled': 'false',
})

/** Of every finished application in the folder. */
export function sparkTasks(folder) {
  return readdirSync(folder)
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    .filter((line) => line.startsWith('{"Event":"SparkListenerTaskEnd"'))
    .map((line) => JSON.parse(line))
    .filter((event) => event['Task Metrics'] !== undefined)
    .map((event) => ({
      stage: event['Stage ID'],
      failed: event['Task End Reason'].Reason !== 'Success',
      launchedMillis: event['Task Info']['Launch Time'],
      seconds: event['Task Metrics']['Executor Run Time'] / 1e3,
      cpuSeconds: event['Task Metrics']['Executor CPU Time'] / 1e9,
      recordsRead: event['Task Metrics']['Input Metrics']['Records Read'],
      shuffleBytes: event['Task Metrics']['Shuffle Write Metrics']['Shuffle Bytes Written'],
      shuffleRecords: event['Task Metrics']['Shuffle Write Metrics']['Shuffle Records Written'],
      shuffleRecordsRead: event['Task Metrics']['Shuffle Read Metrics']['Total Records Read'],
      spilledBytes: event['Task Metrics']['Disk Bytes Spilled'],
    }))
}

export const total = (tasks, figure) => tasks.reduce((sum, task) => sum + task[figure], 0)
