"""Imported by a measured Python process: writes its peak resident size and processor time at its end."""

import atexit
import json
import os
import time


def _peak_bytes(pid="self"):
    """Of the process alone: `ru_maxrss` begins with the parent's."""
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM: the peers are measured on Linux only")


def _cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


_others = {"cpuSeconds": 0.0, "peakBytes": 0}


def count(pid):
    """Adds what another process has used until now: call it at the end of its work."""
    _others["cpuSeconds"] += _cpu_seconds(pid)
    _others["peakBytes"] += _peak_bytes(pid)


@atexit.register
def _write():
    path = os.environ.get("BENCH_USAGE_FILE")
    if path is None:
        return
    used = {
        "cpuSeconds": time.process_time() + _others["cpuSeconds"],
        "peakBytes": _peak_bytes() + _others["peakBytes"],
    }
    with open(path, "w") as file:
        json.dump(used, file)
