"""Much output: how much of the speed of a pipe is left."""

import hashlib
import os
import subprocess
import time
from pathlib import Path

from harness.daemon import Daemon
from harness.places import check, scratch
from harness.processes import wait_for
from harness.table import in_turn

MEGABYTE = 1_000_000
PIECES = 100
# Whether the two cats of the bare pipe run on one CPU or on two, where they contend for the pipe,
# doubles its time and more: the median of a few rounds would be a matter of luck.
ROUNDS = 15
SETTINGS = '[limits]\nmessage_bytes = "512MiB"\ncapture_bytes = "256MiB"\n' \
           '[pools.default]\nkind = "command"\nworkers = 2\n'
LINE = b"It was the best of times, it was the worst of times, it was the age of wisdom \xe2\x80\x93\n"


def through_cat(command):
    """Seconds until all of its output has come through a pipe and cat."""
    begun = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as source:
        wait_for(subprocess.Popen(["cat"], stdin=source.stdout, stdout=subprocess.DEVNULL))
        source.stdout.close()
        check(source.wait() == 0, f"{command[0]} failed")
    return time.monotonic() - begun


def write_to_disk(path, content):
    """Else it would be written while the first rounds are measured."""
    with open(path, "wb") as file:
        file.write(content)
        os.fsync(file.fileno())


def digest_of(command):
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as source:
        return hashlib.file_digest(source.stdout, "sha256").hexdigest()


def measure(table, effort):
    with scratch() as directory, Daemon(SETTINGS) as daemon:
        pieces = effort.count(PIECES)
        piece, whole = Path(directory) / "piece", Path(directory) / "whole"
        write_to_disk(piece, LINE * (MEGABYTE // len(LINE)))
        write_to_disk(whole, piece.read_bytes() * pieces)
        megabytes = whole.stat().st_size / MEGABYTE
        bare = ["cat", str(whole)]
        inputs = Path(directory) / "inputs"
        inputs.write_text(f"{piece}\n" * pieces, encoding="utf-8")
        ways = {"run": daemon.command("run", "--", *bare),
                "apply --raw": daemon.command("apply", "--raw", "--", *bare),
                "map --raw": daemon.command("map", "--raw", "-a", inputs, "--", "cat")}
        expected = digest_of(bare)
        for name, command in ways.items():
            check(digest_of(command) == expected, f"what came through {name}")
        rates = in_turn(effort.rounds(ROUNDS), pipe=lambda: megabytes / through_cat(bare),
                        **{name: lambda command=command: megabytes / through_cat(command)
                           for name, command in ways.items()})
    for name, at_least in (("run", 0.95), ("apply --raw", 0.5), ("map --raw", 0.5)):
        table.compare(f"{megabytes:.0f} MB through {name}", "MB/s", rates[name], "a bare pipe into cat",
                      rates["pipe"], at_least=at_least)
