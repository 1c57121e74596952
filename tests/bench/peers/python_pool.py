"""What Python's own pools do, one load a run:

    python_pool.py apply KIND COUNT          calls of a no-op, one at a time
    python_pool.py imap KIND COUNT           imap_unordered of a no-op, chunksize 1
    python_pool.py map INPUTS OUTPUT         squares of the integers of a file, as JSON
    python_pool.py big BYTES COUNT           calls with a str of that size, and back

KIND is pool (multiprocessing.Pool) or executor (ProcessPoolExecutor). All have two
workers. Prints {"rate": calls a second}, of the work without the start.
"""

import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "functions"))
from functions import noop, same, square  # noqa: E402

WORKERS = 2
WARM = 200


def one_at_a_time(call, count):
    for _ in range(min(count, WARM)):
        call()
    begun = time.monotonic()
    for _ in range(count):
        call()
    return count / (time.monotonic() - begun)


def apply(kind, count):
    if kind == "pool":
        with multiprocessing.Pool(WORKERS) as pool:
            return one_at_a_time(lambda: pool.apply(noop), count)
    with ProcessPoolExecutor(WORKERS) as executor:
        return one_at_a_time(lambda: executor.submit(noop).result(), count)


def imap(kind, count):
    if kind == "pool":
        with multiprocessing.Pool(WORKERS) as pool:
            begun = time.monotonic()
            total = sum(pool.imap_unordered(same, range(count), chunksize=1))
            took = time.monotonic() - begun
    else:
        with ProcessPoolExecutor(WORKERS) as executor:
            begun = time.monotonic()
            total = sum(executor.map(same, range(count), chunksize=1))
            took = time.monotonic() - begun
    if total != count * (count - 1) // 2:
        sys.exit("wrong sum")
    return count / took


def squares(inputs, output):
    with open(inputs, encoding="utf-8") as file:
        numbers = [int(line) for line in file]
    with multiprocessing.Pool(WORKERS) as pool:
        values = pool.map(square, numbers)
    with open(output, "w", encoding="utf-8") as file:
        json.dump(values, file, separators=(",", ":"))


def big(size, count):
    text = "x" * size
    with multiprocessing.Pool(WORKERS) as pool:
        if pool.apply(same, (text,)) != text:
            sys.exit("wrong text")
        begun = time.monotonic()
        for _ in range(count):
            pool.apply(same, (text,))
        return count / (time.monotonic() - begun)


def main():
    what, first, second = sys.argv[1:]
    if what == "map":
        squares(first, second)
        return
    rate = {"apply": lambda: apply(first, int(second)), "imap": lambda: imap(first, int(second)),
            "big": lambda: big(int(first), int(second))}[what]()
    print(json.dumps({"rate": rate}))


if __name__ == "__main__":
    main()
