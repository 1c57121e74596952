#!/usr/bin/env python3
"""What it costs that an id is a promise.

Submissions of kept jobs against what SQLite does on the same disk, and against themselves
with many jobs queued. The pool of the kept jobs is paused, so that nothing else is
measured than how they come to the disk.
"""

import statistics
import sys

from bench import Daemon, Table, in_turn, load, scratch

QUEUED = 100_000
WARM = 5_000
ROUNDS = 7
SHORT_ROUNDS = 40
SETTINGS = '[limits]\ndisk_free = 0\n[pools.default]\nkind = "command"\nworkers = 1\n' \
           '[pools.held]\nkind = "command"\nworkers = 1\n'
SUBMIT = {"spec": {"verb": "apply", "argv": ["true"], "pool": "held", "keep": True},
          "inputs": {"items": [None]}, "last": True}
APPLY = {"spec": {"verb": "apply", "argv": ["true"], "pool": "default"}, "inputs": {"items": [None]}}


def paused_daemon():
    daemon = Daemon(SETTINGS)
    daemon.procpool("pool", "pause", "held")
    return daemon


def submissions(daemon, connections, count):
    return daemon.calls(connections, count, "Submit", SUBMIT)


def lengthen_log(daemon):
    """Before anything counts, as a growing file is slower to sync. The jobs stay queued: the
    store would be busy with the traces of ended ones."""
    submissions(daemon, 32, WARM)


def with_few_queued(measure):
    """With few jobs queued: those that gave the log its length, and those of the measurement."""
    with paused_daemon() as daemon:
        lengthen_log(daemon)
        return measure(daemon)


def main():
    table = Table("durable")

    def rate(daemon):
        return submissions(daemon, 32, 2000)["rate"]

    def one(daemon):
        return submissions(daemon, 1, 1000)["median"] * 1e6

    def busy(daemon):
        return 1e6 / rate(daemon)

    def apply(daemon):
        return daemon.calls(1, 200, "Apply", APPLY)["median"] * 1e6

    def client(daemon):
        return statistics.median(daemon.procpool("apply", "--", "true") for _ in range(40)) * 1e6

    with scratch() as directory, paused_daemon() as daemon:
        def commits():
            return load("commits", directory, 1000)["rate"]

        lengthen_log(daemon)
        load("commits", directory, 3000)
        table.add("submissions, 32 connections; one-row commits", "1/s",
                  *in_turn(SHORT_ROUNDS, lambda: rate(daemon), commits), at_least=3)
    with paused_daemon() as full:
        submissions(full, 32, QUEUED)
        for workload, measure in ((f"one submission, {QUEUED} queued; few", one),
                                  (f"one of 32 at once, {QUEUED} queued; few", busy),
                                  (f"attached Apply, {QUEUED} queued; few", apply),
                                  (f"'procpool apply', {QUEUED} queued; few", client)):
            table.add(workload, "us", *in_turn(ROUNDS, lambda: measure(full), lambda: with_few_queued(measure)),
                      at_most=1.2)
    return 0 if table.close() else 1


if __name__ == "__main__":
    sys.exit(main())
