"""Spark on this machine alone, with `session_window`, or with SQL windows as `spark_windows_peer.py`."""

import os

import usage
from pyspark.sql import SparkSession
from questions import BINS, GAP_SECONDS, QUANTILES, answer

spark = (
    SparkSession.builder.master("local[*]")
    .config("spark.driver.memory", "8g")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.sql.session.timeZone", "UTC")
    # Its 200 partitions are for clusters.
    .config("spark.sql.shuffle.partitions", str(4 * os.cpu_count()))
    .config("spark.local.dir", os.environ.get("BENCH_TEMP", "/tmp"))
    .getOrCreate()
)


def events(source):
    if source.endswith(".csv"):
        types = "user_id STRING, time TIMESTAMP, event STRING, platform STRING, country STRING"
        head = open(source).readline().strip().split(",")
        named = dict(column.split(" ") for column in types.split(", "))
        schema = ", ".join(f"{name} {named.get(name, 'STRING')}" for name in head)
        frame = spark.read.csv(source, header=True, schema=schema)
    else:
        frame = spark.read.parquet(source)
    frame.createOrReplaceTempView("events")


def carried(columns):
    return ", ".join(f"min_by({name}, time) AS {name}" for name in columns)


def with_session_window(*columns):
    return f"""
SELECT user_id AS user, min(time) AS start, max(time) AS end, count(*) AS events,
  min_by(event, time) AS first_event, max_by(event, time) AS last_event, {carried(columns)}
FROM events GROUP BY user_id, session_window(time, '{GAP_SECONDS} seconds')"""


def with_windows(*columns):
    return f"""
SELECT user_id AS user, min(time) AS start, max(time) AS end, count(*) AS events,
  min_by(event, time) AS first_event, max_by(event, time) AS last_event, {carried(columns)}
FROM (
  SELECT *, sum(opens) OVER (PARTITION BY user_id ORDER BY time, event ROWS UNBOUNDED PRECEDING) AS session
  FROM (
    SELECT user_id, time, event, {", ".join(columns)},
      CASE WHEN time - lag(time) OVER (PARTITION BY user_id ORDER BY time, event)
        <= INTERVAL '{GAP_SECONDS}' SECOND THEN 0 ELSE 1 END AS opens
    FROM events
  )
)
GROUP BY user_id, session"""


def answer_with(sessions):
    def table(source, out):
        events(source)
        spark.sql(sessions("platform")).write.mode("overwrite").parquet(out)
        count_jvm()

    def summary(source, out):
        events(source)
        spark.sql(
            f"""
SELECT user, platform, country, events, (unix_micros(end::TIMESTAMP) - unix_micros(start::TIMESTAMP)) / 1e6 AS seconds
FROM ({sessions("platform", "country")})"""
        ).createOrReplaceTempView("lengths")
        percents = f"array({', '.join(str(q / 100) for q in QUANTILES)})"
        bins = zip(BINS, [*BINS[1:], 1e18])
        spark.sql(
            f"""
SELECT platform, country, count(*) AS sessions, count(DISTINCT user) AS users, sum(events) AS events,
  count_if(seconds = 0) AS bounces, sum(seconds) AS total, max(seconds) AS longest,
  percentile(seconds, {percents}) AS q, avg(seconds) FILTER (WHERE seconds > 0) AS stayed_mean,
  percentile(seconds, {percents}) FILTER (WHERE seconds > 0) AS stayed_q,
  {", ".join(f"count_if(seconds >= {start} AND seconds < {end}) AS bin{i}" for i, (start, end) in enumerate(bins))}
FROM lengths GROUP BY GROUPING SETS ((), (platform, country))"""
        ).selectExpr(
            "*",
            *(f"q[{i}] AS p{q}" for i, q in enumerate(QUANTILES)),
            *(f"stayed_q[{i}] AS stayed_p{q}" for i, q in enumerate(QUANTILES)),
        ).write.mode("overwrite").json(out)
        count_jvm()

    answer(table, summary)


def count_jvm():
    """The work is done in Java, which this process has started."""
    usage.count(spark.sparkContext._gateway.proc.pid)


if __name__ == "__main__":
    answer_with(with_session_window)
