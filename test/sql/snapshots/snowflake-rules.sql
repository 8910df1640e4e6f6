-- Sessions: a gap of more than 30m ends one.
-- Path: events, because of cut-on, passive-event
-- Snowflake limits the rounds of a recursion: a session cut into very many pieces fails there.
WITH RECURSIVE
-- One row per event; t is in microseconds since the year 1.
events AS (
SELECT *, 0 AS file
FROM (
  SELECT coalesce(CASE WHEN trim(CAST("USER_ID" AS VARCHAR)) <> '' THEN CAST("USER_ID" AS VARCHAR) END, CASE WHEN trim(CAST("DEVICE" AS VARCHAR)) <> '' THEN CAST("DEVICE" AS VARCHAR) END) AS "USER",
    DATE_PART(EPOCH_MICROSECOND, "CREATED_AT") + 62135596800000000 AS t,
    nullif(CAST("EVENT" AS VARCHAR), '') AS name,
    CAST(NULL AS VARCHAR) AS session,
    nullif(CAST("PLATFORM" AS VARCHAR), '') AS "PLATFORM",
    nullif(CAST("CAMPAIGN" AS VARCHAR), '') AS "CAMPAIGN"
  FROM "WEB"."EVENTS"
) AS mapped
WHERE "USER" IS NOT NULL AND t >= 0 AND t < 315537897600000000
),

-- One row per value of name, numbered in sort order.
name_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce("NAME", '') AS value FROM events) AS distinct_values
),

-- One row per value of platform, numbered in sort order.
platform_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce("PLATFORM", '') AS value FROM events) AS distinct_values
),

-- One row per value of campaign, numbered in sort order.
campaign_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce("CAMPAIGN", '') AS value FROM events) AS distinct_values
),

-- Events in the order of their user.
placed AS (
SELECT *, row_number() OVER (PARTITION BY "USER" ORDER BY t, place, name_code, "PLATFORM_CODE" NULLS FIRST, "CAMPAIGN_CODE" NULLS FIRST, file) AS ord
FROM (SELECT *, CASE WHEN is_start THEN 1 WHEN is_end THEN 4 WHEN is_passive THEN 3 ELSE 2 END AS place FROM (SELECT e."USER", e.t, "NAME_CODES".code AS "NAME_CODE", CASE WHEN e."PLATFORM" IS NOT NULL THEN "PLATFORM_CODES".code END AS "PLATFORM_CODE", CASE WHEN e."CAMPAIGN" IS NOT NULL THEN "CAMPAIGN_CODES".code END AS "CAMPAIGN_CODE", e.name, e.file, e."T" + CASE WHEN e."PLATFORM" = 'iOS' THEN 300000000 ELSE 1800000000 END AS alive, CASE WHEN e."PLATFORM" = 'iOS' THEN 1 ELSE 0 END AS gap_rank, DATEDIFF('day', DATE '1970-01-01', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', TO_TIMESTAMP_NTZ(e."T" - 62135596800000000, 6)) AS DATE)) AS day, false AS is_start, false AS is_end, coalesce(e.name LIKE 'pi%' ESCAPE '!', false) AS is_passive
  FROM events AS e
  LEFT JOIN "NAME_CODES" ON "NAME_CODES".value = coalesce(e."NAME", '')
  LEFT JOIN "PLATFORM_CODES" ON "PLATFORM_CODES".value = coalesce(e."PLATFORM", '')
  LEFT JOIN "CAMPAIGN_CODES" ON "CAMPAIGN_CODES".value = coalesce(e."CAMPAIGN", '')) AS coded) AS with_place
),

-- Active events, marked where a rule other than the gap cuts.
marked AS (
SELECT *, sum(CASE WHEN after_end OR next_day OR changed OR is_start THEN 1 ELSE 0 END) OVER (PARTITION BY "USER" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS segment
FROM (
  SELECT *, coalesce(lag(is_end) OVER (PARTITION BY "USER" ORDER BY ord), false) AS after_end,
    coalesce(day > lag(day) OVER (PARTITION BY "USER" ORDER BY ord), false) AS next_day,
    coalesce("CAMPAIGN_CODE" <> LAG("CAMPAIGN_CODE") IGNORE NULLS OVER (PARTITION BY "USER" ORDER BY ord), false) AS changed
  FROM placed
  WHERE NOT is_passive
) AS active_events
),

-- Active events: whether each opens a session, and for which reason besides the gap.
linked AS (
SELECT *,
  previous_alive IS NULL OR after_end OR reason IS NOT NULL OR t > previous_alive AS opens
FROM (
  SELECT *, lag(alive_seen) OVER (PARTITION BY "USER" ORDER BY ord) AS previous_alive,
    CASE WHEN next_day THEN 'midnight' WHEN changed THEN 'property' WHEN is_start THEN 'start_event' END AS reason
  FROM (
    SELECT *, max(alive) OVER (PARTITION BY "USER", segment ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS alive_seen
    FROM marked
  ) AS living
) AS neighbours
),

-- Events with the number of their session within the user.
numbered AS (
SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY "USER" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
FROM linked
),

-- Events with their session, before any limit; passive ones that find none are not kept.
based AS (
SELECT "USER", t, "NAME_CODE", "PLATFORM_CODE", "CAMPAIGN_CODE", name, file, gap_rank, is_start, is_end, is_passive, ord,
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
    SELECT "USER", t, "NAME_CODE", "PLATFORM_CODE", "CAMPAIGN_CODE", name, file, gap_rank, is_start, is_end, is_passive, ord, alive, run, reason, alive_seen, CASE WHEN is_end THEN 1 ELSE 0 END AS active_end, day, day AS active_day
    FROM numbered
    UNION ALL
    SELECT "USER", t, "NAME_CODE", "PLATFORM_CODE", "CAMPAIGN_CODE", name, file, gap_rank, is_start, is_end, is_passive, ord, alive, CAST(NULL AS BIGINT) AS run, CAST(NULL AS VARCHAR) AS reason, CAST(NULL AS BIGINT) AS alive_seen, CAST(NULL AS BIGINT) AS active_end, day, CAST(NULL AS BIGINT) AS active_day
    FROM placed
    WHERE is_passive
  ) AS all_events
) AS attached
),

-- Kept events, numbered within their session: all, and active ones.
steps AS (
SELECT *,
  row_number() OVER (PARTITION BY "USER", run ORDER BY ord) - 1 AS step,
  count(CASE WHEN NOT is_passive THEN 1 END) OVER (PARTITION BY "USER", run ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - 1 AS nth
FROM based
WHERE kept
),

-- Sessions that exceed a limit; active events of all of them are numbered on from `base`.
long_sessions AS (
SELECT *, CAST(sum(active) OVER (ORDER BY "USER", run ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) - active AS base
FROM (
  SELECT "USER", run, max(nth) + 1 AS active
  FROM steps
  GROUP BY "USER", run
  HAVING max(t) - min(t) > 86400000000
) AS over_limit
),

-- Events of the sessions that exceed a limit, the active ones numbered through as `node`.
long_steps AS (
SELECT s.*, l.active, l.base, CASE WHEN NOT s.is_passive THEN l.base + s.nth END AS node
FROM steps AS s
JOIN long_sessions AS l ON l."USER" = s."USER" AND l.run = s.run
),

-- One row per active event, with the one that would open the next piece after it.
successors AS (
SELECT base, node, nth, CASE WHEN next_nth < active THEN base + next_nth END AS next
FROM (
  SELECT node, nth, base, active, least(max(nth) OVER (PARTITION BY "USER", run ORDER BY t RANGE BETWEEN CURRENT ROW AND 86400000000 FOLLOWING) + 1,
    coalesce(CASE WHEN min(CASE WHEN weak_1 THEN nth END) OVER (PARTITION BY "USER", run ORDER BY nth ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) <= coalesce(min(CASE WHEN gap_rank < 1 THEN nth END) OVER (PARTITION BY "USER", run ORDER BY nth ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), active) THEN min(CASE WHEN weak_1 THEN nth END) OVER (PARTITION BY "USER", run ORDER BY nth ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) END, active)) AS next_nth
  FROM (
    SELECT *, coalesce(t > max(CASE WHEN gap_rank >= 1 THEN alive END) OVER (PARTITION BY "USER", run ORDER BY nth ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS weak_1
    FROM long_steps
    WHERE NOT is_passive
  ) AS active_steps
) AS reached
),

-- The events that open a piece, each found from the one before it.
openers (node) AS (
SELECT node FROM successors WHERE nth = 0
UNION ALL
SELECT here.next FROM openers JOIN successors AS here ON here.node = openers.node
WHERE here.next IS NOT NULL
),

-- Events with their piece; passive ones that no longer fit are not kept.
assigned AS (
SELECT "USER", t, "NAME_CODE", "PLATFORM_CODE", "CAMPAIGN_CODE", name, file, gap_rank, is_start, is_end, is_passive, ord, alive, run, reason, NOT is_passive OR NOT (t > max(alive) OVER (PARTITION BY "USER", run, piece ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) OR t - min(t) OVER (PARTITION BY "USER", run, piece ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > 86400000000) AS kept, piece
FROM (
  SELECT s."USER", s.t, s."NAME_CODE", s."PLATFORM_CODE", s."CAMPAIGN_CODE", s.name, s.file, s.gap_rank, s.is_start, s.is_end, s.is_passive, s.ord, s.alive, s.run, s.reason, s.kept, s.step, sum(CASE WHEN o.node IS NULL THEN 0 ELSE 1 END) OVER (PARTITION BY s."USER", s.run ORDER BY s.step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - 1 AS piece
  FROM long_steps AS s
  LEFT JOIN openers AS o ON o.node = s.node
) AS pieces
UNION ALL
SELECT s."USER", s.t, s."NAME_CODE", s."PLATFORM_CODE", s."CAMPAIGN_CODE", s.name, s.file, s.gap_rank, s.is_start, s.is_end, s.is_passive, s.ord, s.alive, s.run, s.reason, s.kept, 0 AS piece
FROM steps AS s
LEFT JOIN long_sessions AS l ON l."USER" = s."USER" AND l.run = s.run
WHERE l.run IS NULL
),

-- One row per session of events.
parts AS (
SELECT "USER", run, piece, min(t) AS "START", max(CASE WHEN NOT is_passive THEN t END) AS "END", max(t) AS last_seen, count(*) AS events, count(CASE WHEN NOT is_passive THEN 1 END) AS active, max(reason) AS reason, max(CASE WHEN is_start THEN 1 ELSE 0 END) = 1 AS started, max(CASE WHEN is_end THEN 1 ELSE 0 END) = 1 AS ended, max(alive) AS alive, CAST(mod(min(CAST(t AS DECIMAL(38, 0)) * 2147483648 + CASE WHEN NOT is_passive THEN gap_rank END), 2147483648) AS BIGINT) AS gap_rank, CAST(mod(min(CAST(CASE WHEN NOT is_passive THEN ord END AS DECIMAL(38, 0)) * 2147483648 + "NAME_CODE"), 2147483648) AS BIGINT) AS "FIRST_EVENT_CODE", CAST(mod(max(CAST(CASE WHEN NOT is_passive THEN ord END AS DECIMAL(38, 0)) * 2147483648 + "NAME_CODE"), 2147483648) AS BIGINT) AS "LAST_EVENT_CODE", ARRAY_UNIQUE_AGG(name) AS names
FROM assigned
WHERE kept
GROUP BY "USER", run, piece
),

-- One row per session with its neighbours.
joined AS (
SELECT *, CASE WHEN next_start IS NULL THEN NULL WHEN next_start > alive THEN 'gap' WHEN next_start - "START" > 86400000000 THEN 'max_length' ELSE opened_next END AS next_reason
FROM (
  SELECT p.*,
    lag(p."END") OVER (PARTITION BY p."USER" ORDER BY p.run, p.piece) AS previous_end,
    lead(p."START") OVER (PARTITION BY p."USER" ORDER BY p.run, p.piece) AS next_start,
    lead(p.reason) OVER (PARTITION BY p."USER" ORDER BY p.run, p.piece) AS opened_next,
    row_number() OVER (PARTITION BY p."USER", p."START" ORDER BY p.run, p.piece) - 1 AS place
  FROM parts AS p
) AS neighbours
),

-- One row per session.
sessions AS (
SELECT s."USER", s."START", s."END", s.events, s.previous_end, s.active = 1 AS bounce, (s.previous_end IS NULL AND NOT s.started AND NOT (s."START" > (SELECT min("START") FROM joined) + CASE s.gap_rank WHEN 0 THEN 1800000000 WHEN 1 THEN 300000000 END)) AS start_censored, (s.next_start IS NULL AND NOT s.ended AND NOT ((SELECT max(last_seen) FROM joined) > s.alive)) AS end_censored, CASE WHEN s.ended THEN 'end_event' WHEN (s.next_start IS NULL AND NOT s.ended AND NOT ((SELECT max(last_seen) FROM joined) > s.alive)) THEN 'data_end' ELSE coalesce(s.next_reason, 'gap') END AS end_reason, s.place AS place, nullif("FIRST_EVENT_VALUE".value, '') AS "FIRST_EVENT", nullif("LAST_EVENT_VALUE".value, '') AS "LAST_EVENT", ARRAY_SIZE(s.names) AS names
FROM joined AS s
LEFT JOIN "NAME_CODES" AS "FIRST_EVENT_VALUE" ON "FIRST_EVENT_VALUE".code = s."FIRST_EVENT_CODE"
LEFT JOIN "NAME_CODES" AS "LAST_EVENT_VALUE" ON "LAST_EVENT_VALUE".code = s."LAST_EVENT_CODE"
)

SELECT "USER" AS "USER",
  md5("USER" || '|' || CAST("START" - 62135596800000000 AS VARCHAR) || CASE WHEN place = 0 THEN '' ELSE '|' || CAST(place + 1 AS VARCHAR) END) AS "SESSION_ID",
  row_number() OVER (PARTITION BY "USER" ORDER BY "START", place) AS "SESSION_NUMBER",
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
FROM sessions
ORDER BY sessions."USER", sessions."START", sessions.place
