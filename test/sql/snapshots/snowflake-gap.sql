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
    nullif(CAST("SID" AS VARCHAR), '') AS session,
    nullif(CAST("PLATFORM" AS VARCHAR), '') AS "P_PLATFORM",
    nullif(CAST("PAGE" AS VARCHAR), '') AS "P_PAGE",
    nullif(CAST("PAID" AS VARCHAR), '') AS "P_PAID"
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

-- One row per value of p_page, numbered in sort order.
sz_p_page_codes AS (
SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce("P_PAGE", '') AS value FROM sz_events) AS distinct_values
),

-- One row per user and window of 1800000000 microseconds with events in it.
sz_blocks AS (
SELECT "USER", block, block * 1800000000 + CAST((first_key - mod(first_key, 2147483648)) / 2147483648 AS BIGINT) AS first, block * 1800000000 + CAST((last_key - mod(last_key, 2147483648)) / 2147483648 AS BIGINT) AS last, mod(first_key, 2147483648) AS first_event_code, mod(last_key, 2147483648) AS last_event_code, block * 1800000000 + CAST(("A0_KEY" - mod("A0_KEY", 2147483648)) / 2147483648 AS BIGINT) AS "A0_AT", mod("A0_KEY", 2147483648) AS "A0_CODE", block * 1800000000 + CAST(("A1_KEY" - mod("A1_KEY", 2147483648)) / 2147483648 AS BIGINT) AS "A1_AT", mod("A1_KEY", 2147483648) AS "A1_CODE", block * 1800000000 + CAST(("A2_KEY" - mod("A2_KEY", 2147483648)) / 2147483648 AS BIGINT) AS "A2_AT", mod("A2_KEY", 2147483648) AS "A2_CODE", names, recorded, "M0", events
FROM (
  SELECT "USER", block, count(*) AS events, min(mod(t, 1800000000) * 2147483648 + "NAME_CODE") AS first_key, max(mod(t, 1800000000) * 2147483648 + "NAME_CODE") AS last_key, min(mod(t, 1800000000) * 2147483648 + "P_PLATFORM_CODE") AS "A0_KEY", min(mod(t, 1800000000) * 2147483648 + "P_PAGE_CODE") AS "A1_KEY", max(mod(t, 1800000000) * 2147483648 + "P_PAGE_CODE") AS "A2_KEY", ARRAY_UNIQUE_AGG(name) AS names, ARRAY_UNIQUE_AGG(session) AS recorded, sum("M0") AS "M0"
  FROM (
    SELECT e."USER", e.t, "SZ_NAME_CODES".code AS "NAME_CODE", CASE WHEN e."P_PLATFORM" IS NOT NULL THEN "SZ_P_PLATFORM_CODES".code END AS "P_PLATFORM_CODE", CASE WHEN e."P_PAGE" IS NOT NULL THEN "SZ_P_PAGE_CODES".code END AS "P_PAGE_CODE", e.name, e.session, TRY_CAST(e."P_PAID" AS DECIMAL(28, 6)) AS "M0", CAST((e.t - mod(e.t, 1800000000)) / 1800000000 AS BIGINT) AS block
    FROM sz_events AS e
  LEFT JOIN "SZ_NAME_CODES" ON "SZ_NAME_CODES".value = coalesce(e."NAME", '')
  LEFT JOIN "SZ_P_PLATFORM_CODES" ON "SZ_P_PLATFORM_CODES".value = coalesce(e."P_PLATFORM", '')
  LEFT JOIN "SZ_P_PAGE_CODES" ON "SZ_P_PAGE_CODES".value = coalesce(e."P_PAGE", '')
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
SELECT "USER", first AS "START", last AS "END", events, previous_last AS previous_end, "FIRST_EVENT_CODE", "LAST_EVENT_CODE", "A0_CODE", "A1_CODE", "A2_CODE", names, recorded, "M0"
FROM (SELECT * FROM sz_linked WHERE opens AND closes) AS b
),

-- Blocks of longer sessions, numbered by session within the user.
sz_runs AS (
SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY "USER" ORDER BY first, CASE WHEN opens THEN 0 ELSE 1 END ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
FROM (SELECT * FROM sz_linked WHERE NOT (opens AND closes)) AS b
),

-- One row per session, with coded values.
sz_joined AS (
SELECT "USER", "START", "END", events, previous_end, "FIRST_EVENT_CODE", "LAST_EVENT_CODE", "A0_CODE", "A1_CODE", "A2_CODE", names, recorded, "M0" FROM sz_single_block_sessions
UNION ALL
SELECT r."USER", r."START", r."END", r.events, r.previous_end, r."FIRST_EVENT_CODE", r."LAST_EVENT_CODE", r."A0_CODE", r."A1_CODE", r."A2_CODE", r.names, r.recorded, r."M0"
FROM (
  SELECT "USER", min(first) AS "START", max(last) AS "END", CAST(sum(events) AS BIGINT) AS events, max(CASE WHEN opens THEN previous_last END) AS previous_end, CAST(mod(min(CAST(first AS DECIMAL(38, 0)) * 2147483648 + "FIRST_EVENT_CODE"), 2147483648) AS BIGINT) AS "FIRST_EVENT_CODE", CAST(mod(max(CAST(last AS DECIMAL(38, 0)) * 2147483648 + "LAST_EVENT_CODE"), 2147483648) AS BIGINT) AS "LAST_EVENT_CODE", CAST(mod(min(CAST("A0_AT" AS DECIMAL(38, 0)) * 2147483648 + "A0_CODE"), 2147483648) AS BIGINT) AS "A0_CODE", CAST(mod(min(CAST("A1_AT" AS DECIMAL(38, 0)) * 2147483648 + "A1_CODE"), 2147483648) AS BIGINT) AS "A1_CODE", CAST(mod(max(CAST("A2_AT" AS DECIMAL(38, 0)) * 2147483648 + "A2_CODE"), 2147483648) AS BIGINT) AS "A2_CODE", ARRAY_UNION_AGG(names) AS names, ARRAY_UNION_AGG(recorded) AS recorded, sum("M0") AS "M0", run
  FROM sz_runs
  GROUP BY "USER", run
) AS r
),

-- One row per session.
sz_sessions AS (
SELECT s."USER", s."START", s."END", s.events, s.previous_end, s.events = 1 AS bounce, NOT (s."START" - (SELECT min(t) FROM sz_events) > 1800000000) AS start_censored, NOT ((SELECT max(t) FROM sz_events) - s."END" > 1800000000) AS end_censored, CASE WHEN NOT ((SELECT max(t) FROM sz_events) - s."END" > 1800000000) THEN 'data_end' ELSE 'gap' END AS end_reason, 0 AS tie_rank, nullif("FIRST_EVENT_VALUE".value, '') AS "FIRST_EVENT", nullif("LAST_EVENT_VALUE".value, '') AS "LAST_EVENT", nullif("A0_VALUE".value, '') AS "A0", nullif("A1_VALUE".value, '') AS "A1", nullif("A2_VALUE".value, '') AS "A2", ARRAY_SIZE(s.names) AS names, s.recorded, s."M0"
FROM sz_joined AS s
LEFT JOIN "SZ_NAME_CODES" AS "FIRST_EVENT_VALUE" ON "FIRST_EVENT_VALUE".code = s."FIRST_EVENT_CODE"
LEFT JOIN "SZ_NAME_CODES" AS "LAST_EVENT_VALUE" ON "LAST_EVENT_VALUE".code = s."LAST_EVENT_CODE"
LEFT JOIN "SZ_P_PLATFORM_CODES" AS "A0_VALUE" ON "A0_VALUE".code = s."A0_CODE"
LEFT JOIN "SZ_P_PAGE_CODES" AS "A1_VALUE" ON "A1_VALUE".code = s."A1_CODE"
LEFT JOIN "SZ_P_PAGE_CODES" AS "A2_VALUE" ON "A2_VALUE".code = s."A2_CODE"
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
  "A0" AS "PLATFORM",
  "A1" AS "ENTRY_PAGE",
  "A2" AS "EXIT_PAGE",
  CAST("M0" AS DOUBLE) AS "SUM_PAID",
  bounce AS "BOUNCE",
  CAST("START" - previous_end AS DOUBLE) / 1000000 AS "SECONDS_SINCE_PREVIOUS",
  ARRAY_SORT(recorded) AS "RECORDED_SESSION_IDS",
  end_reason AS "END_REASON",
  start_censored AS "START_CENSORED",
  end_censored AS "END_CENSORED"
FROM sz_sessions
ORDER BY sz_sessions."USER", sz_sessions."START", sz_sessions.tie_rank
