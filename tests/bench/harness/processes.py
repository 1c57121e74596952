"""What the kernel says of a process: its end, its memory, its children, its wake-ups."""

import os
import select
import subprocess
from pathlib import Path

from harness.places import PATIENCE, check


def wait_for(process):
    """Returns when the process ends; it must end well. Popen.wait() with a timeout only looks every
    50 ms, which is a fifth of what some of the measured commands take."""
    descriptor = os.pidfd_open(process.pid)
    try:
        ended, _, _ = select.select([descriptor], [], [], PATIENCE)
    finally:
        os.close(descriptor)
    if not ended:
        process.kill()
        process.wait()
        raise subprocess.TimeoutExpired(process.args, PATIENCE)
    check(process.wait() == 0, f"{process.args[0]} failed")


def status(pid, key):
    """A number of /proc/PID/status."""
    return int(fields(Path(f"/proc/{pid}/status"))[key].split()[0])


def private_bytes(pid):
    """What would be free without it."""
    kib = fields(Path(f"/proc/{pid}/smaps_rollup"))
    return 1024 * sum(int(kib[key].split()[0]) for key in ("Private_Clean", "Private_Dirty"))


def fields(file):
    lines = (line.partition(":") for line in file.read_text(encoding="utf-8").splitlines())
    return {key: value.strip() for key, _, value in lines}


def with_descendants(pid):
    """It, and all that it has started."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(found for file in children for child in file.read_text(encoding="utf-8").split()
                   for found in with_descendants(int(child)))]


def wake_ups(pid):
    """How often its threads have run, so far."""
    return sum(int(fields(task / "status")[f"{kind}_ctxt_switches"])
               for task in Path(f"/proc/{pid}/task").iterdir() for kind in ("voluntary", "nonvoluntary"))
