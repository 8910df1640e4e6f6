-- Sessions: a gap of more than 30m ends one.
-- Path: events, because of cut-on, passive-event
-- BigQuery ends a recursion after 500 rounds: no session may be cut into more parts.
WITH RECURSIVE
-- One row per event; t is in microseconds since the year 1.
sz_events AS (
SELECT *, 0 AS file
FROM (
  SELECT coalesce(CASE WHEN trim(CAST(`user_id` AS STRING)) <> '' THEN CAST(`user_id` AS STRING) END, CASE WHEN trim(CAST(`device` AS STRING)) <> '' THEN CAST(`device` AS STRING) END) AS `user`,
    UNIX_MICROS(CAST(`created_at` AS TIMESTAMP)) + 62135596800000000 AS t,
    nullif(CAST(`event` AS STRING), '') AS name,
    CAST(NULL AS STRING) AS session,
    nullif(CAST(`platform` AS STRING), '') AS `p_platform`,
    nullif(CAST(`campaign` AS STRING), '') AS `p_campaign`
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

-- One row per value of p_campaign, numbered in sort order.
sz_p_campaign_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce(`p_campaign`, '') AS value FROM sz_events) AS distinct_values
),

-- Events in the order of their user.
sz_placed AS (
SELECT *, row_number() OVER (PARTITION BY `user` ORDER BY t, tie_rank, name_code, `p_platform_code` NULLS FIRST, `p_campaign_code` NULLS FIRST, file) AS ord
FROM (SELECT *, CASE WHEN is_start THEN 1 WHEN is_end THEN 4 WHEN is_passive THEN 3 ELSE 2 END AS tie_rank FROM (SELECT e.`user`, e.t, `sz_name_codes`.code AS `name_code`, CASE WHEN e.`p_platform` IS NOT NULL THEN `sz_p_platform_codes`.code END AS `p_platform_code`, CASE WHEN e.`p_campaign` IS NOT NULL THEN `sz_p_campaign_codes`.code END AS `p_campaign_code`, e.name, e.file, e.`t` + CASE WHEN e.`p_platform` = 'iOS' THEN 300000000 ELSE 1800000000 END AS alive, CASE WHEN e.`p_platform` = 'iOS' THEN 1 ELSE 0 END AS gap_rank, UNIX_DATE(DATE(TIMESTAMP_MICROS(e.`t` - 62135596800000000), 'Europe/Berlin')) AS day, false AS is_start, false AS is_end, coalesce(e.name LIKE 'pi%', false) AS is_passive
  FROM sz_events AS e
  LEFT JOIN `sz_name_codes` ON `sz_name_codes`.value = coalesce(e.`name`, '')
  LEFT JOIN `sz_p_platform_codes` ON `sz_p_platform_codes`.value = coalesce(e.`p_platform`, '')
  LEFT JOIN `sz_p_campaign_codes` ON `sz_p_campaign_codes`.value = coalesce(e.`p_campaign`, '')) AS coded) AS ranked
),

-- Active events, marked where a rule other than the gap cuts.
sz_marked AS (
SELECT *, sum(CASE WHEN after_end OR next_day OR changed OR is_start THEN 1 ELSE 0 END) OVER (PARTITION BY `user` ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS segment
FROM (
  SELECT *, coalesce(lag(is_end) OVER (PARTITION BY `user` ORDER BY ord), false) AS after_end,
    coalesce(day > lag(day) OVER (PARTITION BY `user` ORDER BY ord), false) AS next_day,
    coalesce(`p_campaign_code` <> LAST_VALUE(`p_campaign_code` IGNORE NULLS) OVER (PARTITION BY `user` ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS changed
  FROM sz_placed
  WHERE NOT is_passive
) AS active_events
),

-- Active events: whether each opens a session, and for which reason besides the gap.
sz_linked AS (
SELECT *,
  previous_alive IS NULL OR after_end OR reason IS NOT NULL OR t > previous_alive AS opens
FROM (
  SELECT *, lag(alive_seen) OVER (PARTITION BY `user` ORDER BY ord) AS previous_alive,
    CASE WHEN next_day THEN 'midnight' WHEN changed THEN 'property' WHEN is_start THEN 'start_event' END AS reason
  FROM (
    SELECT *, max(alive) OVER (PARTITION BY `user`, segment ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS alive_seen
    FROM sz_marked
  ) AS living
) AS neighbours
),

-- Events with the number of their session within the user.
sz_numbered AS (
SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY `user` ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
FROM sz_linked
),

-- Events with their session, before any limit; passive ones that find none are not kept.
sz_base_events AS (
SELECT `user`, t, `name_code`, `p_platform_code`, `p_campaign_code`, name, file, gap_rank, is_start, is_end, is_passive, ord,
  CASE WHEN NOT is_passive THEN alive END AS alive,
  CASE WHEN is_passive THEN open_run ELSE run END AS run,
  reason,
  NOT is_passive OR (open_run IS NOT NULL AND open_ended = 0 AND NOT (t > open_alive) AND day <= open_day) AS kept
FROM (
  SELECT *, LAST_VALUE(run IGNORE NULLS) OVER (PARTITION BY `user` ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS open_run,
    LAST_VALUE(alive_seen IGNORE NULLS) OVER (PARTITION BY `user` ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS open_alive,
    LAST_VALUE(active_end IGNORE NULLS) OVER (PARTITION BY `user` ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS open_ended,
    LAST_VALUE(active_day IGNORE NULLS) OVER (PARTITION BY `user` ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS open_day
  FROM (
    SELECT `user`, t, `name_code`, `p_platform_code`, `p_campaign_code`, name, file, gap_rank, is_start, is_end, is_passive, ord, alive, run, reason, alive_seen, CASE WHEN is_end THEN 1 ELSE 0 END AS active_end, day, day AS active_day
    FROM sz_numbered
    UNION ALL
    SELECT `user`, t, `name_code`, `p_platform_code`, `p_campaign_code`, name, file, gap_rank, is_start, is_end, is_passive, ord, alive, CAST(NULL AS INT64) AS run, CAST(NULL AS STRING) AS reason, CAST(NULL AS INT64) AS alive_seen, CAST(NULL AS INT64) AS active_end, day, CAST(NULL AS INT64) AS active_day
    FROM sz_placed
    WHERE is_passive
  ) AS all_events
) AS attached
),

-- Kept events, numbered within their session: all, and active ones.
sz_steps AS (
SELECT *,
  row_number() OVER (PARTITION BY `user`, run ORDER BY ord) - 1 AS step,
  count(CASE WHEN NOT is_passive THEN 1 END) OVER (PARTITION BY `user`, run ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - 1 AS nth
FROM sz_base_events
WHERE kept
),

-- Sessions that exceed a limit; active events of all of them are numbered on from `base`.
sz_long_sessions AS (
SELECT *, CAST(sum(active) OVER (ORDER BY `user`, run ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS INT64) - active AS base
FROM (
  SELECT `user`, run, max(nth) + 1 AS active
  FROM sz_steps
  GROUP BY `user`, run
  HAVING max(t) - min(t) > 86400000000
) AS over_limit
),

-- Events of the sessions that exceed a limit, the active ones numbered through as `node`.
sz_long_steps AS (
SELECT s.*, l.active, l.base, CASE WHEN NOT s.is_passive THEN l.base + s.nth END AS node
FROM sz_steps AS s
JOIN sz_long_sessions AS l ON l.`user` = s.`user` AND l.run = s.run
),

-- One row per active event, with the one that would open the next part after it.
sz_successors AS (
SELECT base, node, nth, CASE WHEN next_nth < active THEN base + next_nth END AS next
FROM (
  SELECT node, nth, base, active, least(max(nth) OVER (PARTITION BY `user`, run ORDER BY t RANGE BETWEEN CURRENT ROW AND 86400000000 FOLLOWING) + 1,
    coalesce(CASE WHEN min(CASE WHEN weak_1 THEN nth END) OVER (PARTITION BY `user`, run ORDER BY nth ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) <= coalesce(min(CASE WHEN gap_rank < 1 THEN nth END) OVER (PARTITION BY `user`, run ORDER BY nth ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), active) THEN min(CASE WHEN weak_1 THEN nth END) OVER (PARTITION BY `user`, run ORDER BY nth ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) END, active)) AS next_nth
  FROM (
    SELECT *, coalesce(t > max(CASE WHEN gap_rank >= 1 THEN alive END) OVER (PARTITION BY `user`, run ORDER BY nth ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS weak_1
    FROM sz_long_steps
    WHERE NOT is_passive
  ) AS active_steps
) AS reached
),

-- The events that open a part, each found from the one before it.
sz_openers AS (
SELECT node FROM sz_successors WHERE nth = 0
UNION ALL
SELECT here.next FROM sz_openers JOIN sz_successors AS here ON here.node = sz_openers.node
WHERE here.next IS NOT NULL
),

-- Events with their part; passive ones that no longer fit are not kept.
sz_assigned AS (
SELECT `user`, t, `name_code`, `p_platform_code`, `p_campaign_code`, name, file, gap_rank, is_start, is_end, is_passive, ord, alive, run, reason, NOT is_passive OR NOT (t > max(alive) OVER (PARTITION BY `user`, run, part ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) OR t - min(t) OVER (PARTITION BY `user`, run, part ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > 86400000000) AS kept, part
FROM (
  SELECT s.`user`, s.t, s.`name_code`, s.`p_platform_code`, s.`p_campaign_code`, s.name, s.file, s.gap_rank, s.is_start, s.is_end, s.is_passive, s.ord, s.alive, s.run, s.reason, s.kept, s.step, sum(CASE WHEN o.node IS NULL THEN 0 ELSE 1 END) OVER (PARTITION BY s.`user`, s.run ORDER BY s.step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - 1 AS part
  FROM sz_long_steps AS s
  LEFT JOIN sz_openers AS o ON o.node = s.node
) AS parts
UNION ALL
SELECT s.`user`, s.t, s.`name_code`, s.`p_platform_code`, s.`p_campaign_code`, s.name, s.file, s.gap_rank, s.is_start, s.is_end, s.is_passive, s.ord, s.alive, s.run, s.reason, s.kept, 0 AS part
FROM sz_steps AS s
LEFT JOIN sz_long_sessions AS l ON l.`user` = s.`user` AND l.run = s.run
WHERE l.run IS NULL
),

-- One row per session of events.
sz_parts AS (
SELECT `user`, run, part, min(t) AS `start`, max(CASE WHEN NOT is_passive THEN t END) AS `end`, max(t) AS last_seen, count(*) AS events, count(CASE WHEN NOT is_passive THEN 1 END) AS active, max(reason) AS reason, max(CASE WHEN is_start THEN 1 ELSE 0 END) = 1 AS started, max(CASE WHEN is_end THEN 1 ELSE 0 END) = 1 AS ended, max(alive) AS alive, CAST(mod(min(CAST(t AS NUMERIC) * 2147483648 + CASE WHEN NOT is_passive THEN gap_rank END), 2147483648) AS INT64) AS gap_rank, CAST(mod(min(CAST(CASE WHEN NOT is_passive THEN ord END AS NUMERIC) * 2147483648 + `name_code`), 2147483648) AS INT64) AS `first_event_code`, CAST(mod(max(CAST(CASE WHEN NOT is_passive THEN ord END AS NUMERIC) * 2147483648 + `name_code`), 2147483648) AS INT64) AS `last_event_code`, IFNULL(ARRAY_AGG(DISTINCT name IGNORE NULLS), []) AS names
FROM sz_assigned
WHERE kept
GROUP BY `user`, run, part
),

-- One row per session with its neighbours.
sz_joined AS (
SELECT *, CASE WHEN next_start IS NULL THEN NULL WHEN next_start > alive THEN 'gap' WHEN next_start - `start` > 86400000000 THEN 'max_length' ELSE opened_next END AS next_reason
FROM (
  SELECT p.*,
    lag(p.`end`) OVER (PARTITION BY p.`user` ORDER BY p.run, p.part) AS previous_end,
    lead(p.`start`) OVER (PARTITION BY p.`user` ORDER BY p.run, p.part) AS next_start,
    lead(p.reason) OVER (PARTITION BY p.`user` ORDER BY p.run, p.part) AS opened_next,
    row_number() OVER (PARTITION BY p.`user`, p.`start` ORDER BY p.run, p.part) - 1 AS tie_rank
  FROM sz_parts AS p
) AS neighbours
),

-- One row per session.
sz_sessions AS (
SELECT s.`user`, s.`start`, s.`end`, s.events, s.previous_end, s.active = 1 AS bounce, (s.previous_end IS NULL AND NOT s.started AND NOT (s.`start` > (SELECT min(`start`) FROM sz_joined) + CASE s.gap_rank WHEN 0 THEN 1800000000 WHEN 1 THEN 300000000 END)) AS start_censored, (s.next_start IS NULL AND NOT s.ended AND NOT ((SELECT max(last_seen) FROM sz_joined) > s.alive)) AS end_censored, CASE WHEN s.ended THEN 'end_event' WHEN (s.next_start IS NULL AND NOT s.ended AND NOT ((SELECT max(last_seen) FROM sz_joined) > s.alive)) THEN 'data_end' ELSE coalesce(s.next_reason, 'gap') END AS end_reason, s.tie_rank AS tie_rank, nullif(`first_event_value`.value, '') AS `first_event`, nullif(`last_event_value`.value, '') AS `last_event`, (SELECT COUNT(DISTINCT one) FROM UNNEST(s.names) AS one) AS names
FROM sz_joined AS s
LEFT JOIN `sz_name_codes` AS `first_event_value` ON `first_event_value`.code = s.`first_event_code`
LEFT JOIN `sz_name_codes` AS `last_event_value` ON `last_event_value`.code = s.`last_event_code`
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
  bounce AS `bounce`,
  CAST(`start` - previous_end AS FLOAT64) / 1000000 AS `seconds_since_previous`,
  ARRAY(SELECT DISTINCT one FROM UNNEST(IF(CAST(NULL AS STRING) IS NULL, [], [CAST(NULL AS STRING)])) AS one ORDER BY one) AS `recorded_session_ids`,
  end_reason AS `end_reason`,
  start_censored AS `start_censored`,
  end_censored AS `end_censored`
FROM sz_sessions
ORDER BY sz_sessions.`user`, sz_sessions.`start`, sz_sessions.tie_rank
