"""Starts a worker at the other end of a socketpair and talks to it as the daemon does."""

import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time

GENEROUS = 30  # [s] for what must happen; a test that waits so long has failed

SOURCE = os.environ.get("PROCPOOL_SOURCE_DIR") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
)
PYTHON_WORKER = os.path.join(SOURCE, "daemon/worker/runtimes/procpool_worker.py")


class WorkerProcess:
    def __init__(self, argv, **options):
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(GENEROUS)
        self._stderr = tempfile.TemporaryFile()
        with theirs:
            self.process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=self._stderr, **options)
        self._reader = self.socket.makefile("rb")
        self._number = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._reader.close()
        self.socket.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._stderr.close()

    def receive_line(self):
        return self._reader.readline()

    def receive(self):
        line = self.receive_line()
        assert line.endswith(b"\n"), "the worker left: " + self.stderr()
        return json.loads(line)

    def send(self, message):
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def begin(self, function, inputs, **members):
        """Sends a batch; gives its number."""
        self._number += 1
        batch = {"batch": self._number, "job": 1, "first": 0, "attempt": 1, "function": function, "inputs": inputs}
        self.send({**batch, **members})
        return self._number

    def answers(self, count):
        """What settles the next `count` tasks: a list of ("value", V) and ("error", E)."""
        settled = []
        while len(settled) < count:
            settled += self.settled_by(self.receive())
        assert len(settled) == count, settled
        return settled

    @staticmethod
    def settled_by(answer):
        return [("error", answer["error"])] if "error" in answer else [("value", v) for v in answer["values"]]

    def batch(self, function, inputs, **members):
        self.begin(function, inputs, **members)
        return self.answers(len(inputs))

    def values(self, function, inputs, **members):
        answers = self.batch(function, inputs, **members)
        assert all(kind == "value" for kind, _ in answers), answers
        return [value for _, value in answers]

    def error(self, function, *arguments):
        """The error of one task."""
        ((kind, error),) = self.batch(function, [list(arguments)], star=True)
        assert kind == "error", error
        return error

    def is_silent(self):
        """Is there nothing to read at this moment?"""
        return not select.select([self.socket], [], [], 0)[0]

    def leave(self):
        """Ends the worker as the daemon does; gives its exit status."""
        self.socket.shutdown(socket.SHUT_WR)
        return self.process.wait(GENEROUS)

    def stderr(self):
        """What the worker has written to standard error so far."""
        return os.pread(self._stderr.fileno(), 1 << 20, 0).decode(errors="replace")


class PythonWorker(WorkerProcess):
    """The shipped worker with a module of the given text, in a directory of its own."""

    def __init__(self, source, *options, name="tasks", **popen_options):
        self.directory = tempfile.TemporaryDirectory()
        self.file = os.path.join(self.directory.name, name + ".py")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(source)
        super().__init__([sys.executable, PYTHON_WORKER, "--module", self.file, *options], **popen_options)

    def __exit__(self, *details):
        super().__exit__(*details)
        self.directory.cleanup()


def ready(worker):
    """The names that a worker offers."""
    message = worker.receive()
    assert "ready" in message, message
    return message["ready"]["functions"]


def wait_until(condition):
    limit = time.monotonic() + GENEROUS
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.01)
