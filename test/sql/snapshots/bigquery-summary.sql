-- Sessions: a gap of more than 30m ends one.
-- Path: blocks
-- Quantiles are estimates: bigquery has no exact ones of groups.
WITH
-- One row per event; t is in microseconds since the year 1.
sz_events AS (
SELECT *, 0 AS file
FROM (
  SELECT coalesce(CASE WHEN trim(CAST(`user_id` AS STRING)) <> '' THEN CAST(`user_id` AS STRING) END, CASE WHEN trim(CAST(`device` AS STRING)) <> '' THEN CAST(`device` AS STRING) END) AS `user`,
    UNIX_MICROS(CAST(`created_at` AS TIMESTAMP)) + 62135596800000000 AS t,
    nullif(CAST(`event` AS STRING), '') AS name,
    CAST(NULL AS STRING) AS session,
    nullif(CAST(`platform` AS STRING), '') AS `p_platform`
  FROM `web`.`events`
) AS mapped
WHERE `user` IS NOT NULL AND t >= 0 AND t < 315537897600000000
),

-- One row per value of p_platform, numbered in sort order.
sz_p_platform_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce(`p_platform`, '') AS value FROM sz_events) AS distinct_values
),

-- One row per user and window of 1800000000 microseconds with events in it.
sz_blocks AS (
SELECT `user`, block, first, last, block * 1800000000 + DIV(`a0_key`, 2147483648) AS `a0_at`, mod(`a0_key`, 2147483648) AS `a0_code`, events
FROM (
  SELECT `user`, block, count(*) AS events, min(t) AS first, max(t) AS last, min(mod(t, 1800000000) * 2147483648 + `p_platform_code`) AS `a0_key`
  FROM (
    SELECT e.`user`, e.t, CASE WHEN e.`p_platform` IS NOT NULL THEN `sz_p_platform_codes`.code END AS `p_platform_code`, DIV(e.t, 1800000000) AS block
    FROM sz_events AS e
  LEFT JOIN `sz_p_platform_codes` ON `sz_p_platform_codes`.value = coalesce(e.`p_platform`, '')
  ) AS coded
  GROUP BY `user`, block
) AS packed
),

-- Blocks with their neighbours: whether each opens and whether it closes a session.
sz_linked AS (
SELECT *,
  previous_last IS NULL OR first - previous_last > 1800000000 AS opens,
  next_first IS NULL OR next_first - last > 1800000000 AS closes
FROM (
  SELECT *, lag(last) OVER (PARTITION BY `user` ORDER BY first) AS previous_last, lead(first) OVER (PARTITION BY `user` ORDER BY first) AS next_first
  FROM sz_blocks
) AS neighbours
),

-- One row per session of a single block.
sz_single_block_sessions AS (
SELECT `user`, first AS `start`, last AS `end`, events, previous_last AS previous_end, `a0_code`
FROM (SELECT * FROM sz_linked WHERE opens AND closes) AS b
),

-- Blocks of longer sessions, numbered by session within the user.
sz_runs AS (
SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY `user` ORDER BY first, CASE WHEN opens THEN 0 ELSE 1 END ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
FROM (SELECT * FROM sz_linked WHERE NOT (opens AND closes)) AS b
),

-- One row per session, with coded values.
sz_joined AS (
SELECT `user`, `start`, `end`, events, previous_end, `a0_code` FROM sz_single_block_sessions
UNION ALL
SELECT r.`user`, r.`start`, r.`end`, r.events, r.previous_end, r.`a0_code`
FROM (
  SELECT `user`, min(first) AS `start`, max(last) AS `end`, CAST(sum(events) AS INT64) AS events, max(CASE WHEN opens THEN previous_last END) AS previous_end, CAST(mod(min(CAST(`a0_at` AS NUMERIC) * 2147483648 + `a0_code`), 2147483648) AS INT64) AS `a0_code`, run
  FROM sz_runs
  GROUP BY `user`, run
) AS r
),

-- One row per session.
sz_sessions AS (
SELECT s.`user`, s.`start`, s.`end`, s.events, s.previous_end, s.events = 1 AS bounce, NOT (s.`start` - (SELECT min(t) FROM sz_events) > 1800000000) AS start_censored, NOT ((SELECT max(t) FROM sz_events) - s.`end` > 1800000000) AS end_censored, CASE WHEN NOT ((SELECT max(t) FROM sz_events) - s.`end` > 1800000000) THEN 'data_end' ELSE 'gap' END AS end_reason, 0 AS tie_rank, nullif(`a0_value`.value, '') AS `a0`
FROM sz_joined AS s
LEFT JOIN `sz_p_platform_codes` AS `a0_value` ON `a0_value`.code = s.`a0_code`
)

SELECT `a0` AS `platform`,
  count(*) AS sessions,
  count(DISTINCT `user`) AS users,
  CAST(sum(events) AS INT64) AS events,
  count(CASE WHEN bounce THEN 1 END) AS bounces,
  CAST(count(CASE WHEN bounce THEN 1 END) AS FLOAT64) / nullif(count(*), 0) AS bounce_rate,
  CAST(sum((`end` - `start`)) AS FLOAT64) / 1000000 / nullif(count((`end` - `start`)), 0) AS mean_seconds,
  CAST(APPROX_QUANTILES((`end` - `start`), 1000)[OFFSET(500)] AS FLOAT64) / 1000000 AS p50_seconds_estimate,
  CAST(APPROX_QUANTILES((`end` - `start`), 1000)[OFFSET(900)] AS FLOAT64) / 1000000 AS p90_seconds_estimate,
  CAST(APPROX_QUANTILES((`end` - `start`), 1000)[OFFSET(950)] AS FLOAT64) / 1000000 AS p95_seconds_estimate,
  CAST(APPROX_QUANTILES((`end` - `start`), 1000)[OFFSET(990)] AS FLOAT64) / 1000000 AS p99_seconds_estimate,
  CAST(max((`end` - `start`)) AS FLOAT64) / 1000000 AS max_seconds,
  CAST(sum(CASE WHEN NOT bounce THEN (`end` - `start`) END) AS FLOAT64) / 1000000 / nullif(count(CASE WHEN NOT bounce THEN (`end` - `start`) END), 0) AS mean_seconds_without_bounces,
  CAST(APPROX_QUANTILES(CASE WHEN NOT bounce THEN (`end` - `start`) END, 1000)[OFFSET(500)] AS FLOAT64) / 1000000 AS p50_seconds_without_bounces_estimate
FROM sz_sessions
GROUP BY `a0`
ORDER BY sessions DESC, `a0` NULLS FIRST
