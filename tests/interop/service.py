"""Programs that serve Varlink on a socket of their own, for the tests beside this file."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

ROOT = os.environ.get("PROCPOOL_SOURCE_DIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BIN = os.environ.get("PROCPOOL_BIN_DIR") or os.path.join(ROOT, "build", "debug", "bin")
PATIENCE = 30  # [s]

# The files of the two interfaces that the daemon serves.
INTERFACE_FILES = [os.path.join(ROOT, "common", "protocol", name)
                   for name in ("io.procpool.varlink", "org.varlink.service.varlink")]


def skip(reason):
    """Ends the test as one that cannot run here."""
    print("skipped: " + reason)
    sys.exit(77)


def program(name):
    """The path of one of our programs. Skips where it has not been built."""
    path = os.path.join(BIN, name)
    if not os.access(path, os.X_OK):
        skip("%s has not been built" % path)
    return path


class Service:
    """A program that serves `socket` in a directory of its own and says "ready" when it does."""

    def __init__(self, command):
        self.directory = tempfile.mkdtemp(prefix="procpool-interop-")
        self.socket = os.path.join(self.directory, "socket")
        self.address = "unix:" + self.socket
        self.said = []
        try:
            self.process = subprocess.Popen(command(self), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=subprocess.STDOUT, text=True)
        except BaseException:
            shutil.rmtree(self.directory)
            raise
        self._wait_until_ready()

    def _wait_until_ready(self):
        for line in self.process.stdout:
            self.said.append(line)
            if "ready" in line:
                break
        else:
            self.stop()
            raise AssertionError("the server ended: " + "".join(self.said))
        # What it says later is kept, and cannot block it.
        self._reader = threading.Thread(target=lambda: self.said.extend(self.process.stdout), daemon=True)
        self._reader.start()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if hasattr(self, "_reader"):
            self._reader.join(PATIENCE)
        self.process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def daemon():
    """procpoold with its usual settings."""
    procpoold = program("procpoold")
    return Service(lambda self: [procpoold, "--socket", self.socket, "--state-dir", self.directory + "/state"])


class Conversation:
    """Frames over a socket, without a library: a JSON object and a NUL."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.pending = b""

    def send(self, *messages):
        """All in one write, so that they are pipelined. Text goes as it is."""
        texts = [m if isinstance(m, str) else json.dumps(m) for m in messages]
        self.socket.sendall("".join(text + "\0" for text in texts).encode())

    def call(self, method, parameters=None, **flags):
        self.send(dict({"method": method, "parameters": parameters or {}}, **flags))
        return self.receive()

    def receive(self):
        """The next message, or None at the end of the stream."""
        while b"\0" not in self.pending:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.pending += data
        message, _, self.pending = self.pending.partition(b"\0")
        return json.loads(message)

    def close(self):
        self.socket.close()
