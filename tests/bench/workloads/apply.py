"""One call after the other over one open connection: what a round trip costs."""

from harness.daemon import NATIVE, PYTHON, Daemon
from harness.peers import gearman, gearman_calls, python_pool
from harness.places import load
from harness.table import in_turn

COUNT = 5_000
MESSAGE = 128  # [bytes] about what a call takes


def call_of(pool):
    return {"spec": {"verb": "apply", "function": "noop", "pool": pool}, "inputs": {"items": [[]]}}


def measure(table, effort):
    count = effort.count(COUNT)
    with Daemon(NATIVE + PYTHON) as daemon, gearman() as server:
        def calls(pool):
            return daemon.calls(1, count, "Apply", call_of(pool), '"state":"succeeded","value":null')

        rates = in_turn(
            effort.rounds(9),
            native=lambda: 1 / calls("native")["median"],
            ping_pong=lambda: 1 / load("ping_pong", MESSAGE, count)["median"],
            python=lambda: calls("python")["rate"],
            pool=lambda: python_pool("apply", "pool", count),
            executor=lambda: python_pool("apply", "executor", count // 2),
            gearman=server.or_missing(lambda: gearman_calls(server, count)))
    times = {name: [1e6 / rate for rate in rates[name]] for name in ("native", "ping_pong")}
    table.compare("apply, native no-op", "us", times["native"], "two-hop ping-pong", times["ping_pong"],
                  at_most=1.6)
    table.compare("apply, native no-op", "1/s", rates["native"], "Pool.apply", rates["pool"], at_least=5)
    table.compare("apply, native no-op", "1/s", rates["native"], "gearman_client_do", rates["gearman"],
                  at_least=3)
    table.compare("apply, native no-op", "1/s", rates["native"], "ProcessPoolExecutor", rates["executor"])
    table.compare("apply, Python no-op", "1/s", rates["python"], "Pool.apply", rates["pool"], at_least=3)
    # More than this nobody can ask of two hops on this machine.
    table.compare("the limit: two-hop ping-pong", "1/s", rates["ping_pong"], "Pool.apply", rates["pool"])
