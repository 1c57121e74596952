"""What it costs that an id is a promise.

Submissions of kept jobs against what SQLite does on the same disk, and against themselves
with many jobs queued. The pool of the kept jobs is paused, so that nothing else is
measured than how they come to the disk.
"""

import statistics

from harness.daemon import Daemon
from harness.peers import beanstalkd
from harness.places import load, scratch
from harness.table import in_turn

QUEUED = 100_000
WARM = 5_000
ROUNDS = 5
SHORT_ROUNDS = 10
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
    return daemon.calls(connections, count, "Submit", SUBMIT, '{"job":')


def lengthen_log(daemon):
    """Before anything counts, as a growing file is slower to sync. The jobs stay queued: the
    store would be busy with the traces of ended ones."""
    submissions(daemon, 32, WARM)


def rate(daemon):
    return submissions(daemon, 32, 1000)["rate"]


def one(daemon):
    return submissions(daemon, 1, 300)["median"] * 1e6


def busy(daemon):
    return 1e6 / rate(daemon)


def apply(daemon):
    return daemon.calls(1, 200, "Apply", APPLY)["median"] * 1e6


def client(daemon):
    return statistics.median(daemon.procpool("apply", "--", "true") for _ in range(40)) * 1e6


def measure(table, effort):
    beside_others(table, effort)
    with paused_daemon() as full, paused_daemon() as few:
        queued = effort.count(QUEUED)
        submissions(full, 32, queued)
        lengthen_log(few)
        for workload, measure_it in (("one submission", one), ("one of 32 at once", busy),
                                     ("attached Apply", apply), ("'procpool apply'", client)):
            times = in_turn(effort.rounds(ROUNDS), full=lambda: measure_it(full),
                            few=lambda: measure_it(few))
            table.compare(f"{workload}, {queued} queued", "us", times["full"], "few queued", times["few"],
                          at_most=1.2)


def beside_others(table, effort):
    with scratch() as directory, paused_daemon() as daemon, beanstalkd() as server:
        lengthen_log(daemon)
        rates = in_turn(effort.rounds(SHORT_ROUNDS), ours=lambda: rate(daemon),
                        commits=lambda: load("commits", directory, 500)["rate"],
                        syncs=lambda: load("syncs", directory, 500)["rate"],
                        beanstalkd=server.or_missing(lambda: load("puts", server.port, 32, 1000)["rate"]))
    workload = "submissions, 32 connections"
    table.compare(workload, "1/s", rates["ours"], "one-row SQLite commits", rates["commits"], at_least=3)
    table.compare(workload, "1/s", rates["ours"], "beanstalkd -f0", rates["beanstalkd"], at_least=1)
    table.compare(workload, "1/s", rates["ours"], "bare fdatasync, one at a time", rates["syncs"])
