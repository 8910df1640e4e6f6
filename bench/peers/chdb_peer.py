"""ClickHouse in a process (chdb): two windows, then a `GROUP BY`."""

import os

import chdb
from questions import BINS, GAP_SECONDS, QUANTILES, answer

SETTINGS = "SETTINGS date_time_input_format = 'best_effort', output_format_json_quote_64bit_integers = 0"
TYPES = r"user_id String, time DateTime64(6, \'UTC\'), event String, platform String, country String"


def read(source):
    if not source.endswith(".csv"):
        return f"file('{source}', Parquet)"
    # Times are named as such: left to itself, ClickHouse reads these as text.
    return f"file('{source}', CSVWithNames, '{TYPES}')"


def sessions(source, *columns):
    listed = ", ".join(columns)
    return f"""
SELECT user_id AS user, min(time) AS start, max(time) AS end, count() AS events,
  argMin(event, time) AS first_event, argMax(event, time) AS last_event,
  {", ".join(f"argMin({name}, time) AS {name}" for name in columns)}
FROM (
  SELECT *, sum(opens) OVER (PARTITION BY user_id ORDER BY time, event ROWS UNBOUNDED PRECEDING) AS session
  FROM (
    SELECT user_id, time, event, {listed},
      dateDiff('microsecond', lagInFrame(time, 1, toDateTime64(0, 6, 'UTC')) OVER (
        PARTITION BY user_id ORDER BY time, event ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ), time) > {GAP_SECONDS * 1_000_000} AS opens
    FROM {read(source)}
  )
)
GROUP BY user_id, session"""


def run(query, out, format):
    # Unlike sessionize's outputs, its files are never replaced.
    if os.path.exists(out):
        os.remove(out)
    chdb.query(f"{query} INTO OUTFILE '{out}' FORMAT {format} {SETTINGS}")


def table(source, out):
    run(sessions(source, "platform"), out, "Parquet")


def summary(source, out):
    percents = ", ".join(str(q / 100) for q in QUANTILES)
    bins = zip(BINS, [*BINS[1:], 1e18])
    run(
        f"""
SELECT platform, country, count() AS sessions, uniqExact(user) AS users, sum(events) AS events,
  countIf(seconds = 0) AS bounces, sum(seconds) AS total, max(seconds) AS longest,
  quantilesExactInclusive({percents})(seconds) AS q, avgIf(seconds, seconds > 0) AS stayed_mean,
  quantilesExactInclusiveIf({percents})(seconds, seconds > 0) AS stayed_q,
  {", ".join(f"q[{i + 1}] AS p{q}, stayed_q[{i + 1}] AS stayed_p{q}" for i, q in enumerate(QUANTILES))},
  {", ".join(f"countIf(seconds >= {start} AND seconds < {end}) AS bin{i}" for i, (start, end) in enumerate(bins))}
FROM (
  SELECT user, events, toNullable(platform) AS platform, toNullable(country) AS country,
    dateDiff('microsecond', start, end) / 1e6 AS seconds
  FROM ({sessions(source, "platform", "country")})
)
GROUP BY GROUPING SETS ((), (platform, country))""",
        out,
        "JSONEachRow",
    )


answer(table, summary)
