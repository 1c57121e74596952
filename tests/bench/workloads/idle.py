"""A daemon with nothing to do should not be noticed."""

import time

from harness.daemon import COMMANDS, NATIVE, PYTHON, Daemon
from harness.processes import wake_ups, with_descendants

SETTLE = 2    # [s] after the start
WATCHED = 10  # [s]


def measure(table, effort):
    watched = effort.rounds(WATCHED)
    with Daemon(COMMANDS + NATIVE + PYTHON) as daemon:
        daemon.procpool("map", "--pool", "default", "--", "true", ":::", "1", "2")
        time.sleep(SETTLE)
        processes = with_descendants(daemon.process.pid)
        before = {pid: wake_ups(pid) for pid in processes}
        time.sleep(watched)
        woken = {pid: wake_ups(pid) - before[pid] for pid in processes}
    table.bound(f"wake-ups of the idle daemon in {watched} s", "times", [woken.pop(processes[0])], at_most=0)
    table.bound(f"wake-ups of its idle workers in {watched} s", "times", [sum(woken.values())], at_most=0)
