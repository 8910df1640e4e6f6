/** Sessions as they are usually written by hand, for Spark: two windows over `events`. */
export const WINDOW_SQL = `WITH marked AS (
  SELECT user, t, name, d0, CASE WHEN t - lag(t) OVER (PARTITION BY user ORDER BY t, name) <= 1800000000 THEN 0 ELSE 1 END AS opens
  FROM events
),
numbered AS (
  SELECT *, sum(opens) OVER (PARTITION BY user ORDER BY t, name ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
  FROM marked
)
SELECT user, min(t) AS start, max(t) AS end, count(*) AS events, min_by(name, t) AS first_event, max_by(name, t) AS last_event, min_by(d0, t) AS platform
FROM numbered
GROUP BY user, run
ORDER BY user, start`
