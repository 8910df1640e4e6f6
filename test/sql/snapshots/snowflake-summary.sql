-- Sessions: a gap of more than 30m ends one.
-- Path: blocks
WITH
-- One row per event; t is in microseconds since the year 1.
sz_events AS (
SELECT *, 0 AS file
FROM (
  SELECT coalesce(CASE WHEN trim(CAST("USER_ID" AS VARCHAR)) <> '' THEN CAST("USER_ID" AS VARCHAR) END, CASE WHEN trim(CAST("DEVICE" AS VARCHAR)) <> '' THEN CAST("DEVICE" AS VARCHAR) END) AS "USER",
    DATE_PART(EPOCH_MICROSECOND, "CREATED_AT") + 62135596800000000 AS t,
    nullif(CAST("EVENT" AS VARCHAR), '') AS name,
    CAST(NULL AS VARCHAR) AS session,
    nullif(CAST("PLATFORM" AS VARCHAR), '') AS "P_PLATFORM"
  FROM "WEB"."EVENTS"
) AS mapped
WHERE "USER" IS NOT NULL AND t >= 0 AND t < 315537897600000000
),

-- One row per value of p_platform, numbered in sort order.
sz_p_platform_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce("P_PLATFORM", '') AS value FROM sz_events) AS distinct_values
),

-- One row per user and window of 1800000000 microseconds with events in it.
sz_blocks AS (
SELECT "USER", block, first, last, block * 1800000000 + CAST(("A0_KEY" - mod("A0_KEY", 2147483648)) / 2147483648 AS BIGINT) AS "A0_AT", mod("A0_KEY", 2147483648) AS "A0_CODE", events
FROM (
  SELECT "USER", block, count(*) AS events, min(t) AS first, max(t) AS last, min(mod(t, 1800000000) * 2147483648 + "P_PLATFORM_CODE") AS "A0_KEY"
  FROM (
    SELECT e."USER", e.t, CASE WHEN e."P_PLATFORM" IS NOT NULL THEN "SZ_P_PLATFORM_CODES".code END AS "P_PLATFORM_CODE", CAST((e.t - mod(e.t, 1800000000)) / 1800000000 AS BIGINT) AS block
    FROM sz_events AS e
  LEFT JOIN "SZ_P_PLATFORM_CODES" ON "SZ_P_PLATFORM_CODES".value = coalesce(e."P_PLATFORM", '')
  ) AS coded
  GROUP BY "USER", block
) AS packed
),

-- Blocks with their neighbours: whether each opens and whether it closes a session.
sz_linked AS (
SELECT *,
  previous_last IS NULL OR first - previous_last > 1800000000 AS opens,
  next_first IS NULL OR next_first - last > 1800000000 AS closes
FROM (
  SELECT *, lag(last) OVER (PARTITION BY "USER" ORDER BY first) AS previous_last, lead(first) OVER (PARTITION BY "USER" ORDER BY first) AS next_first
  FROM sz_blocks
) AS neighbours
),

-- One row per session of a single block.
sz_single_block_sessions AS (
SELECT "USER", first AS "START", last AS "END", events, previous_last AS previous_end, "A0_CODE"
FROM (SELECT * FROM sz_linked WHERE opens AND closes) AS b
),

-- Blocks of longer sessions, numbered by session within the user.
sz_runs AS (
SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY "USER" ORDER BY first, CASE WHEN opens THEN 0 ELSE 1 END ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
FROM (SELECT * FROM sz_linked WHERE NOT (opens AND closes)) AS b
),

-- One row per session, with coded values.
sz_joined AS (
SELECT "USER", "START", "END", events, previous_end, "A0_CODE" FROM sz_single_block_sessions
UNION ALL
SELECT r."USER", r."START", r."END", r.events, r.previous_end, r."A0_CODE"
FROM (
  SELECT "USER", min(first) AS "START", max(last) AS "END", CAST(sum(events) AS BIGINT) AS events, max(CASE WHEN opens THEN previous_last END) AS previous_end, CAST(mod(min(CAST("A0_AT" AS DECIMAL(38, 0)) * 2147483648 + "A0_CODE"), 2147483648) AS BIGINT) AS "A0_CODE", run
  FROM sz_runs
  GROUP BY "USER", run
) AS r
),

-- One row per session.
sz_sessions AS (
SELECT s."USER", s."START", s."END", s.events, s.previous_end, s.events = 1 AS bounce, NOT (s."START" - (SELECT min(t) FROM sz_events) > 1800000000) AS start_censored, NOT ((SELECT max(t) FROM sz_events) - s."END" > 1800000000) AS end_censored, CASE WHEN NOT ((SELECT max(t) FROM sz_events) - s."END" > 1800000000) THEN 'data_end' ELSE 'gap' END AS end_reason, 0 AS tie_rank, nullif("A0_VALUE".value, '') AS "A0"
FROM sz_joined AS s
LEFT JOIN "SZ_P_PLATFORM_CODES" AS "A0_VALUE" ON "A0_VALUE".code = s."A0_CODE"
)

SELECT "A0" AS "PLATFORM",
  count(*) AS sessions,
  count(DISTINCT "USER") AS users,
  CAST(sum(events) AS BIGINT) AS events,
  count(CASE WHEN bounce THEN 1 END) AS bounces,
  CAST(count(CASE WHEN bounce THEN 1 END) AS DOUBLE) / nullif(count(*), 0) AS bounce_rate,
  CAST(sum(("END" - "START")) AS DOUBLE) / 1000000 / nullif(count(("END" - "START")), 0) AS mean_seconds,
  CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ("END" - "START")) AS DOUBLE) / 1000000 AS p50_seconds,
  CAST(PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY ("END" - "START")) AS DOUBLE) / 1000000 AS p90_seconds,
  CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ("END" - "START")) AS DOUBLE) / 1000000 AS p95_seconds,
  CAST(PERCENTILE_CONT(0.99) WITHIN GROUP (ORDER BY ("END" - "START")) AS DOUBLE) / 1000000 AS p99_seconds,
  CAST(max(("END" - "START")) AS DOUBLE) / 1000000 AS max_seconds,
  CAST(sum(CASE WHEN NOT bounce THEN ("END" - "START") END) AS DOUBLE) / 1000000 / nullif(count(CASE WHEN NOT bounce THEN ("END" - "START") END), 0) AS mean_seconds_without_bounces,
  CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CASE WHEN NOT bounce THEN ("END" - "START") END) AS DOUBLE) / 1000000 AS p50_seconds_without_bounces
FROM sz_sessions
GROUP BY "A0"
ORDER BY sessions DESC, "A0" NULLS FIRST
