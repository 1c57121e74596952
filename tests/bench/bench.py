"""What the benches share: a daemon of their own, medians, the table and its file."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/release/bin")
PATIENCE = 600  # [s] for one load, and for the daemon to start


def scratch():
    """A directory on the disk of the build: the one for temporary files may be in memory."""
    (ROOT / "build").mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build")


def load(*arguments):
    """What tests/bench/load.cpp measures: {"rate": a second, "median": seconds}."""
    done = subprocess.run([BIN / "bench_load", *map(str, arguments)], capture_output=True, text=True,
                          timeout=PATIENCE)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


class Daemon:
    """A procpoold with these settings in a new directory; gone at the end of a `with`."""

    def __init__(self, settings):
        self._directory = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "build"))
        self.socket = self._directory / "socket"
        self._log = self._directory / "log"
        (self._directory / "settings.toml").write_text(settings, encoding="utf-8")
        with open(self._log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [BIN / "procpoold", "--config", self._directory / "settings.toml", "--socket", self.socket,
                 "--state-dir", self._directory / "state"], stdin=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while "ready on" not in self._log.read_text(encoding="utf-8"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise RuntimeError("the daemon did not start")
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def calls(self, connections, count, method, parameters):
        return load("calls", self.socket, connections, count, method, json.dumps(parameters))

    def procpool(self, *arguments):
        """How long one run of the client takes, in seconds."""
        begun = time.monotonic()
        subprocess.run([BIN / "procpool", "--no-autostart", "--socket", self.socket, *arguments], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=PATIENCE)
        return time.monotonic() - begun


def in_turn(rounds, first, second):
    """What both gave, as two lists; they take turns, so that what else goes on hits both."""
    pairs = [(first(), second()) for _ in range(rounds)]
    return [one for one, _ in pairs], [other for _, other in pairs]


class Table:
    """Lines that compare two series of one run: the median of the ratios of each turn, which
    does not see that the disk or the machine was busier for a while."""

    def __init__(self, name):
        self._name = name
        self._lines = []

    def add(self, workload, unit, measured, compared_with, *, at_least=None, at_most=None):
        ratio = statistics.median(one / other for one, other in zip(measured, compared_with))
        met = (at_least is None or ratio >= at_least) and (at_most is None or ratio <= at_most)
        target = f">= {at_least:g}" if at_least is not None else f"<= {at_most:g}" if at_most is not None else ""
        self._lines.append({"workload": workload, "unit": unit, "measured": measured,
                            "compared_with": compared_with, "ratio": ratio, "target": target, "met": met})

    def close(self):
        """Prints it and writes results/NAME.json. Is every target met?"""
        print(f"{'':52} {'measured':>20} {'compared with':>20} {'ratio':>6}  target")
        for line in self._lines:
            print(f"{line['workload'] + ' [' + line['unit'] + ']':52} {spread(line['measured']):>20} "
                  f"{spread(line['compared_with']):>20} {line['ratio']:6.2f}  {line['target']:7}"
                  f"{'' if line['met'] else ' missed'}")
        results = ROOT / "tests/bench/results"
        results.mkdir(exist_ok=True)
        about = {"bench": self._name, "cpus": len(os.sched_getaffinity(0)),
                 "lines": self._lines}
        (results / f"{self._name}.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        return all(line["met"] for line in self._lines)


def spread(series):
    """The median, and the least and the most."""
    return "{:.4g} ({:.4g}-{:.4g})".format(statistics.median(series), min(series), max(series))
