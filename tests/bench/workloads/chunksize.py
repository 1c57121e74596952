"""Does `--chunksize auto` find what one would have chosen for tasks of that length?"""

import random
import statistics
from pathlib import Path

from harness.daemon import NATIVE, Daemon
from harness.places import check, scratch
from harness.table import in_turn

FIXED = (1, 4, 32, 256)


def long_tail():
    """Most are short, few are long, and these may come last."""
    lengths = [10] * 10_000 + [1_000] * 200 + [50_000] * 8
    random.Random(5).shuffle(lengths)
    return lengths


LENGTHS = {"10 us": [10] * 50_000, "1 ms": [1_000] * 1_000, "100 ms": [100_000] * 12,
           "long tail": long_tail()}


def measure(table, effort):
    with scratch() as directory, Daemon(NATIVE) as daemon:
        inputs, output = Path(directory) / "inputs", Path(directory) / "output"
        for name, all_lengths in LENGTHS.items():
            lengths = all_lengths[:effort.count(len(all_lengths))]
            inputs.write_text("".join(f"{length}\n" for length in lengths), encoding="utf-8")

            def took(size):
                seconds = daemon.procpool("imap_unordered", "--chunksize", size, "spin", "-a", inputs,
                                          stdout=output)
                values = output.read_text(encoding="utf-8").split()
                check(sum(map(int, values)) == sum(lengths), "spin")
                return seconds

            series = in_turn(effort.rounds(3), auto=lambda: took("auto"),
                             **{str(size): lambda size=size: took(size) for size in FIXED})
            best = min(map(str, FIXED), key=lambda size: statistics.median(series[size]))
            table.compare(f"--chunksize auto, {name}", "s", series["auto"], f"--chunksize {best}, the best",
                          series[best], at_most=1.1)
