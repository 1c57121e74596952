"""Thousands of commands that do nothing: what it costs to start and to collect them."""

import json
import subprocess
from pathlib import Path

from harness.daemon import COMMANDS, Daemon, seconds_of
from harness.places import Missing, check, load, program, scratch
from harness.table import in_turn

COUNT = 3_000
PEERS = {"xargs -P2": ("xargs", "findutils", ["-P2", "-n1", "true"], 1),
         "xjobs -j2": ("xjobs", "xjobs", ["-j2", "true"], 1),
         "GNU parallel": ("parallel", "parallel", ["-j2", "true"], 5)}


def measure(table, effort):
    count = effort.count(COUNT)
    with scratch() as directory, Daemon(COMMANDS) as daemon:
        inputs, output = Path(directory) / "inputs", Path(directory) / "output"
        fewer = Path(directory) / "fewer"  # for the one that would take a minute
        numbers = [f"{i}\n" for i in range(count)]
        inputs.write_text("".join(numbers), encoding="utf-8")
        fewer.write_text("".join(numbers[:count // 4]), encoding="utf-8")

        def ours():
            """Their output is captured, and there is a record of each."""
            took = daemon.procpool("map", "--records", "-a", inputs, "--", "true", stdout=output)
            records = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
            check(sorted(int(record["input"]) for record in records) == list(range(count)) and
                  all(record["state"] == "succeeded" for record in records), "records")
            return count / took

        def peer(name):
            program_name, package, options, _ = PEERS[name]
            found = program(program_name, package)
            if isinstance(found, Missing):
                return found
            some, stdin = (count // 4, fewer) if name == "GNU parallel" else (count, inputs)
            return lambda: some / seconds_of([found, *options], stdin=stdin, stderr=subprocess.DEVNULL)

        rates = in_turn(effort.rounds(5), ours=ours,
                        loop=lambda: load("starts", 2, count, "true", "0")["rate"],
                        **{name: peer(name) for name in PEERS})
    workload = f"{count} commands, two workers"
    table.compare(workload, "1/s", rates["ours"], "posix_spawn loop", rates["loop"], at_least=0.9)
    for name, (*_, at_least) in PEERS.items():
        table.compare(workload, "1/s", rates["ours"], name, rates[name], at_least=at_least)
