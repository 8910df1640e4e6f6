/** What one writes by hand on the same DuckDB: two windows, then a `GROUP BY`. */

const read = (file) => (file.endsWith('.csv') ? `read_csv('${file}')` : `read_parquet('${file}')`)

/** One row per session; columns as `sessionize sessions` names them. */
const sessions = (file, columns) => `
  WITH marked AS (
    SELECT user_id, time, event, ${columns.join(', ')},
      CASE WHEN time - lag(time) OVER w <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS opens
    FROM ${read(file)}
    WINDOW w AS (PARTITION BY user_id ORDER BY time, event)
  ),
  numbered AS (
    SELECT *, sum(opens) OVER (PARTITION BY user_id ORDER BY time, event ROWS UNBOUNDED PRECEDING) AS session
    FROM marked
  )
  SELECT user_id AS "user", min(time) AS start, max(time) AS "end", count(*) AS events,
    arg_min(event, time) AS first_event, arg_max(event, time) AS last_event,
    ${columns.map((name) => `arg_min(${name}, time) AS ${name}`).join(', ')}
  FROM numbered GROUP BY user_id, session`

export const handTable = (file, out) =>
  `COPY (${sessions(file, ['platform'])}) TO '${out}' (FORMAT parquet)`

const QUANTILES = [50, 75, 90, 95, 99]
/** Seconds; the last bin has no end. */
const BINS = [0, 0.000001, 10, 30, 60, 180, 600, 1800, 3600]

export const handSummary = (file, out) => `
CREATE TEMP TABLE lengths AS
SELECT "user", platform, country, events, epoch("end" - start) AS seconds
FROM (${sessions(file, ['platform', 'country'])});
COPY (
  SELECT platform, country, count(*) AS sessions, count(DISTINCT "user") AS users,
    sum(events)::BIGINT AS events, count(*) FILTER (seconds = 0) AS bounces,
    sum(seconds) AS total, max(seconds) AS longest,
    ${QUANTILES.map((q) => `quantile_cont(seconds, ${q / 100}) AS p${q}`).join(', ')},
    avg(seconds) FILTER (seconds > 0) AS stayed_mean,
    ${QUANTILES.map((q) => `quantile_cont(seconds, ${q / 100}) FILTER (seconds > 0) AS stayed_p${q}`).join(', ')},
    ${BINS.map((from, i) => `count(*) FILTER (seconds >= ${from}${BINS[i + 1] === undefined ? '' : ` AND seconds < ${BINS[i + 1]}`}) AS bin${i}`).join(', ')}
  FROM lengths GROUP BY GROUPING SETS ((), (platform, country))
) TO '${out}' (FORMAT json)`

/** The columns of the session table read, and every byte of them looked at. */
export const bareScan = (file) =>
  `SELECT count(*), max(time), max(hash(user_id)), max(hash(event)), max(hash(platform)) FROM ${read(file)}`
