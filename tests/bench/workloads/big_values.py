"""Large arguments and values, and what they do to others."""

import json
import subprocess
from pathlib import Path

from harness.daemon import NATIVE, Daemon
from harness.peers import python_pool
from harness.places import BIN, LIBRARY, PATIENCE, load, scratch
from harness.table import in_turn
from workloads.apply import call_of

SIZES = {1: 20, 10: 4, 50: 1}  # [MB]: calls a round
SETTINGS = '[limits]\nmessage_bytes = "256MiB"\nwindow_bytes = "256MiB"\n' + NATIVE + \
           f'[pools.big]\nkind = "native"\nlibrary = "{LIBRARY}"\nworkers = 1\n'


def measure(table, effort):
    with scratch() as directory, Daemon(SETTINGS) as daemon:
        for megabytes, count in SIZES.items():
            size = megabytes * 1_000_000
            text = "x" * size
            call = Path(directory) / "call"
            call.write_text(json.dumps({"spec": {"verb": "apply", "function": "same_text", "pool": "big"},
                                        "inputs": {"items": [[text]]}}), encoding="utf-8")
            value = f'"state":"succeeded","value":"{text[:100]}'

            def calls():
                return daemon.calls(1, count, "Apply", f"@{call}", value)

            rates = in_turn(effort.rounds(4), ours=lambda: megabytes * calls()["rate"],
                            pool=lambda: megabytes * python_pool("big", size, count))
            table.compare(f"argument and value of {megabytes} MB", "MB/s", rates["ours"], "Pool.apply",
                          rates["pool"], at_least=0.5)
            waits = [longer_wait(daemon, calls, effort) for _ in range(effort.rounds(3))]
            table.bound(f"meanwhile another client waits longer, {megabytes} MB", "ms", waits, at_most=10)


def longer_wait(daemon, calls, effort):
    """The longest wait of a client with small calls while the large ones go on, beyond its
    longest before, in milliseconds."""
    words = ["calls", daemon.socket, 1, effort.count(5_000), "Apply", json.dumps(call_of("native"))]
    before = load(*words)
    command = [str(word) for word in (BIN / "bench_load", *words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as bystander:
        while bystander.poll() is None:
            calls()
        during = json.loads(bystander.communicate(timeout=PATIENCE)[0])
    return max(0.0, (during["longest"] - before["longest"]) * 1e3)
