"""Work for the CPUs alone: does anything get in its way?"""

import json
import subprocess
import time
from pathlib import Path

from harness.daemon import Daemon
from harness.places import BIN, CPUS, LIBRARY, PATIENCE, check, scratch
from harness.table import in_turn

STEP = 20_000
PIECES = 400  # a second or more: what a start takes is measured elsewhere
SETTINGS = f'[pools.native]\nkind = "native"\nlibrary = "{LIBRARY}"\nworkers = {CPUS}\n'


def bare(ranges):
    """As many processes as CPUs, each with every so many-th piece; the sum, and the seconds.
    Each has a session of its own, as our workers have: where the kernel groups processes by
    session (sched_autogroup), those of one session would share what one of ours gets alone."""
    begun = time.monotonic()
    shares = [[str(bound) for piece in ranges[k::CPUS] for bound in piece] for k in range(CPUS)]
    processes = [subprocess.Popen([BIN / "bench_primes", *share], stdout=subprocess.PIPE,
                                  start_new_session=True) for share in shares]
    total = sum(int(process.communicate(timeout=PATIENCE)[0]) for process in processes)
    return total, time.monotonic() - begun


def measure(table, effort):
    with scratch() as directory, Daemon(SETTINGS) as daemon:
        inputs, output = Path(directory) / "inputs", Path(directory) / "output"
        ranges = [(k * STEP, (k + 1) * STEP) for k in range(effort.count(PIECES))]
        inputs.write_text("".join(f"{json.dumps(piece)}\n" for piece in ranges), encoding="utf-8")
        expected, _ = bare(ranges)

        def ours():
            took = daemon.procpool("starmap", "count_primes", "-a", inputs, stdout=output)
            check(sum(json.loads(output.read_text(encoding="utf-8"))) == expected, "the count of primes")
            return 1 / took

        rates = in_turn(effort.rounds(7), ours=ours, bare=lambda: 1 / bare(ranges)[1])
    table.compare(f"primes on {CPUS} CPUs, whole process", "1/s", rates["ours"], "bare processes at once",
                  rates["bare"], at_least=0.97)
