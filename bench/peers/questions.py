"""What every Python peer is asked: `python PEER.py table|summary INPUT OUTPUT`."""

import sys

import usage  # noqa: F401  (measures)

GAP_SECONDS = 30 * 60
QUANTILES = [50, 75, 90, 95, 99]
# Seconds; the last bin has no end.
BINS = [0, 0.000001, 10, 30, 60, 180, 600, 1800, 3600]


def answer(table, summary):
    """Calls the function that was asked for with the paths of the input and of the output.

    `table` writes Parquet: user, start, end, events, first_event, last_event, platform. `summary`
    writes one JSON object a line for all sessions (platform and country null) and for each platform
    and country: sessions, users, events, bounces, total, longest, p50 to p99, stayed_mean and
    stayed_p50 to stayed_p99 (without bounces), bin0 to bin8. Lengths are in seconds.
    """
    question, source, out = sys.argv[1:]
    {"table": table, "summary": summary}[question](source, out)
