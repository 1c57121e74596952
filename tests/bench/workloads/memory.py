"""What is taken while nothing happens, and by what waits."""

import subprocess
import time
from pathlib import Path

from harness.daemon import COMMANDS, LIBRARY, Daemon
from harness.places import PATIENCE, scratch
from harness.processes import private_bytes, status, with_descendants

TASKS = 1_000_000
HELD = '[limits]\nwindow_tasks = 4000000\nwindow_bytes = "1GiB"\n' \
       f'[pools.held]\nkind = "native"\nlibrary = "{LIBRARY}"\nworkers = 1\n'


def measure(table, effort):
    rss, worker, task = [], [], []
    for _ in range(effort.rounds(4)):
        with Daemon(COMMANDS) as daemon:
            rss.append(status(daemon.process.pid, "VmRSS") / 1024)
            worker.append(max(private_bytes(pid) for pid in with_descendants(daemon.process.pid)[1:]) / 2**20)
        task.append(bytes_of_a_task(effort.count(TASKS)))
    table.bound("idle daemon, resident", "MiB", rss, at_most=10)
    table.bound("idle command worker, private", "MiB", worker, at_most=1)
    table.bound("queued task of a map of small integers, in the daemon", "bytes", task, at_most=100)


def bytes_of_a_task(count):
    with scratch() as directory, Daemon(HELD) as daemon:
        daemon.procpool("pool", "pause", "held")
        inputs = Path(directory) / "inputs"
        inputs.write_text("".join(f"{i}\n" for i in range(count)), encoding="utf-8")
        before = private_bytes(daemon.process.pid)
        with subprocess.Popen(daemon.command("map", "--pool", "held", "same", "-a", inputs),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            wait_for_queue(daemon, count)
            taken = private_bytes(daemon.process.pid) - before
            client.kill()
    return taken / count


def wait_for_queue(daemon, count):
    deadline = time.monotonic() + PATIENCE
    while queued(daemon) < count:
        if time.monotonic() > deadline:
            raise RuntimeError("the tasks were not queued")
        time.sleep(0.1)


def queued(daemon):
    return daemon.ask("call", "GetStatus")["tasks_queued"]
