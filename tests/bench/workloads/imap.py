"""Many tasks of no work, each a message of its own, as they end."""

from pathlib import Path

from harness.daemon import NATIVE, Daemon
from harness.peers import python_pool
from harness.places import check, scratch
from harness.table import in_turn

COUNT = 100_000


def measure(table, effort):
    count = effort.count(COUNT)
    with scratch() as directory, Daemon(NATIVE) as daemon:
        inputs, output = Path(directory) / "inputs", Path(directory) / "output"
        inputs.write_text("".join(f"{i}\n" for i in range(count)), encoding="utf-8")

        def ours():
            """The whole process: the others do without their start."""
            took = daemon.procpool("imap_unordered", "--chunksize", 1, "same", "-a", inputs, stdout=output)
            values = [int(line) for line in output.read_text(encoding="utf-8").split()]
            check(len(values) == count and sum(values) == count * (count - 1) // 2, "imap_unordered")
            return count / took

        rates = in_turn(effort.rounds(3), ours=ours, pool=lambda: python_pool("imap", "pool", count),
                        executor=lambda: python_pool("imap", "executor", count // 2))
    workload = f"imap_unordered, {count} native no-ops"
    table.compare(workload, "1/s", rates["ours"], "Pool.imap_unordered", rates["pool"], at_least=3)
    table.compare(workload, "1/s", rates["ours"], "ProcessPoolExecutor", rates["executor"])
