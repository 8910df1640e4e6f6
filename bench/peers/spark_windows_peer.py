"""Spark on this machine alone, with two SQL windows and a `GROUP BY`."""

from spark_peer import answer_with, with_windows

answer_with(with_windows)
