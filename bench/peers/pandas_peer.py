"""pandas, with columns read by pyarrow: one sort, then runs within the sorted rows."""

import numpy as np
import pandas as pd
from questions import BINS, GAP_SECONDS, QUANTILES, answer


def sessions(source, *columns):
    wanted = ["user_id", "time", "event", *columns]
    if source.endswith(".csv"):
        events = pd.read_csv(source, usecols=wanted, engine="pyarrow", dtype_backend="pyarrow")
    else:
        events = pd.read_parquet(source, columns=wanted, dtype_backend="pyarrow")
    times = events["time"]
    zoned = times.dt.tz is not None
    events["time"] = (times.dt.tz_localize(None) if zoned else times).astype("datetime64[us]")
    # Few names: as categories they cost a byte.
    for name in ["event", *columns]:
        events[name] = events[name].astype("category")
    events = events.sort_values(["user_id", "time"], ignore_index=True)
    opens = (events["user_id"] != events["user_id"].shift()) | (
        events["time"].diff() > pd.Timedelta(seconds=GAP_SECONDS)
    )
    first = opens.to_numpy(dtype=bool, na_value=True).nonzero()[0]
    after = np.append(first[1:], len(events))
    starts, ends = (events.iloc[rows].reset_index(drop=True) for rows in (first, after - 1))
    return pd.DataFrame(
        {
            "user": starts["user_id"],
            "start": starts["time"],
            "end": ends["time"],
            "events": after - first,
            "first_event": starts["event"],
            "last_event": ends["event"],
            **{name: starts[name] for name in columns},
        }
    )


def table(source, out):
    sessions(source, "platform").to_parquet(out)


def figures(rows):
    length = rows["seconds"]
    stayed = length[length > 0]
    ends = [*BINS[1:], float("inf")]
    return {
        "sessions": len(rows),
        "users": rows["user"].nunique(),
        "events": rows["events"].sum(),
        "bounces": (length == 0).sum(),
        "total": length.sum(),
        "longest": length.max(),
        **{f"p{q}": length.quantile(q / 100) for q in QUANTILES},
        "stayed_mean": stayed.mean(),
        **{f"stayed_p{q}": stayed.quantile(q / 100) for q in QUANTILES},
        **{
            f"bin{i}": ((length >= start) & (length < end)).sum()
            for i, (start, end) in enumerate(zip(BINS, ends))
        },
    }


def summary(source, out):
    rows = sessions(source, "platform", "country")
    rows["seconds"] = (rows["end"] - rows["start"]) / pd.Timedelta(seconds=1)
    answers = [{"platform": None, "country": None, **figures(rows)}]
    for (platform, country), group in rows.groupby(["platform", "country"], observed=True):
        answers.append({"platform": platform, "country": country, **figures(group)})
    pd.DataFrame(answers).to_json(out, orient="records", lines=True, double_precision=15)


answer(table, summary)
