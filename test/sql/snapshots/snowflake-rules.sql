-- Sessions: a gap of more than 30m ends one.
-- Path: events, because of cut-on, passive-event
-- Snowflake limits the rounds of a recursion: a session cut into very many parts fails there.
WITH RECURSIVE
-- One row per event; t is in microseconds since the year 1.
sz_events AS (
SELECT *, 0 AS file
FROM (
  SELECT coalesce(CASE WHEN trim(CAST("USER_ID" AS VARCHAR)) <> '' THEN CAST("USER_ID" AS VARCHAR) END, CASE WHEN trim(CAST("DEVICE" AS VARCHAR)) <> '' THEN CAST("DEVICE" AS VARCHAR) END) AS "USER",
    DATE_PART(EPOCH_MICROSECOND, "CREATED_AT") + 62135596800000000 AS t,
    nullif(CAST("EVENT" AS VARCHAR), '') AS name,
    CAST(NULL AS VARCHAR) AS session,
    nullif(CAST("PLATFORM" AS VARCHAR), '') AS "P_PLATFORM",
    nullif(CAST("CAMPAIGN" AS VARCHAR), '') AS "P_CAMPAIGN"
  FROM "WEB"."EVENTS"
) AS mapped
WHERE "USER" IS NOT NULL AND t >= 0 AND t < 315537897600000000
),

-- One row per value of name, numbered in sort order.
sz_name_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce("NAME", '') AS value FROM sz_events) AS distinct_values
),

-- One row per value of p_platform, numbered in sort order.
sz_p_platform_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce("P_PLATFORM", '') AS value FROM sz_events) AS distinct_values
),

-- One row per value of p_campaign, numbered in sort order.
sz_p_campaign_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce("P_CAMPAIGN", '') AS value FROM sz_events) AS distinct_values
),

-- Events in the order of their user.
sz_placed AS (
SELECT *, row_number() OVER (PARTITION BY "USER" ORDER BY t, tie_rank, name_code, "P_PLATFORM_CODE" NULLS FIRST, "P_CAMPAIGN_CODE" NULLS FIRST, file) AS ord
FROM (SELECT *, CASE WHEN is_start THEN 1 WHEN is_end THEN 4 WHEN is_passive THEN 3 ELSE 2 END AS tie_rank FROM (SELECT e."USER", e.t, "SZ_NAME_CODES".code AS "NAME_CODE", CASE WHEN e."P_PLATFORM" IS NOT NULL THEN "SZ_P_PLATFORM_CODES".code END AS "P_PLATFORM_CODE", CASE WHEN e."P_CAMPAIGN" IS NOT NULL THEN "SZ_P_CAMPAIGN_CODES".code END AS "P_CAMPAIGN_CODE", e.name, e.file, e."T" + CASE WHEN e."P_PLATFORM" = 'iOS' THEN 300000000 ELSE 1800000000 END AS alive, CASE WHEN e."P_PLATFORM" = 'iOS' THEN 1 ELSE 0 END AS gap_rank, DATEDIFF('day', DATE '1970-01-01', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', TO_TIMESTAMP_NTZ(e."T" - 62135596800000000, 6)) AS DATE)) AS day, false AS is_start, false AS is_end, coalesce(e.name LIKE 'pi%' ESCAPE '!', false) AS is_passive
  FROM sz_events AS e
  LEFT JOIN "SZ_NAME_CODES" ON "SZ_NAME_CODES".value = coalesce(e."NAME", '')
  LEFT JOIN "SZ_P_PLATFORM_CODES" ON "SZ_P_PLATFORM_CODES".value = coalesce(e."P_PLATFORM", '')
  LEFT JOIN "SZ_P_CAMPAIGN_CODES" ON "SZ_P_CAMPAIGN_CODES".value = coalesce(e."P_CAMPAIGN", '')) AS coded) AS ranked
),

-- Active events, marked where a rule other than the gap cuts.
sz_marked AS (
SELECT *, sum(CASE WHEN after_end OR next_day OR changed OR is_start THEN 1 ELSE 0 END) OVER (PARTITION BY "USER" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS segment
FROM (
  SELECT *, coalesce(lag(is_end) OVER (PARTITION BY "USER" ORDER BY ord), false) AS after_end,
    coalesce(day > lag(day) OVER (PARTITION BY "USER" ORDER BY ord), false) AS next_day,
    coalesce("P_CAMPAIGN_CODE" <> LAG("P_CAMPAIGN_CODE") IGNORE NULLS OVER (PARTITION BY "USER" ORDER BY ord), false) AS changed
  FROM sz_placed
  WHERE NOT is_passive
) AS active_events
),

-- Active events: whether each opens a session, and for which reason besides the gap.
sz_linked AS (
SELECT *,
  previous_alive IS NULL OR after_end OR reason IS NOT NULL OR t > previous_alive AS opens
FROM (
  SELECT *, lag(alive_seen) OVER (PARTITION BY "USER" ORDER BY ord) AS previous_alive,
    CASE WHEN next_day THEN 'midnight' WHEN changed THEN 'property' WHEN is_start THEN 'start_event' END AS reason
  FROM (
    SELECT *, max(alive) OVER (PARTITION BY "USER", segment ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS alive_seen
    FROM sz_marked
  ) AS living
) AS neighbours
),

-- Events with the number of their session within the user.
sz_numbered AS (
SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY "USER" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
FROM sz_linked
),

-- Events with their session, before any limit; passive ones that find none are not kept.
sz_base_events AS (
SELECT "USER", t, "NAME_CODE", "P_PLATFORM_CODE", "P_CAMPAIGN_CODE", name, file, gap_rank, is_start, is_end, is_passive, ord,
  CASE WHEN NOT is_passive THEN alive END AS alive,
  CASE WHEN is_passive THEN open_run ELSE run END AS run,
  reason,
  NOT is_passive OR (open_run IS NOT NULL AND open_ended = 0 AND NOT (t > open_alive) AND day <= open_day) AS kept
FROM (
  SELECT *, last_value(run) IGNORE NULLS OVER (PARTITION BY "USER" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS open_run,
    last_value(alive_seen) IGNORE NULLS OVER (PARTITION BY "USER" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS open_alive,
    last_value(active_end) IGNORE NULLS OVER (PARTITION BY "USER" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS open_ended,
    last_value(active_day) IGNORE NULLS OVER (PARTITION BY "USER" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS open_day
  FROM (
    SELECT "USER", t, "NAME_CODE", "P_PLATFORM_CODE", "P_CAMPAIGN_CODE", name, file, gap_rank, is_start, is_end, is_passive, ord, alive, run, reason, alive_seen, CASE WHEN is_end THEN 1 ELSE 0 END AS active_end, day, day AS active_day
    FROM sz_numbered
    UNION ALL
    SELECT "USER", t, "NAME_CODE", "P_PLATFORM_CODE", "P_CAMPAIGN_CODE", name, file, gap_rank, is_start, is_end, is_passive, ord, alive, CAST(NULL AS BIGINT) AS run, CAST(NULL AS VARCHAR) AS reason, CAST(NULL AS BIGINT) AS alive_seen, CAST(NULL AS BIGINT) AS active_end, day, CAST(NULL AS BIGINT) AS active_day
    FROM sz_placed
    WHERE is_passive
  ) AS all_events
) AS attached
),

-- Kept events, numbered within their session: all, and active ones.
sz_steps AS (
SELECT *,
  row_number() OVER (PARTITION BY "USER", run ORDER BY ord) - 1 AS step,
  count(CASE WHEN NOT is_passive THEN 1 END) OVER (PARTITION BY "USER", run ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - 1 AS nth
FROM sz_base_events
WHERE kept
),

-- Sessions that exceed a limit; active events of all of them are numbered on from `base`.
sz_long_sessions AS (
SELECT *, CAST(sum(active) OVER (ORDER BY "USER", run ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) - active AS base
FROM (
  SELECT "USER", run, max(nth) + 1 AS active
  FROM sz_steps
  GROUP BY "USER", run
  HAVING max(t) - min(t) > 86400000000
) AS over_limit
),

-- Events of the sessions that exceed a limit, the active ones numbered through as `node`.
sz_long_steps AS (
SELECT s.*, l.active, l.base, CASE WHEN NOT s.is_passive THEN l.base + s.nth END AS node
FROM sz_steps AS s
JOIN sz_long_sessions AS l ON l."USER" = s."USER" AND l.run = s.run
),

-- One row per active event, with the one that would open the next part after it.
sz_successors AS (
SELECT base, node, nth, CASE WHEN next_nth < active THEN base + next_nth END AS next
FROM (
  SELECT node, nth, base, active, least(max(nth) OVER (PARTITION BY "USER", run ORDER BY t RANGE BETWEEN CURRENT ROW AND 86400000000 FOLLOWING) + 1,
    coalesce(CASE WHEN min(CASE WHEN weak_1 THEN nth END) OVER (PARTITION BY "USER", run ORDER BY nth ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) <= coalesce(min(CASE WHEN gap_rank < 1 THEN nth END) OVER (PARTITION BY "USER", run ORDER BY nth ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), active) THEN min(CASE WHEN weak_1 THEN nth END) OVER (PARTITION BY "USER", run ORDER BY nth ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) END, active)) AS next_nth
  FROM (
    SELECT *, coalesce(t > max(CASE WHEN gap_rank >= 1 THEN alive END) OVER (PARTITION BY "USER", run ORDER BY nth ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS weak_1
    FROM sz_long_steps
    WHERE NOT is_passive
  ) AS active_steps
) AS reached
),

-- The events that open a part, each found from the one before it.
sz_openers (node) AS (
SELECT node FROM sz_successors WHERE nth = 0
UNION ALL
SELECT here.next FROM sz_openers JOIN sz_successors AS here ON here.node = sz_openers.node
WHERE here.next IS NOT NULL
),

-- Events with their part; passive ones that no longer fit are not kept.
sz_assigned AS (
SELECT "USER", t, "NAME_CODE", "P_PLATFORM_CODE", "P_CAMPAIGN_CODE", name, file, gap_rank, is_start, is_end, is_passive, ord, alive, run, reason, NOT is_passive OR NOT (t > max(alive) OVER (PARTITION BY "USER", run, part ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) OR t - min(t) OVER (PARTITION BY "USER", run, part ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > 86400000000) AS kept, part
FROM (
  SELECT s."USER", s.t, s."NAME_CODE", s."P_PLATFORM_CODE", s."P_CAMPAIGN_CODE", s.name, s.file, s.gap_rank, s.is_start, s.is_end, s.is_passive, s.ord, s.alive, s.run, s.reason, s.kept, s.step, sum(CASE WHEN o.node IS NULL THEN 0 ELSE 1 END) OVER (PARTITION BY s."USER", s.run ORDER BY s.step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - 1 AS part
  FROM sz_long_steps AS s
  LEFT JOIN sz_openers AS o ON o.node = s.node
) AS parts
UNION ALL
SELECT s."USER", s.t, s."NAME_CODE", s."P_PLATFORM_CODE", s."P_CAMPAIGN_CODE", s.name, s.file, s.gap_rank, s.is_start, s.is_end, s.is_passive, s.ord, s.alive, s.run, s.reason, s.kept, 0 AS part
FROM sz_steps AS s
LEFT JOIN sz_long_sessions AS l ON l."USER" = s."USER" AND l.run = s.run
WHERE l.run IS NULL
),

-- One row per session of events.
sz_parts AS (
SELECT "USER", run, part, min(t) AS "START", max(CASE WHEN NOT is_passive THEN t END) AS "END", max(t) AS last_seen, count(*) AS events, count(CASE WHEN NOT is_passive THEN 1 END) AS active, max(reason) AS reason, max(CASE WHEN is_start THEN 1 ELSE 0 END) = 1 AS started, max(CASE WHEN is_end THEN 1 ELSE 0 END) = 1 AS ended, max(alive) AS alive, CAST(mod(min(CAST(t AS DECIMAL(38, 0)) * 2147483648 + CASE WHEN NOT is_passive THEN gap_rank END), 2147483648) AS BIGINT) AS gap_rank, CAST(mod(min(CAST(CASE WHEN NOT is_passive THEN ord END AS DECIMAL(38, 0)) * 2147483648 + "NAME_CODE"), 2147483648) AS BIGINT) AS "FIRST_EVENT_CODE", CAST(mod(max(CAST(CASE WHEN NOT is_passive THEN ord END AS DECIMAL(38, 0)) * 2147483648 + "NAME_CODE"), 2147483648) AS BIGINT) AS "LAST_EVENT_CODE", ARRAY_UNIQUE_AGG(name) AS names
FROM sz_assigned
WHERE kept
GROUP BY "USER", run, part
),

-- One row per session with its neighbours.
sz_joined AS (
SELECT *, CASE WHEN next_start IS NULL THEN NULL WHEN next_start > alive THEN 'gap' WHEN next_start - "START" > 86400000000 THEN 'max_length' ELSE opened_next END AS next_reason
FROM (
  SELECT p.*,
    lag(p."END") OVER (PARTITION BY p."USER" ORDER BY p.run, p.part) AS previous_end,
    lead(p."START") OVER (PARTITION BY p."USER" ORDER BY p.run, p.part) AS next_start,
    lead(p.reason) OVER (PARTITION BY p."USER" ORDER BY p.run, p.part) AS opened_next,
    row_number() OVER (PARTITION BY p."USER", p."START" ORDER BY p.run, p.part) - 1 AS tie_rank
  FROM sz_parts AS p
) AS neighbours
),

-- One row per session.
sz_sessions AS (
SELECT s."USER", s."START", s."END", s.events, s.previous_end, s.active = 1 AS bounce, (s.previous_end IS NULL AND NOT s.started AND NOT (s."START" > (SELECT min("START") FROM sz_joined) + CASE s.gap_rank WHEN 0 THEN 1800000000 WHEN 1 THEN 300000000 END)) AS start_censored, (s.next_start IS NULL AND NOT s.ended AND NOT ((SELECT max(last_seen) FROM sz_joined) > s.alive)) AS end_censored, CASE WHEN s.ended THEN 'end_event' WHEN (s.next_start IS NULL AND NOT s.ended AND NOT ((SELECT max(last_seen) FROM sz_joined) > s.alive)) THEN 'data_end' ELSE coalesce(s.next_reason, 'gap') END AS end_reason, s.tie_rank AS tie_rank, nullif("FIRST_EVENT_VALUE".value, '') AS "FIRST_EVENT", nullif("LAST_EVENT_VALUE".value, '') AS "LAST_EVENT", ARRAY_SIZE(s.names) AS names
FROM sz_joined AS s
LEFT JOIN "SZ_NAME_CODES" AS "FIRST_EVENT_VALUE" ON "FIRST_EVENT_VALUE".code = s."FIRST_EVENT_CODE"
LEFT JOIN "SZ_NAME_CODES" AS "LAST_EVENT_VALUE" ON "LAST_EVENT_VALUE".code = s."LAST_EVENT_CODE"
)

SELECT "USER" AS "USER",
  md5("USER" || '|' || CAST("START" - 62135596800000000 AS VARCHAR) || CASE WHEN tie_rank = 0 THEN '' ELSE '|' || CAST(tie_rank + 1 AS VARCHAR) END) AS "SESSION_ID",
  row_number() OVER (PARTITION BY "USER" ORDER BY "START", tie_rank) AS "SESSION_NUMBER",
  TO_TIMESTAMP_NTZ("START" - 62135596800000000, 6) AS "START",
  TO_TIMESTAMP_NTZ("END" - 62135596800000000, 6) AS "END",
  CAST("END" - "START" AS DOUBLE) / 1000000 AS "LENGTH_SECONDS",
  events AS "EVENTS",
  names AS "DISTINCT_EVENTS",
  first_event AS "FIRST_EVENT",
  last_event AS "LAST_EVENT",
  bounce AS "BOUNCE",
  CAST("START" - previous_end AS DOUBLE) / 1000000 AS "SECONDS_SINCE_PREVIOUS",
  ARRAY_SORT(ARRAY_CONSTRUCT_COMPACT(CAST(NULL AS VARCHAR))) AS "RECORDED_SESSION_IDS",
  end_reason AS "END_REASON",
  start_censored AS "START_CENSORED",
  end_censored AS "END_CENSORED"
FROM sz_sessions
ORDER BY sz_sessions."USER", sz_sessions."START", sz_sessions.tie_rank
