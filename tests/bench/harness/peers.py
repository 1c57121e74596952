"""The other programs: found, started, and ended."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.places import BENCH, BIN, BUILD, PATIENCE, Missing, output_of, program

PYTHON_POOL = [sys.executable, BENCH / "peers/python_pool.py"]


def python_pool(*arguments):
    """What peers/python_pool.py measures: a rate."""
    return json.loads(output_of([*PYTHON_POOL, *arguments]))["rate"]


class Server:
    """A server on a port of its own, with a directory; gone at the end of a `with`. `missing`
    says why it cannot be, and then it is none."""

    def __init__(self, name, package, *options):
        found = program(name, package)
        self.missing = found if isinstance(found, Missing) else None
        self._children = []
        self.directory = Path(tempfile.mkdtemp(prefix="bench-", dir=BUILD))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if self.missing:
            return
        words = [str(word).format(port=self.port, directory=self.directory) for word in options]
        self.start(found, *words)
        self._wait()

    def start(self, *command):
        """Another process that ends with the server."""
        self._children.append(subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def _wait(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if self._children[0].poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self._children[0].args[0]} did not start") from None
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self._children):
            child.kill()
            child.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def or_missing(self, measure):
        return self.missing or measure


def gearman():
    """gearmand with two workers that answer with what they got."""
    server = Server("gearmand", "gearman-job-server", "--listen=127.0.0.1", "--port={port}",
                    "--log-file={directory}/log")
    bench = BIN / "bench_gearman"
    if not bench.exists():
        server.missing = Missing("bench_gearman is not built (package libgearman-dev)")
    if not server.missing:
        for _ in range(2):
            server.start(bench, "worker", server.port)
    return server


def gearman_calls(server, count):
    return json.loads(output_of([BIN / "bench_gearman", "client", server.port, count]))["rate"]


def gearman_tool(server):
    """The command line of gearman-tools: one call, a whole process."""
    found = program("gearman", "gearman-tools")
    if isinstance(found, Missing):
        return found
    return [found, "-h", "127.0.0.1", "-p", str(server.port), "-f", "same"]


def beanstalkd():
    """It syncs every job before it answers."""
    return Server("beanstalkd", "beanstalkd", "-l", "127.0.0.1", "-p", "{port}", "-b", "{directory}",
                  "-f", "0")


class Spooler:
    """task-spooler with a server of its own."""

    def __init__(self):
        self._found = program("tsp", "task-spooler")
        self._directory = tempfile.TemporaryDirectory(prefix="bench-")
        self.environment = {**os.environ, "TS_SOCKET": f"{self._directory.name}/socket",
                            "TMPDIR": self._directory.name}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not isinstance(self._found, Missing):
            subprocess.run([self._found, "-K"], env=self.environment, check=False)
        self._directory.cleanup()

    def command(self, *arguments):
        """Or Missing."""
        return self._found if isinstance(self._found, Missing) else [self._found, *arguments]
