"""polars, lazy, on its streaming engine: one sort, then runs within the sorted rows."""

import polars as pl
from questions import BINS, GAP_SECONDS, QUANTILES, answer


def sessions(source, *columns):
    read = pl.scan_csv(source, try_parse_dates=True) if source.endswith(".csv") else pl.scan_parquet(source)
    opens = (pl.col("user_id") != pl.col("user_id").shift()) | (
        pl.col("time").diff() > pl.duration(seconds=GAP_SECONDS)
    )
    return (
        read.select("user_id", "time", "event", *columns)
        .sort("user_id", "time")
        .with_columns(session=opens.fill_null(True).cum_sum())
        .group_by("session")
        .agg(
            pl.col("user_id").first().alias("user"),
            pl.col("time").first().alias("start"),
            pl.col("time").last().alias("end"),
            pl.len().alias("events"),
            pl.col("event").first().alias("first_event"),
            pl.col("event").last().alias("last_event"),
            *(pl.col(name).first() for name in columns),
        )
        .drop("session")
    )


def table(source, out):
    sessions(source, "platform").sink_parquet(out, engine="streaming")


def figures():
    length = pl.col("seconds")
    stayed = length.filter(length > 0)
    ends = [*BINS[1:], None]
    return [
        pl.len().alias("sessions"),
        pl.col("user").n_unique().alias("users"),
        pl.col("events").sum(),
        (length == 0).sum().alias("bounces"),
        length.sum().alias("total"),
        length.max().alias("longest"),
        *(length.quantile(q / 100, "linear").alias(f"p{q}") for q in QUANTILES),
        stayed.mean().alias("stayed_mean"),
        *(stayed.quantile(q / 100, "linear").alias(f"stayed_p{q}") for q in QUANTILES),
        *(
            ((length >= start) & (True if end is None else length < end)).sum().alias(f"bin{i}")
            for i, (start, end) in enumerate(zip(BINS, ends))
        ),
    ]


def summary(source, out):
    lengths = (
        sessions(source, "platform", "country")
        .select(
            "user",
            "platform",
            "country",
            "events",
            seconds=(pl.col("end") - pl.col("start")).dt.total_microseconds() / 1e6,
        )
        .collect(engine="streaming")
    )
    pl.concat(
        [lengths.select(figures()), lengths.group_by("platform", "country").agg(figures())],
        how="diagonal",
    ).write_ndjson(out)


answer(table, summary)
