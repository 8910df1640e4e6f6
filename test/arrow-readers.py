"""Reads the Arrow stream on standard input as another program would, and says what it saw.

`python arrow-readers.py pyarrow|polars|pandas|duckdb` prints one line of JSON: `columns`, `rows` as
`--format ndjson` writes them, and, where the reader knows of them, the number of `batches`.
"""

import datetime
import json
import math
import sys

import pyarrow as pa


def plain(value):
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        # pandas has no other way to say that a number is missing.
        return None if math.isnan(value) else value
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if hasattr(value, "tolist"):
        value = value.tolist()
    return [plain(item) for item in value]


def with_pyarrow(stream):
    batches = list(pa.ipc.open_stream(stream))
    rows = [row for batch in batches for row in batch.to_pylist()]
    return {"rows": rows, "batches": len(batches)}


def with_polars(stream):
    import polars

    frame = polars.read_ipc_stream(stream)
    return {"columns": frame.columns, "rows": frame.to_dicts()}


def with_pandas(stream):
    frame = pa.ipc.open_stream(stream).read_pandas()
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return {"columns": list(frame.columns), "rows": rows}


def with_duckdb(stream):
    import duckdb

    reader = pa.ipc.open_stream(stream)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    result = connection.from_arrow(reader)
    columns = result.columns
    return {"columns": columns, "rows": [dict(zip(columns, row)) for row in result.fetchall()]}


READERS = {"pyarrow": with_pyarrow, "polars": with_polars, "pandas": with_pandas, "duckdb": with_duckdb}

seen = READERS[sys.argv[1]](sys.stdin.buffer)
seen["rows"] = [{name: plain(value) for name, value in row.items()} for row in seen["rows"]]
json.dump(seen, sys.stdout)
