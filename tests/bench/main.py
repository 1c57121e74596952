"""Runs benches by name; tests/bench/run has built and installed what they need.

A bench is a module in workloads/ with a function `measure(table, effort)`. Its lines go into
the table, each with its target beside it.
"""

import argparse
import importlib
import os
import signal
import sys
import time
import traceback

from harness import results
from harness.places import BUILD, RESULTS, Effort, install
from harness.table import Table

BUSY = 0.5  # the load before the first bench

# In this order they run, and stand in the table.
NAMES = ("apply", "imap", "map", "chunksize", "commands", "run", "streams", "big_values", "durable",
         "processors", "memory", "flatness", "idle", "parts")


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no bench is named {unknown[0]}; there are {', '.join(NAMES)}")
    directory = BUILD / "bench-quick" if options.quick else RESULTS
    if os.getloadavg()[0] > BUSY:
        print(f"The machine is busy (load {os.getloadavg()[0]:.1f}): no figures to go by.", file=sys.stderr)
    install()
    failed = []
    missed = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `with` ends its processes
    for name in options.names or NAMES:
        table = Table(name)
        begun = time.monotonic()
        try:
            importlib.import_module(f"workloads.{name}").measure(table, Effort(options.quick))
        except Exception:  # the other benches go on
            traceback.print_exc()
            failed.append(name)
            continue
        print(f"{name} ({time.monotonic() - begun:.0f} s)")
        table.print()
        results.write(table, directory)
        missed += sum(line.met is False for line in table.lines)
    if len(failed) < len(options.names or NAMES):
        results.summarise(NAMES, directory)
        print(f"table.md and chart.svg are in {directory}; {missed} targets are missed")
    if failed:
        print(f"tests/bench/run: these could not be measured: {', '.join(failed)}", file=sys.stderr)
    return 2 if failed else 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
