/** A standalone Spark cluster on loopback: one master and workers of one core, of `pyspark` from PyPI. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const START_MILLIS = 120_000

/**
 * @param python the interpreter of an environment with pyspark
 * @param folder private; everything that the cluster writes goes there
 */
export async function startSparkCluster({ python, folder, workers = 2, memory = '1g' }) {
  const home = execFileSync(
    python,
    ['-c', 'import os, pyspark; print(os.path.dirname(pyspark.__file__))'],
    { encoding: 'utf8' },
  ).trim()
  const env = {
    ...process.env,
    SPARK_HOME: home,
    PYSPARK_PYTHON: python,
    SPARK_LOCAL_IP: '127.0.0.1',
  }
  const ofDaemons = {
    ...env,
    SPARK_LOCAL_DIRS: folder,
    SPARK_DAEMON_JAVA_OPTS: `-Djava.io.tmpdir=${folder} -Dspark.master.rest.enabled=false`,
  }
  const children = []
  const start = (name, args) => {
    const own = join(folder, name)
    mkdirSync(own)
    const child = spawn(
      join(home, 'bin', 'spark-class'),
      [
        `org.apache.spark.deploy.${args[0]}`,
        '--host',
        '127.0.0.1',
        '--port',
        '0',
        '--webui-port',
        '0',
        ...args.slice(1),
      ],
      // A worker and its executors are one group, to be killed together.
      { cwd: own, env: ofDaemons, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    )
    const process_ = { name, folder: own, child, printed: '' }
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        process_.printed += text
      })
    }
    children.push(process_)
    return process_
  }
  const stop = () => {
    for (const { child } of children) killGroup(child)
  }
  process.on('exit', stop)
  const said = async (process_, pattern) => {
    const until = Date.now() + START_MILLIS
    for (;;) {
      const match = pattern.exec(process_.printed)
      if (match !== null) return match
      if (Date.now() > until || process_.child.exitCode !== null) {
        stop()
        throw new Error(`Spark's ${process_.name} did not start:\n${process_.printed}`)
      }
      await pause(100)
    }
  }
  const master = start('master', ['master.Master'])
  const [, url] = await said(master, /Starting Spark master at (spark:\/\/\S+)/)
  const started = Array.from({ length: workers }, (_, i) =>
    start(`worker-${i + 1}`, [
      'worker.Worker',
      '--cores',
      '1',
      '--memory',
      memory,
      '--work-dir',
      join(folder, `worker-${i + 1}`),
      url,
    ]),
  )
  for (const worker of started) await said(worker, /Successfully registered with master/)
  return {
    url,
    env,
    /** What every application needs on this cluster. */
    conf: {
      'spark.driver.host': '127.0.0.1',
      'spark.driver.bindAddress': '127.0.0.1',
      'spark.ui.enabled': 'false',
    },
    /** What the master printed. */
    masterLog: () => master.printed,
    /** What the executors of a worker printed for an application. */
    executorLog: (worker, application, executor) =>
      readFileSync(join(started[worker].folder, application, String(executor), 'stderr'), 'utf8'),
    workerFolder: (worker) => started[worker].folder,
    killWorker: (worker) => killGroup(started[worker].child),
    async stop() {
      const over = children.map(({ child }) =>
        child.exitCode !== null || child.signalCode !== null
          ? undefined
          : new Promise((resolve) => child.once('exit', resolve)),
      )
      stop()
      await Promise.all(over)
      process.off('exit', stop)
    },
  }
}

function killGroup(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}
