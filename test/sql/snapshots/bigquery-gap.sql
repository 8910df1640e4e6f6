-- Sessions: a gap of more than 30m ends one.
-- Path: blocks
WITH
-- One row per event; t is in microseconds since the year 1.
sz_events AS (
SELECT *, 0 AS file
FROM (
  SELECT coalesce(CASE WHEN trim(CAST(`user_id` AS STRING)) <> '' THEN CAST(`user_id` AS STRING) END, CASE WHEN trim(CAST(`device` AS STRING)) <> '' THEN CAST(`device` AS STRING) END) AS `user`,
    UNIX_MICROS(CAST(`created_at` AS TIMESTAMP)) + 62135596800000000 AS t,
    nullif(CAST(`event` AS STRING), '') AS name,
    nullif(CAST(`sid` AS STRING), '') AS session,
    nullif(CAST(`platform` AS STRING), '') AS `p_platform`,
    nullif(CAST(`page` AS STRING), '') AS `p_page`,
    nullif(CAST(`paid` AS STRING), '') AS `p_paid`
  FROM `web`.`events`
) AS mapped
WHERE `user` IS NOT NULL AND t >= 0 AND t < 315537897600000000
),

-- One row per value of name, numbered in sort order.
sz_name_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce(`name`, '') AS value FROM sz_events) AS distinct_values
),

-- One row per value of p_platform, numbered in sort order.
sz_p_platform_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce(`p_platform`, '') AS value FROM sz_events) AS distinct_values
),

-- One row per value of p_page, numbered in sort order.
sz_p_page_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce(`p_page`, '') AS value FROM sz_events) AS distinct_values
),

-- One row per user and window of 1800000000 microseconds with events in it.
sz_blocks AS (
SELECT `user`, block, block * 1800000000 + DIV(first_key, 2147483648) AS first, block * 1800000000 + DIV(last_key, 2147483648) AS last, mod(first_key, 2147483648) AS first_event_code, mod(last_key, 2147483648) AS last_event_code, block * 1800000000 + DIV(`a0_key`, 2147483648) AS `a0_at`, mod(`a0_key`, 2147483648) AS `a0_code`, block * 1800000000 + DIV(`a1_key`, 2147483648) AS `a1_at`, mod(`a1_key`, 2147483648) AS `a1_code`, block * 1800000000 + DIV(`a2_key`, 2147483648) AS `a2_at`, mod(`a2_key`, 2147483648) AS `a2_code`, names, recorded, `m0`, events
FROM (
  SELECT `user`, block, count(*) AS events, min(mod(t, 1800000000) * 2147483648 + `name_code`) AS first_key, max(mod(t, 1800000000) * 2147483648 + `name_code`) AS last_key, min(mod(t, 1800000000) * 2147483648 + `p_platform_code`) AS `a0_key`, min(mod(t, 1800000000) * 2147483648 + `p_page_code`) AS `a1_key`, max(mod(t, 1800000000) * 2147483648 + `p_page_code`) AS `a2_key`, IFNULL(ARRAY_AGG(DISTINCT name IGNORE NULLS), []) AS names, IFNULL(ARRAY_AGG(DISTINCT session IGNORE NULLS), []) AS recorded, sum(`m0`) AS `m0`
  FROM (
    SELECT e.`user`, e.t, `sz_name_codes`.code AS `name_code`, CASE WHEN e.`p_platform` IS NOT NULL THEN `sz_p_platform_codes`.code END AS `p_platform_code`, CASE WHEN e.`p_page` IS NOT NULL THEN `sz_p_page_codes`.code END AS `p_page_code`, e.name, e.session, CAST(ROUND(SAFE_CAST(TRIM(e.`p_paid`) AS BIGNUMERIC), 6) AS NUMERIC) AS `m0`, DIV(e.t, 1800000000) AS block
    FROM sz_events AS e
  LEFT JOIN `sz_name_codes` ON `sz_name_codes`.value = coalesce(e.`name`, '')
  LEFT JOIN `sz_p_platform_codes` ON `sz_p_platform_codes`.value = coalesce(e.`p_platform`, '')
  LEFT JOIN `sz_p_page_codes` ON `sz_p_page_codes`.value = coalesce(e.`p_page`, '')
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
SELECT `user`, first AS `start`, last AS `end`, events, previous_last AS previous_end, `first_event_code`, `last_event_code`, `a0_code`, `a1_code`, `a2_code`, names, recorded, `m0`
FROM (SELECT * FROM sz_linked WHERE opens AND closes) AS b
),

-- Blocks of longer sessions, numbered by session within the user.
sz_runs AS (
SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY `user` ORDER BY first, CASE WHEN opens THEN 0 ELSE 1 END ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
FROM (SELECT * FROM sz_linked WHERE NOT (opens AND closes)) AS b
),

-- One row per session, with coded values.
sz_joined AS (
SELECT `user`, `start`, `end`, events, previous_end, `first_event_code`, `last_event_code`, `a0_code`, `a1_code`, `a2_code`, names, recorded, `m0` FROM sz_single_block_sessions
UNION ALL
SELECT r.`user`, r.`start`, r.`end`, r.events, r.previous_end, r.`first_event_code`, r.`last_event_code`, r.`a0_code`, r.`a1_code`, r.`a2_code`, r.names, r.recorded, r.`m0`
FROM (
  SELECT `user`, min(first) AS `start`, max(last) AS `end`, CAST(sum(events) AS INT64) AS events, max(CASE WHEN opens THEN previous_last END) AS previous_end, CAST(mod(min(CAST(first AS NUMERIC) * 2147483648 + `first_event_code`), 2147483648) AS INT64) AS `first_event_code`, CAST(mod(max(CAST(last AS NUMERIC) * 2147483648 + `last_event_code`), 2147483648) AS INT64) AS `last_event_code`, CAST(mod(min(CAST(`a0_at` AS NUMERIC) * 2147483648 + `a0_code`), 2147483648) AS INT64) AS `a0_code`, CAST(mod(min(CAST(`a1_at` AS NUMERIC) * 2147483648 + `a1_code`), 2147483648) AS INT64) AS `a1_code`, CAST(mod(max(CAST(`a2_at` AS NUMERIC) * 2147483648 + `a2_code`), 2147483648) AS INT64) AS `a2_code`, ARRAY_CONCAT_AGG(names) AS names, ARRAY_CONCAT_AGG(recorded) AS recorded, sum(`m0`) AS `m0`, run
  FROM sz_runs
  GROUP BY `user`, run
) AS r
),

-- One row per session.
sz_sessions AS (
SELECT s.`user`, s.`start`, s.`end`, s.events, s.previous_end, s.events = 1 AS bounce, NOT (s.`start` - (SELECT min(t) FROM sz_events) > 1800000000) AS start_censored, NOT ((SELECT max(t) FROM sz_events) - s.`end` > 1800000000) AS end_censored, CASE WHEN NOT ((SELECT max(t) FROM sz_events) - s.`end` > 1800000000) THEN 'data_end' ELSE 'gap' END AS end_reason, 0 AS tie_rank, nullif(`first_event_value`.value, '') AS `first_event`, nullif(`last_event_value`.value, '') AS `last_event`, nullif(`a0_value`.value, '') AS `a0`, nullif(`a1_value`.value, '') AS `a1`, nullif(`a2_value`.value, '') AS `a2`, (SELECT COUNT(DISTINCT one) FROM UNNEST(s.names) AS one) AS names, s.recorded, s.`m0`
FROM sz_joined AS s
LEFT JOIN `sz_name_codes` AS `first_event_value` ON `first_event_value`.code = s.`first_event_code`
LEFT JOIN `sz_name_codes` AS `last_event_value` ON `last_event_value`.code = s.`last_event_code`
LEFT JOIN `sz_p_platform_codes` AS `a0_value` ON `a0_value`.code = s.`a0_code`
LEFT JOIN `sz_p_page_codes` AS `a1_value` ON `a1_value`.code = s.`a1_code`
LEFT JOIN `sz_p_page_codes` AS `a2_value` ON `a2_value`.code = s.`a2_code`
)

SELECT `user` AS `user`,
  TO_HEX(MD5(`user` || '|' || CAST(`start` - 62135596800000000 AS STRING) || CASE WHEN tie_rank = 0 THEN '' ELSE '|' || CAST(tie_rank + 1 AS STRING) END)) AS `session_id`,
  row_number() OVER (PARTITION BY `user` ORDER BY `start`, tie_rank) AS `session_number`,
  TIMESTAMP_MICROS(`start` - 62135596800000000) AS `start`,
  TIMESTAMP_MICROS(`end` - 62135596800000000) AS `end`,
  CAST(`end` - `start` AS FLOAT64) / 1000000 AS `length_seconds`,
  events AS `events`,
  names AS `distinct_events`,
  first_event AS `first_event`,
  last_event AS `last_event`,
  `a0` AS `platform`,
  `a1` AS `entry_page`,
  `a2` AS `exit_page`,
  CAST(`m0` AS FLOAT64) AS `sum_paid`,
  bounce AS `bounce`,
  CAST(`start` - previous_end AS FLOAT64) / 1000000 AS `seconds_since_previous`,
  ARRAY(SELECT DISTINCT one FROM UNNEST(recorded) AS one ORDER BY one) AS `recorded_session_ids`,
  end_reason AS `end_reason`,
  start_censored AS `start_censored`,
  end_censored AS `end_censored`
FROM sz_sessions
ORDER BY sz_sessions.`user`, sz_sessions.`start`, sz_sessions.tie_rank
