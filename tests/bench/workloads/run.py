"""One command, as a person starts it: the whole process, from start to exit."""

import json
import tempfile

from harness.daemon import COMMANDS, Daemon
from harness.peers import Spooler, gearman, gearman_tool
from harness.places import BIN, Missing, output_of, program
from harness.table import in_turn

COUNT = 200


def starts(command, count, environment=None):
    """The median of a start of it, in milliseconds; it must exit with 0."""
    words = [BIN / "bench_load", "starts", 1, count, *command]
    return json.loads(output_of(words, env=environment))["median"] * 1e3


def measure(table, effort):
    count = effort.count(COUNT)
    with Daemon(COMMANDS) as daemon, Spooler() as spooler, gearman() as server, \
            tempfile.TemporaryDirectory(prefix="bench-") as directory:
        nq = program("nq", "nq")
        contenders = {"true": ["true"], "tsp -nf": spooler.command("-nf", "true"),
                      "nq, and waiting": nq if isinstance(nq, Missing) else
                      ["sh", "-c", f"{nq} -q true; {nq} -w"],
                      "gearman, one call": server.missing or gearman_tool(server)}
        environment = {**spooler.environment, "NQDIR": directory}

        def contender(command):
            if isinstance(command, Missing):
                return command
            words = [*command, "12"] if command[0].endswith("gearman") else command
            return lambda: starts(words, count, environment)

        times = in_turn(effort.rounds(7), ours=lambda: starts(daemon.command("run", "--", "true"), count),
                        apply=lambda: starts(daemon.command("apply", "--", "true"), count),
                        **{name: contender(command) for name, command in contenders.items()})
    for name, at_most in (("true", 2.5), ("tsp -nf", 1), ("nq, and waiting", None),
                          ("gearman, one call", None)):
        table.compare("run -- true, whole process", "ms", times["ours"], name, times[name], at_most=at_most)
    table.compare("apply -- true, whole process", "ms", times["apply"], "true", times["true"])
