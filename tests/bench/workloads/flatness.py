"""Does a call take longer in a daemon that has much to hold?"""

import resource
import socket
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.daemon import NATIVE, Daemon
from harness.places import LIBRARY, scratch
from harness.table import in_turn
from workloads.apply import call_of
from workloads.memory import HELD, wait_for_queue

COUNT = 5_000
QUEUED = 1_000_000
IDLE = 1_000
CROWD = f'[pools.native]\nkind = "native"\nlibrary = "{LIBRARY}"\nworkers = 256\n'


@contextmanager
def with_queue(count):
    """A million tasks wait in another pool."""
    with scratch() as directory, Daemon(HELD + NATIVE) as daemon:
        daemon.procpool("pool", "pause", "held")
        inputs = Path(directory) / "inputs"
        inputs.write_text("".join(f"{i}\n" for i in range(count)), encoding="utf-8")
        with subprocess.Popen(daemon.command("map", "--pool", "held", "same", "-a", inputs),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            wait_for_queue(daemon, count)
            yield daemon
            client.kill()


@contextmanager
def with_connections(count):
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if least < 2 * count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4 * count), most))
    with ExitStack() as stack:
        daemon = stack.enter_context(
            Daemon(f"[limits]\nconnections = {2 * count}\nconnections_per_user = {2 * count}\n" + NATIVE))
        for _ in range(count):
            idle = stack.enter_context(socket.socket(socket.AF_UNIX))
            idle.connect(str(daemon.socket))
        yield daemon


def measure(table, effort):
    count = effort.count(COUNT)
    queue, idle = effort.count(QUEUED), effort.count(IDLE)
    cases = ((f"{queue} tasks queued in another job", lambda: with_queue(queue)),
             (f"{idle} idle connections", lambda: with_connections(idle)),
             ("256 workers", lambda: Daemon(CROWD)))
    for name, daemon_with in cases:
        with Daemon(NATIVE) as empty, daemon_with() as full:
            def took(daemon):
                expected = '"state":"succeeded","value":null'
                return daemon.calls(1, count, "Apply", call_of("native"), expected)["median"] * 1e6

            times = in_turn(effort.rounds(11), full=lambda: took(full), empty=lambda: took(empty))
        table.compare(f"apply with {name}", "us", times["full"], "empty daemon", times["empty"], at_most=1.2)
