/**
 * Every option, once: its flag, what it takes, which commands have it, where else it can be set,
 * what completes it and what it is about. From here come the flags of the command line with their
 * help, the keys of the config file, completions, the options of the library, and what is refused
 * where an option makes no sense.
 */
import { DIALECT_NAMES } from '../dialects/names.js'
import { CLOCK_CHOICES } from '../events/clock-choice.js'
import type { SessionDefinition } from '../sessions/definition.js'
import { NAMED_DEFINITIONS } from '../sessions/definitions.js'

/**
 * What an option takes. As texts: `names` and `shares` are lists with commas; `gathered` may be said
 * again and again, `gatheredNames` too, each time with a list; of `textOrTrue` the text may be left out.
 */
export interface Values {
  readonly text: string
  readonly names: string | readonly string[]
  readonly gathered: string | readonly string[]
  readonly gatheredNames: string | readonly string[]
  readonly files: string | readonly string[]
  readonly textOrTrue: string | true
  readonly switch: boolean
  /** On unless the flag, which begins with `--no-`, is there. */
  readonly unless: boolean
  /** From 1. */
  readonly whole: number
  readonly number: number
  /** `5000`, `10k`, `1M`. */
  readonly count: number | string
  /** `0.01`, `1%`. */
  readonly share: number | string
  readonly shares: string | readonly number[]
  /** `30m`, or a number of milliseconds. */
  readonly duration: string | number
  /** The same, or none at all: `0`. */
  readonly delay: string | number
  readonly durations: string | readonly (string | number)[]
  /** `512MB`. */
  readonly size: string
  /** The name of one, or what differs from the default. */
  readonly definition: string | Partial<SessionDefinition>
}

export type Takes = keyof Values

/** How an option is told. */
interface Told {
  readonly flag: string
  readonly about: string
  /** Its heading in help. */
  readonly group: string
  /** As help tells it; the library's own is the same. */
  readonly byDefault?: string | number
}

export interface OptionSpec extends Told {
  readonly takes: Takes
  /** The commands that have it. */
  readonly of: readonly CommandName[]
  /** Where a command tells it otherwise. */
  readonly told?: { readonly [Name in CommandName]?: Partial<Told> }
  readonly choices?: readonly string[]
  readonly env?: string
  /** The section of the config file that it can stand in. */
  readonly config?: ConfigSection
  readonly completes?: Completion
  /** It is about the rows of an export, which a live stream has not. */
  readonly ofExports?: true
  /** The remote engines that it is about. */
  readonly engines?: readonly EngineName[]
  /** It names a file or a folder, and what that is to the run. */
  readonly path?: 'written' | 'read' | 'folder'
  readonly hidden?: true
}

export type ConfigSection = 'input' | 'sessions' | 'segments' | 'resources'
export type Completion = 'column' | 'event' | 'value' | 'rule' | 'preset' | 'definition'

export const ENGINE_NAMES = ['clickhouse', 'spark'] as const
export type EngineName = (typeof ENGINE_NAMES)[number]

/** Commands that need no more than sessions, and so can ask a remote engine. */
export const OF_SESSIONS = ['summary', 'sessions', 'compare', 'trend', 'users'] as const
/** Commands that answer for every row of the inputs. */
const READS = [...OF_SESSIONS, 'events', 'gap', 'query', 'audit', 'check', 'report'] as const
/** Commands that find rows and map columns. */
const MAPS = [...READS, 'inspect', 'init'] as const
/** Commands that cut sessions. */
const CUTS = [...READS, 'init', 'follow', 'sql'] as const
const SEGMENTS = ['summary', 'compare', 'trend', 'report'] as const

/** Commands, which are also the library's functions where they ask a question. */
export type CommandName =
  | (typeof MAPS)[number]
  | (typeof CUTS)[number]
  | 'generate'
  | 'pull'
  | 'state'
  | 'completions'

const INPUT = 'Input:'
const ENGINE = 'Engine:'
const SESSIONS = 'Sessions:'
const CHECKS = 'Checks:'
const EVENTS = 'Events:'
const TABLE = 'Table:'
const OUTPUT = 'Output:'

/** What options of one kind have in common. */
const COLUMN = {
  group: INPUT,
  of: [...MAPS, 'follow', 'sql'],
  config: 'input',
  completes: 'column',
} as const
const READING = { group: INPUT, of: [...MAPS, 'follow'], config: 'input' } as const
const EXPORT = { group: INPUT, of: MAPS, config: 'input', ofExports: true } as const
const RULE = { group: SESSIONS, of: CUTS, config: 'sessions' } as const
const RULE_EVENT = { ...RULE, completes: 'event' } as const
const EXTRA = { group: SESSIONS, of: ['sessions', 'sql'] } as const
const CLICKHOUSE = { group: ENGINE, of: READS, engines: ['clickhouse'] } as const
const SPARK = { group: ENGINE, of: READS, engines: ['spark'] } as const
const DISTRIBUTION = { group: 'Distribution:', of: ['summary'] } as const
const PERIOD = { group: 'Periods:', of: ['trend'] } as const
const COMPARED = { group: 'Comparison:', of: ['compare'] } as const
const CHECK = { group: CHECKS, of: ['check'] } as const
const AUDIT = { group: 'Audit:', of: ['audit'] } as const
const LIVE = { group: 'Stream:', of: ['follow'] } as const
const PRINTED = { group: 'Query:', of: ['sql'] } as const
const PULL = { group: 'Download:', of: ['pull'] } as const
const PLANTED = { group: EVENTS, of: ['generate'] } as const
const FAULT = { group: 'Faults:', of: ['generate'] } as const
const RESOURCE = {
  group: 'Resources:',
  of: [...MAPS, 'generate', 'state'],
  config: 'resources',
} as const

const ADDED_COLUMNS = 'add these columns: first filled value in the session'

const BY_KEYS =
  'per value of these: a column (first filled value in the session; column:last, column:mode, column:user for others), @hour, @weekday, @day, @week, @month, @length, @visitor'

/** By the name that the library takes; the flag says the same with hyphens. */
// biome-ignore format: it is a table, and each option is a line of it.
export const OPTIONS = {
  dialect: { ...PRINTED, flag: '--dialect <name>', takes: 'text', about: 'the engine that is to run it', choices: DIALECT_NAMES, byDefault: 'duckdb' },
  stage: { ...PRINTED, flag: '--stage <stage>', takes: 'text', about: 'what the query gives (default: sessions)', choices: ['blocks', 'sessions', 'summary'] },
  fromTable: { group: TABLE, of: ['sql'], flag: '--from-table <name>', takes: 'text', about: 'the table or view of events; without it, a relation `events` as the first lines say' },
  preset: { ...READING, flag: '--preset <name>', takes: 'text', about: "read as this vendor's export (default: detected)", completes: 'preset' },
  user: { ...COLUMN, flag: '--user <columns>', takes: 'names', about: 'column or path of the user; of several, the first that is filled',
    told: { sql: { group: 'Table:', about: 'its column of the user; of several, the first that is filled' } } },
  time: { ...COLUMN, flag: '--time <column>', takes: 'text', about: 'column or path of the time; `date+time` joins two, of `a,b` the first that is filled counts',
    told: { sql: { group: 'Table:', about: 'its column of the time, a timestamp' } } },
  timeFormat: { ...READING, flag: '--time-format <format>', takes: 'text', about: "s, ms, us, ns, iso, or a pattern such as '%d.%m.%Y %H:%M' (default: each value as it is spelt)" },
  timezone: { ...READING, flag: '--timezone <zone>', takes: 'text', about: 'zone of times that name none (default: UTC)' },
  timeUnit: { group: TABLE, of: ['sql'], flag: '--time-unit <unit>', takes: 'text', about: 'the time is a number since 1970 in this unit', choices: ['s', 'ms', 'us', 'ns'] },
  event: { ...COLUMN, flag: '--event <column>', takes: 'text', about: 'column or path of the event name',
    told: { sql: { group: 'Table:', about: 'its column of the event name' } } },
  session: { ...COLUMN, flag: '--session <column>', takes: 'text', about: "column or path of the vendor's own session id; '' takes it away",
    told: { sql: { group: 'Table:', about: 'its column of the recorded session id' } } },
  dedupe: { ...EXPORT, flag: '--dedupe <columns>', takes: 'names', about: "rows alike in these are one event; `insert_id` is the preset's, `exact` all columns, `none` keeps all (default: the preset's key)", completes: 'column' },
  unnest: { ...READING, flag: '--unnest <list>', takes: 'text', about: 'each element of this list inside of rows is an event, as in data.events (default: detected)' },
  delimiter: { ...EXPORT, flag: '--delimiter <text>', takes: 'text', about: "what separates values of CSV, also as tab or '\\x01' (default: seen)" },
  skip: { ...EXPORT, flag: '--skip <n>', takes: 'count', about: 'lines before the header of CSV, or without one before the first row (default: seen)' },
  comment: { ...EXPORT, flag: '--comment <character>', takes: 'text', about: 'lines of CSV that begin with this are no rows' },
  header: { ...EXPORT, flag: '--no-header', takes: 'unless', about: 'the first line of CSV is a row; columns are column1, column2 and so on' },
  clock: { ...EXPORT, flag: '--clock <clock>', takes: 'text', about: "which of an event's times counts; `corrected` is the device's, set right by the server's", choices: CLOCK_CHOICES },
  null: { group: INPUT, of: MAPS, config: 'input', flag: '--null <text>', takes: 'gathered', about: 'a text that stands for nothing as a user, time, session or key, besides NULL, None and the like; again and again' },
  stitch: { ...EXPORT, flag: '--stitch', takes: 'switch', about: 'ids that stand in one row are one user, across all rows' },
  stitchLimit: { group: INPUT, of: MAPS, config: 'input', flag: '--stitch-limit <n>', takes: 'whole', about: 'refuse to make one user of more ids (default: 1000)' },
  mergedIds: { ...EXPORT, flag: '--merged-ids', takes: 'switch', about: "apply the export's files of users that Amplitude merged" },
  where: { ...EXPORT, flag: '--where <condition>', takes: 'text', about: 'only events that meet this SQL condition on their columns',
    told: { users: { group: 'Users:', about: 'SQL on: sessions, events, bounces, bounce_share, mean_length, p90_length, max_length, total_length, first_start, last_end' } } },
  from: { ...EXPORT, flag: '--from <time>', takes: 'text', about: 'only events at or after this time' },
  to: { ...EXPORT, flag: '--to <time>', takes: 'text', about: 'only events before this time' },
  strict: { group: INPUT, of: READS, config: 'input', flag: '--strict', takes: 'switch', about: 'fail when any row is rejected' },
  rejects: { group: INPUT, of: READS, flag: '--rejects <file>', takes: 'text', about: 'write rejected rows with file, row and reason (csv, ndjson, parquet), also when they are an error', path: 'written' },
  state: { group: INPUT, of: ['summary', 'sessions'], flag: '--state <folder>', takes: 'text', about: 'keep what is read in this folder, and answer over all that was ever added to it', path: 'folder' },
  engine: { group: ENGINE, of: READS, engines: ENGINE_NAMES, flag: '--engine <name>', takes: 'text', about: 'ask a table in this engine, where the events stay, instead of files', choices: ENGINE_NAMES },
  url: { ...CLICKHOUSE, flag: '--url <address>', takes: 'text', about: "the engine's address: https://host:8443" },
  table: { group: ENGINE, of: READS, engines: ENGINE_NAMES, flag: '--table <name>', takes: 'text', about: "database.table there, or a source of the engine's own: \"s3('https://bucket/*.parquet')\"" },
  ca: { ...CLICKHOUSE, flag: '--ca <file>', takes: 'text', about: "PEM file of the authority that signed the engine's certificate", path: 'read' },
  credentials: { ...CLICKHOUSE, flag: '--credentials <file>', takes: 'text', about: 'file with CLICKHOUSE_USER=... and CLICKHOUSE_PASSWORD=... (default: the environment)', path: 'read' },
  master: { ...SPARK, flag: '--master <address>', takes: 'text', about: 'Spark: spark://host:7077, yarn, k8s://https://host:443 or local[*]' },
  paths: { ...SPARK, flag: '--paths <paths>', takes: 'names', path: 'read', about: 'Spark: files, folders or globs that its workers can read, instead of a table' },
  inputFormat: { ...SPARK, flag: '--input-format <format>', takes: 'text', about: 'Spark: what --paths holds (default: parquet)', choices: ['parquet', 'json', 'csv'] },
  sparkConf: { ...SPARK, flag: '--spark-conf <setting>', takes: 'gathered', about: 'Spark: a setting of its own, as in spark.executor.memory=4g; again for others' },
  definition: { ...RULE, flag: '--definition <name>', takes: 'definition', about: `a vendor's rules to start from: ${NAMED_DEFINITIONS.map(({ name }) => name).join(', ')}`, completes: 'definition' },
  gap: { ...RULE, flag: '--gap <time>', takes: 'gathered', about: 'inactivity that ends a session: 30m, 90s, PT30M, or milliseconds from 60000 on; again as platform=iOS:5m for events with that value (default: 30m)', completes: 'value', env: 'SESSIONIZE_GAP' },
  boundary: { ...RULE, flag: '--boundary <rule>', takes: 'text', about: 'a gap of exactly the timeout: `after` continues, `at` ends the session (default: after)', choices: ['after', 'at'] },
  maxLength: { ...RULE, flag: '--max-length <time>', takes: 'duration', about: 'an event later than this after the start opens a session' },
  maxEvents: { ...RULE, flag: '--max-events <n>', takes: 'whole', about: 'a session of so many events takes no more' },
  cutAtMidnight: { ...RULE, flag: '--cut-at-midnight [zone]', takes: 'textOrTrue', about: 'a new local day opens a session (default zone: UTC)' },
  cutOn: { ...RULE, flag: '--cut-on <columns>', takes: 'gatheredNames', about: 'a changed value of these opens a session', completes: 'column' },
  startEvent: { ...RULE_EVENT, flag: '--start-event <names>', takes: 'gatheredNames', about: 'events that open a session; `*` stands for anything' },
  endEvent: { ...RULE_EVENT, flag: '--end-event <names>', takes: 'gatheredNames', about: 'events that close their session' },
  ignoreEvent: { ...RULE_EVENT, flag: '--ignore-event <names>', takes: 'gatheredNames', about: 'events left out of everything' },
  passiveEvent: { ...RULE_EVENT, flag: '--passive-event <names>', takes: 'gatheredNames', about: 'events counted in an open session that never open one or keep it alive' },
  byRecorded: { ...RULE, flag: '--by-recorded', takes: 'switch', about: "group by the export's own session id instead" },
  plan: { group: SESSIONS, of: CUTS, flag: '--plan <plan>', takes: 'text', about: '', choices: ['blocks', 'events'], hidden: true },
  by: { group: SESSIONS, of: [...SEGMENTS, 'sessions', 'query', 'check', 'gap', 'sql'], config: 'segments', flag: '--by <keys>', takes: 'names', about: BY_KEYS, completes: 'column',
    told: { sessions: { flag: '--by <columns>', about: ADDED_COLUMNS }, query: { flag: '--by <columns>', about: ADDED_COLUMNS }, sql: { flag: '--by <columns>', about: ADDED_COLUMNS }, check: { flag: '--by <columns>', about: 'also look at segments of these: first filled value in the session' }, gap: { flag: '--by <column>', about: 'also a timeout per value of this column' } } },
  reportTimezone: { group: SESSIONS, of: SEGMENTS, config: 'segments', flag: '--report-timezone <zone>', takes: 'text', about: 'zone of hours, days, weeks and months (default: UTC)' },
  property: { ...EXTRA, flag: '--property <columns>', takes: 'names', about: 'add entry_ and exit_ columns: first and last filled value in the session', completes: 'column' },
  sum: { ...EXTRA, flag: '--sum <columns>', takes: 'names', about: 'add sum_ columns of numeric properties', completes: 'column' },
  count: { ...EXTRA, flag: '--count <names>', takes: 'names', about: 'add count_ columns of events by name', completes: 'event' },
  converted: { ...EXTRA, flag: '--converted <names>', takes: 'names', about: 'add has_ columns: whether the session holds such an event', completes: 'event' },
  top: { group: SESSIONS, of: ['summary', 'compare'], flag: '--top <n>', takes: 'whole', about: 'only the segments of the most sessions; the others as (other)',
    told: { compare: { group: 'Comparison:', about: 'only the segments of the most sessions (default: 12)' } } },
  having: { group: SESSIONS, of: ['summary'], flag: '--having <condition>', takes: 'text', about: 'only segments whose figures meet it: "sessions >= 100"' },
  detail: { ...DISTRIBUTION, flag: '--detail', takes: 'switch', about: 'trimmed and geometric mean, intervals, log-normal fit, spreads' },
  quantiles: { group: 'Distribution:', of: ['summary', 'compare'], flag: '--quantiles <shares>', takes: 'shares', about: 'the quantiles of the detail: 0.1,0.5,0.99',
    told: { compare: { group: 'Comparison:', about: 'quantiles to compare (default: 0.5,0.9)' } } },
  bins: { ...DISTRIBUTION, flag: '--bins <scale>', takes: 'text', about: 'bins of the histogram (default: product)', choices: ['product', 'log', 'linear'] },
  per: { ...PERIOD, flag: '--per <period>', takes: 'text', about: 'length of a period; weeks begin on Monday', choices: ['hour', 'day', 'week', 'month', 'hour-of-week'], byDefault: 'day' },
  attribute: { ...PERIOD, flag: '--attribute <edge>', takes: 'text', about: 'where a session that spans two periods counts', choices: ['start', 'end'], byDefault: 'start' },
  baseline: { group: 'Comparison:', of: ['compare', 'check'], flag: '--baseline <files...>', takes: 'files', about: 'compare with the sessions of these files', path: 'read',
    told: { check: { flag: '--baseline <file>', group: 'Checks:', about: 'compare with an earlier export' } } },
  reference: { ...COMPARED, flag: '--reference <value>', takes: 'text', about: 'the segment that others are compared with (default: the largest)' },
  long: { ...COMPARED, flag: '--long <time>', takes: 'duration', about: 'a session is long from here (default: 10m)' },
  bounces: { ...COMPARED, flag: '--no-bounces', takes: 'unless', about: 'only sessions of two events or more' },
  replicates: { ...COMPARED, flag: '--replicates <n>', takes: 'whole', about: 'resamples for the intervals (default: 1000)' },
  seed: { group: 'Comparison:', of: ['compare', 'generate'], flag: '--seed <n>', takes: 'whole', about: 'the same seed gives the same intervals (default: 1)',
    told: { generate: { group: 'Events:', about: 'the same seed makes the same events (default: 1)' } } },
  gaps: { group: SESSIONS, of: ['gap'], flag: '--gaps <times>', takes: 'durations', about: 'timeouts to try (default: 1, 2, 5, 10, 15, 20, 25.5, 30, 45, 60, 90, 120 min, 24 h)' },
  eventsWhere: { group: INPUT, of: ['users'], flag: '--events-where <condition>', takes: 'text', about: 'only events that meet this SQL condition on their columns' },
  columns: { group: OUTPUT, of: ['sessions', 'events', 'sql'], flag: '--columns <names>', takes: 'names', about: 'only these columns, in this order; fewer are faster', completes: 'column',
    told: { events: { about: 'only these columns of the events (default: all)' }, sql: { group: 'Sessions:', about: 'columns of the session table' } } },
  createTable: { group: ENGINE, of: ['sessions'], flag: '--create-table <name>', takes: 'text', about: 'make it a table of the engine, and write nothing here' },
  order: { group: OUTPUT, of: ['events'], flag: '--order <order>', takes: 'text', about: '`user`: by user and time; `source`: as the files have them', choices: ['user', 'source'], byDefault: 'user' },
  background: { ...AUDIT, flag: '--background', takes: 'switch', about: 'only background activity; recorded ids are not looked at' },
  reportedLength: { ...AUDIT, flag: '--reported-length <event:property>', takes: 'text', about: 'an event in which the app reports the length of a session, in seconds' },
  select: { group: CHECKS, of: ['check', 'report'], flag: '--select <ids>', takes: 'names', about: 'only these rules', completes: 'rule',
    told: { report: { group: 'Report:', about: 'only these rules of `check`' } } },
  exclude: { group: CHECKS, of: ['check', 'report'], flag: '--exclude <ids>', takes: 'names', about: 'all but these rules', completes: 'rule',
    told: { report: { group: 'Report:', about: 'all but these rules of `check`' } } },
  failOn: { ...CHECK, flag: '--fail-on <verdict>', takes: 'text', about: 'what makes the exit code 1 (default: error)', choices: ['warn', 'error'] },
  saveBaseline: { ...CHECK, flag: '--save-baseline <file>', takes: 'text', about: 'save this export to compare later ones with', path: 'written' },
  list: { ...CHECK, flag: '--list', takes: 'switch', about: 'list the rules with their thresholds, as they are set' },
  title: { group: 'Report:', of: ['report'], flag: '--title <text>', takes: 'text', about: 'heading of the report (default: the name of the input)' },
  label: { ...LIVE, flag: '--label', takes: 'switch', about: 'pass every event on with session_id, session_number and event_number' },
  lateness: { ...LIVE, flag: '--lateness <time>', takes: 'delay', about: 'how far behind the latest event another may come', byDefault: '2m' },
  maxAhead: { ...LIVE, flag: '--max-ahead <time>', takes: 'delay', about: 'how far the clock of an event may be ahead of this machine; what is further ahead is left out, and counted', byDefault: '1d' },
  revisions: { ...LIVE, flag: '--revisions [time]', takes: 'textOrTrue', about: 'write a session again when a late event changes it, for so long (default: 24h)' },
  maxUsers: { ...LIVE, flag: '--max-users <n>', takes: 'whole', about: 'users held in memory at most', byDefault: 1_000_000 },
  flushOnEnd: { ...LIVE, flag: '--flush-on-end', takes: 'switch', about: 'write sessions that are still open when the input ends' },
  checkpoint: { ...LIVE, flag: '--checkpoint <file>', takes: 'text', about: 'keep the state there, and go on from it when started again', path: 'written' },
  checkpointEvery: { ...LIVE, flag: '--checkpoint-every <time>', takes: 'duration', about: 'how often', byDefault: '10s' },
  statsEvery: { ...LIVE, flag: '--stats-every <time>', takes: 'duration', about: 'live figures on stderr, so often' },
  dbt: { group: 'dbt:', of: ['sql'], flag: '--dbt <folder>', takes: 'text', about: 'write incremental dbt models with tests and docs there instead', path: 'folder' },
  lookback: { group: 'dbt:', of: ['sql'], flag: '--lookback <time>', takes: 'duration', about: 'how late an event may come and still be counted by the models (default: 3d)' },
  force: { group: 'dbt:', of: ['sql', 'init'], flag: '--force', takes: 'switch', about: 'replace models that are there',
    told: { init: { group: 'Output:', about: 'replace a file that is there' } } },
  start: { group: EVENTS, of: ['generate', 'pull'], flag: '--start <date>', takes: 'text', about: 'the first day, yyyy-mm-dd (default: 2024-01-01)',
    told: { pull: { flag: '--start <hour>', group: 'Download:', about: 'the first hour of upload, UTC: 20240101T00' } } },
  end: { ...PULL, flag: '--end <hour>', takes: 'text', about: 'up to, not including, this hour' },
  region: { ...PULL, flag: '--region <region>', takes: 'text', about: 'where the project’s data are', choices: ['us', 'eu'], byDefault: 'us' },
  baseUrl: { ...PULL, flag: '--base-url <url>', takes: 'text', about: 'a proxy, instead of the region’s own server' },
  verify: { ...PULL, flag: '--verify', takes: 'switch', about: 'read the files that are there again, and pull what is damaged' },
  truth: { group: OUTPUT, of: ['generate'], flag: '--truth <file>', takes: 'text', about: 'also write the planted sessions (.csv or .parquet)', path: 'written' },
  events: { ...PLANTED, flag: '--events <n>', takes: 'count', about: 'about how many events: 5000, 10k, 1M (default: 1M)' },
  users: { ...PLANTED, flag: '--users <n>', takes: 'count', about: 'how many users (default: about 8 visits each)' },
  days: { ...PLANTED, flag: '--days <n>', takes: 'count', about: 'how many days (default: 30)' },
  shape: { ...PLANTED, flag: '--shape <shape>', takes: 'text', about: 'visits of about 25 events, or nearly one event a visit (default: dense)', choices: ['dense', 'sparse'] },
  eventsPerVisit: { ...PLANTED, flag: '--events-per-visit <n>', takes: 'number', about: "mean events of a visit, instead of the shape's" },
  duplicates: { ...FAULT, flag: '--duplicates <share>', takes: 'share', about: 'share of events that arrive twice: 0.01 or 1%' },
  late: { ...FAULT, flag: '--late <share>', takes: 'share', about: 'share of events that arrive hours late' },
  heartbeats: { ...FAULT, flag: '--heartbeats <share>', takes: 'share', about: 'share of users whose app sends heartbeats, at times for hours' },
  outOfSession: { ...FAULT, flag: '--out-of-session <share>', takes: 'share', about: 'events with session id -1, as a share of the others' },
  threads: { ...RESOURCE, flag: '--threads <n>', takes: 'whole', about: 'threads (default: all cores)', env: 'SESSIONIZE_THREADS' },
  memory: { ...RESOURCE, flag: '--memory <size>', takes: 'size', about: 'memory limit, as 512MB or 4GB', env: 'SESSIONIZE_MEMORY' },
  tempDir: { ...RESOURCE, of: [...RESOURCE.of, 'follow'], flag: '--temp-dir <folder>', takes: 'text', about: 'where larger-than-memory work goes', path: 'folder', env: 'SESSIONIZE_TEMP_DIR' },
} as const satisfies Readonly<Record<string, OptionSpec>>

export type Table = typeof OPTIONS
/** Every option. */
export type OptionName = keyof Table

/** The names of the options of a command that are the library's too. */
export type OptionsOf<Name extends CommandName> = {
  [Key in OptionName]: Table[Key] extends { readonly engines: unknown }
    ? never
    : Name extends Table[Key]['of'][number]
      ? Key
      : never
}[OptionName]

type Value<Option extends OptionSpec> = Option extends {
  readonly choices: readonly (infer Choice)[]
}
  ? Choice
  : Values[Option['takes']]

/** A command's options, as the library takes them. */
export type Options<Name extends CommandName> = {
  readonly [Key in OptionsOf<Name>]?: Value<Table[Key]>
}

/** What is known of an option, seen from nowhere in particular. */
export const SPECS: ReadonlyMap<string, OptionSpec> = new Map<string, OptionSpec>(
  Object.entries(OPTIONS),
)

/** Each option of a command, as it is told there, in the order of the table. */
export const optionsOf = (command: CommandName): (OptionSpec & { readonly name: string })[] =>
  [...SPECS].flatMap(([name, option]) =>
    option.of.includes(command) ? [{ ...option, ...option.told?.[command], name }] : [],
  )
