"""A procpoold with a service manager that the test plays: its notify socket, and sockets that it passes."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/debug/bin")
PATIENCE = 60  # [s]

SETTINGS = """
[daemon]
stop_timeout = 1000
kill_after = 1
[pools.default]
workers = 1
"""


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Manager:
    """Its directory, its notify socket, and the daemons that it starts there."""

    def __init__(self, test, settings=SETTINGS, abstract=False):
        directory = tempfile.TemporaryDirectory(prefix="procpool-managed-")
        test.addCleanup(directory.cleanup)
        self.test, self.directory = test, Path(directory.name)
        self.socket_path = self.directory / "socket"
        (self.directory / "procpoold.toml").write_text(settings)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        test.addCleanup(self.notify.close)
        name = f"\0procpool-test-{os.getpid()}-{directory.name}" if abstract else str(self.directory / "notify")
        self.notify.bind(name)
        self.notify.settimeout(PATIENCE)
        self.environment = {"PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin", "HOME": directory.name,
                            "LC_ALL": "C.UTF-8", "PROCPOOL_SOCKET": str(self.socket_path),
                            **{name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")}}
        self.notify_address = name.replace("\0", "@")
        self.messages = []
        self.daemon = None

    def start(self, *options, passed=(), names=None, wait=True, **environment):
        """`passed` are sockets that become the descriptors 3, 4, ...; the shell becomes the daemon."""
        log = open(self.directory / "log", "w", encoding="utf-8")
        self.test.addCleanup(log.close)
        variables = {**self.environment, "NOTIFY_SOCKET": self.notify_address, **environment}
        if passed:
            variables["LISTEN_FDS"] = str(len(passed))
        if names is not None:
            variables["LISTEN_FDNAMES"] = names
        # Out of the way of 3, 4, ... first.
        spare = [os.dup(one.fileno()) for one in passed]
        moves = " ".join(f"{3 + i}<&{number}" for i, number in enumerate(spare))
        closes = " ".join(f"{number}<&-" for number in spare if number >= 3 + len(spare))
        line = f"LISTEN_PID=$$ WATCHDOG_PID=$$ exec procpoold --config procpoold.toml --state-dir state \"$@\" {moves} {closes}"
        self.daemon = subprocess.Popen(["bash", "-c", line, "bash", *options], cwd=self.directory, env=variables,
                                       stdin=subprocess.DEVNULL, stderr=log, pass_fds=spare)
        for number in spare:
            os.close(number)
        self.test.addCleanup(self._end, self.daemon)
        if wait:
            self.wait_for("READY=1")
        return self.daemon

    def _end(self, daemon):
        if daemon.poll() is None:
            for _ in range(3):
                daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    def stop(self, number=signal.SIGTERM):
        self.daemon.send_signal(number)
        return self.daemon.wait(PATIENCE)

    # ---- what it hears

    def hear(self):
        """The next message as a dictionary; what comes without an end is told apart by its keys."""
        message = dict(line.split("=", 1) for line in self.notify.recv(4096).decode().split("\n"))
        self.messages.append(message)
        return message

    def wait_for(self, assignment):
        """Hears until a message has it; that message."""
        name, value = assignment.split("=", 1)
        while True:
            message = self.hear()
            if message.get(name, "").startswith(value) and name in message:
                return message

    def hear_the_rest(self):
        """What was sent by a daemon that has ended."""
        self.notify.setblocking(False)
        try:
            while True:
                self.hear()
        except BlockingIOError:
            self.notify.settimeout(PATIENCE)

    def order(self):
        """The turning points, in the order of the messages."""
        points = ("READY", "RELOADING", "STOPPING")
        return [name for message in self.messages for name in message if name in points]

    # ---- who uses the daemon

    def client(self, *words, **environment):
        return subprocess.Popen(["procpool", "--no-autostart", *words], cwd=self.directory,
                                env={**self.environment, **environment}, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *words, **environment):
        client = self.client(*words, **environment)
        out, err = client.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(words, client.returncode, out, err)

    def say(self, *words):
        done = self.run(*words)
        self.test.assertEqual(done.returncode, 0, done.stderr + self.log())
        return done.stdout.rstrip("\n")
