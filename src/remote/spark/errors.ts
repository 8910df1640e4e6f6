/**
 * Spark's exceptions as typed errors: the cause in one line, and what to do next. The trace, often
 * hundreds of lines, stays in `cause` for --debug.
 */

import { type Symptom, symptomOf } from '../../engines/symptom.js'
import { SessionizeError } from '../../errors/errors.js'
import { Secrets } from '../../errors/secrets.js'
import { serverWords } from '../../errors/server-words.js'
import { javaCrash, rescued } from './java-crash.js'

/** An exception there, as `spark/driver.py` tells it. */
export interface SparkFailure {
  /** Whether it was running when it was asked to stop. */
  readonly cancelled: boolean
  /** Spark's own name for it: `TABLE_OR_VIEW_NOT_FOUND`. */
  readonly condition: string | null
  /** Class and message, outermost first. */
  readonly causes: readonly (readonly [string, string])[]
  readonly trace: string
}

const SYMPTOMS: readonly Symptom[] = [
  {
    pattern: /JAVA_HOME is not set|java: (command )?not found|Unable to locate a Java Runtime/i,
    code: 'engine',
    message: 'Spark needs Java, and none was found.',
    hint: 'Install Java 17 or 21, or set JAVA_HOME.',
  },
  {
    pattern: /UnsupportedClassVersionError|class file version|requires Java/i,
    code: 'engine',
    message: 'This Spark needs a newer Java than the one that was found.',
    hint: 'Spark 4 runs on Java 17 and 21; set JAVA_HOME to one of them.',
  },
  {
    pattern: /Cannot run program "([^"]*python[^"]*)"/i,
    code: 'engine',
    message: "Spark's driver needs Python 3, and none was found.",
    hint: 'Install python3, or name one with PYSPARK_DRIVER_PYTHON.',
  },
  {
    pattern: /ModuleNotFoundError: No module named '(pyspark|py4j)/,
    code: 'engine',
    message: 'The Spark that was found has no Python part (python/lib/pyspark.zip).',
    hint: 'Set SPARK_HOME to a complete Spark distribution.',
  },
  {
    pattern: /Could not parse Master URL|Master must either be yarn|Invalid master URL|master URL/i,
    code: 'usage',
    hint: 'Write it as --master spark://HOST:PORT, yarn, k8s://https://HOST:PORT or local[*].',
  },
  {
    pattern: /All masters are unresponsive|Failed to connect to master/i,
    code: 'engine',
    message: 'No Spark master answers there.',
    hint: 'Check the address of --master and that the cluster runs.',
  },
  {
    pattern: /HADOOP_CONF_DIR or YARN_CONF_DIR must be set/i,
    code: 'usage',
    message: '--master yarn needs the configuration of the cluster.',
    hint: 'Set HADOOP_CONF_DIR to the folder with core-site.xml and yarn-site.xml.',
  },
  {
    pattern: /PATH_NOT_FOUND|Path does not exist|InvalidInputException/,
    code: 'input_missing',
    hint: 'The path must be one that every machine of the cluster can read; folders and globs are fine.',
  },
  {
    pattern: /TABLE_OR_VIEW_NOT_FOUND/,
    code: 'input_missing',
    hint: 'Name it with its catalog and schema; tables of a Hive metastore need hive-site.xml in the conf folder of SPARK_HOME.',
  },
  {
    pattern: /UNABLE_TO_INFER_SCHEMA/,
    code: 'input_empty',
    hint: 'Check that the path holds files of --input-format.',
  },
  {
    pattern: /UNRESOLVED_COLUMN|FIELD_NOT_FOUND/,
    code: 'unknown_column',
    hint: 'Name the columns as Spark shows them.',
  },
  {
    pattern: /PATH_ALREADY_EXISTS|TABLE_OR_VIEW_ALREADY_EXISTS|LOCATION_ALREADY_EXISTS/,
    code: 'output_unwritable',
    hint: 'Nothing was replaced. Remove it first, or choose another name.',
  },
  {
    pattern:
      /(ClassNotFoundException|UNSUPPORTED_FILESYSTEM|UnsupportedFileSystemException|No FileSystem for scheme).*/s,
    code: 'extension_missing',
    hint: 'This Spark lacks the library for that storage or format. For s3a: --spark-conf spark.jars.packages=org.apache.hadoop:hadoop-aws:VERSION, with the version of its Hadoop.',
  },
  {
    pattern: /No space left on device/i,
    code: 'disk_full',
    hint: 'Free some space where the executors keep their shuffle files (spark.local.dir).',
  },
  {
    pattern: /OutOfMemoryError|Container killed by YARN for exceeding|OOMKilled|exit code 137/i,
    code: 'out_of_memory',
    hint: 'Give it more with --spark-conf spark.executor.memory=8g (or spark.driver.memory, where planning needs it), or smaller tasks with --spark-conf spark.sql.shuffle.partitions=2000.',
  },
  {
    pattern: /AccessControlException|AccessDenied|Permission denied|403 Forbidden/i,
    code: 'input_unreadable',
    hint: 'Check the rights of the user that the cluster runs this as.',
  },
  {
    pattern:
      /Can not read value at|is not a Parquet file|CANNOT_READ_FILE_FOOTER|FAILED_READ_FILE|MALFORMED_RECORD/,
    code: 'input_corrupt',
    hint: 'Export or copy the file again, or name its --input-format.',
  },
]

/** What failed, by the cause that says most. */
export function sparkError(
  failure: SparkFailure,
  secrets: Secrets = new Secrets([]),
): SessionizeError {
  const cause = new Error(secrets.redact(failure.trace))
  if (failure.cancelled) return new SessionizeError('interrupted', 'Interrupted.', { cause })
  const causes = failure.causes.map(([name, message]) => [name, secrets.redact(message)] as const)
  const all = causes.map(([name, message]) => `${name}: ${message}`).join('\n')
  const words = serverWords(oneLine(rootOf(causes)), secrets, { longest: LONGEST })
  return withSymptom(`${failure.condition ?? ''}\n${all}`, `Spark: ${words}`, cause)
}

const LONGEST = 2_000

/** A Spark that ended before it answered, by what it printed. */
export function sparkEnded(
  printed: string,
  status: string,
  { secrets, folder }: { readonly secrets: Secrets; readonly folder: string },
): SessionizeError {
  const told = secrets.redact(printed)
  const cause = new Error(told)
  const crash = javaCrash(told)
  if (crash !== undefined) {
    const report =
      crash.report === undefined ? '' : ` Its report is ${rescued(crash.report, folder)}`
    return new SessionizeError('engine', `Spark’s Java crashed (${crash.what}).${report}`, {
      cause,
      hint: 'It is a fault of this Java, or of a native library that Spark loads: try another Java, or without the library.',
    })
  }
  const words = serverWords(lastWords(told), secrets, { longest: LONGEST })
  return withSymptom(told, `Spark ended with ${status}: ${words}`, cause)
}

function withSymptom(told: string, message: string, cause: Error): SessionizeError {
  const symptom = symptomOf(SYMPTOMS, told)
  return new SessionizeError(symptom?.code ?? 'engine', symptom?.message ?? message, {
    cause,
    hint: symptom?.hint ?? 'Run it again with --debug to see all that Spark said.',
  })
}

/** Wrappers say only that something failed; the innermost cause with a message says what. */
function rootOf(causes: SparkFailure['causes']): string {
  const told = causes.filter(([, message]) => message !== '' && message !== 'null')
  const [name, message] = told.at(-1) ?? causes.at(-1) ?? ['', 'it failed without a word']
  const short = name.split('.').at(-1) ?? name
  return /^(ExtendedAnalysis|Analysis|Parse|Spark|Py4J|Runtime)/.test(short)
    ? message
    : `${short}: ${message}`.replace(/: $/, '')
}

/** What Spark appends to what it has to say: the SQL text, its plan, the driver's stack. */
const APPENDED =
  /\n\s*\n|;\n|; line \d+ pos \d+|\n== SQL|\nJVM stacktrace:|\nDriver stacktrace:|\n\tat /

/** One sentence and, where it says what was meant, the next. */
function oneLine(message: string): string {
  const said = message
    .split(APPENDED)[0]
    ?.replaceAll(/\[[A-Z_.]+\] | SQLSTATE: \w+/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  if (said === undefined || said === '') return 'it failed without a word'
  const [first = '', second = ''] = said.split(/(?<=[.?]) (?=[A-Z])/)
  return second.startsWith('Did you mean') ? `${first} ${second}` : first
}

const LOUD = /(?:^|\s)(?:ERROR|FATAL)\b|Exception\b|^Error:/

/** The first complaint; else the last line. */
function lastWords(printed: string): string {
  const lines = printed.split('\n').filter((line) => !/^[#\s]*$/.test(line))
  const line = lines.find((one) => LOUD.test(one)) ?? lines.at(-1) ?? 'it printed nothing'
  return oneLine(line.replace(/^\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d /, ''))
}
