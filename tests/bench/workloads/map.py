"""A long map from a file of inputs to a file of JSON, the whole process."""

import json
from pathlib import Path

from harness.daemon import NATIVE, PYTHON, Daemon, seconds_of
from harness.peers import PYTHON_POOL
from harness.places import check, scratch
from harness.table import in_turn

COUNT = 1_000_000


def measure(table, effort):
    count = effort.count(COUNT)
    with scratch() as directory, Daemon(NATIVE + PYTHON) as daemon:
        inputs, output = Path(directory) / "inputs", Path(directory) / "output"
        inputs.write_text("".join(f"{i}\n" for i in range(count)), encoding="utf-8")

        def checked(took):
            values = json.loads(output.read_text(encoding="utf-8"))
            check(values[-1] == (count - 1)**2, "the last square")
            check(sum(values) == (count - 1) * count * (2 * count - 1) // 6, "the sum of the squares")
            output.unlink()
            return count / took

        def ours(pool):
            return checked(daemon.procpool("map", "--pool", pool, "square", "-a", inputs, stdout=output))

        rates = in_turn(effort.rounds(5), native=lambda: ours("native"), python=lambda: ours("python"),
                        pool=lambda: checked(seconds_of([*PYTHON_POOL, "map", inputs, output])))
    table.compare(f"map, {count} native squares", "1/s", rates["native"], "Pool.map", rates["pool"],
                  at_least=4)
    table.compare(f"map, {count} Python squares", "1/s", rates["python"], "Pool.map", rates["pool"],
                  at_least=1.2)
