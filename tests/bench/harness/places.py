"""Where things are, and what a run is."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parents[1]
BUILD = ROOT / "build"
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or BUILD / "release/bin")
PROGRAMS = BUILD / "bench-installed/usr/local/bin"  # as a user has them, and as we have the peers
LIBRARY = BIN.parent / "lib/libbench_functions.so"
MODULE = BENCH / "functions/functions.py"
RESULTS = BENCH / "results"
PATIENCE = 600  # [s] for one load, and for a server to start
CPUS = len(os.sched_getaffinity(0))


@dataclass
class Missing:
    """In the place of a measurement: what it would take."""
    reason: str


@dataclass
class Effort:
    """How long a run may be. A quick one shows that the bench works; it is no result."""
    quick: bool = False

    def rounds(self, usual):
        return max(1, usual // 4) if self.quick else usual

    def count(self, usual):
        return max(1, usual // 10) if self.quick else usual


def install():
    """A file that the linker has just written lies in memory page by page, and starts later than
    one that was copied at once."""
    shutil.rmtree(BUILD / "bench-installed", ignore_errors=True)
    output_of(["cmake", "--install", BIN.parent, "--prefix", "/usr/local", "--strip"],
              env={**os.environ, "DESTDIR": str(BUILD / "bench-installed")})


def scratch():
    """A directory on the disk of the build: the one for temporary files may be in memory."""
    BUILD.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD)


def program(name, package):
    """The path of a peer's program, or Missing."""
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    return found or Missing(f"{name} is not installed (package {package})")


def output_of(command, **options):
    """What a command printed; one that fails is an exception with its words."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=PATIENCE,
                          check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def load(*arguments):
    """What tests/bench/loads/main.cpp measures:
    {"rate": a second, "median": seconds, "late": seconds, "longest": seconds}."""
    return json.loads(output_of([BIN / "bench_load", *arguments]))


def check(is_right, what):
    """A figure of wrong results is none."""
    if not is_right:
        raise RuntimeError(f"wrong results: {what}")
