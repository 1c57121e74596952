"""A daemon for one bench."""

import json
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from harness.places import BUILD, LIBRARY, MODULE, PATIENCE, PROGRAMS, load
from harness.processes import wait_for

COMMANDS = '[pools.default]\nkind = "command"\nworkers = 2\n'
NATIVE = f'[pools.native]\nkind = "native"\nlibrary = "{LIBRARY}"\nworkers = 2\n'
PYTHON = f'[pools.python]\nkind = "python"\nmodule = "{MODULE}"\nworkers = 2\n'


class Daemon:
    """A procpoold with these settings in a new directory; gone at the end of a `with`."""

    def __init__(self, settings):
        BUILD.mkdir(exist_ok=True)
        self.directory = Path(tempfile.mkdtemp(prefix="bench-", dir=BUILD))
        self.socket = self.directory / "socket"
        self._log = self.directory / "log"
        (self.directory / "settings.toml").write_text(settings, encoding="utf-8")
        with open(self._log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [PROGRAMS / "procpoold", "--config", self.directory / "settings.toml", "--socket", self.socket,
                 "--state-dir", self.directory / "state"], stdin=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while "ready on" not in self._log.read_text(encoding="utf-8"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                words = self._log.read_text(encoding="utf-8")
                self.end()
                raise RuntimeError("the daemon did not start: " + words)
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """By two SIGTERMs, the second of which is for the impatient; it waits for all workers."""
        for _ in range(2):
            self.process.send_signal(signal.SIGTERM)
            time.sleep(0.05)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def calls(self, connections, count, method, parameters, *expected):
        """A load of calls; `parameters` are an object or "@FILE"."""
        text = parameters if isinstance(parameters, str) else json.dumps(parameters)
        return load("calls", self.socket, connections, count, method, text, *expected)

    def command(self, *arguments):
        client = (PROGRAMS / "procpool", "--no-autostart", "--socket", self.socket)
        return [str(word) for word in (*client, *arguments)]

    def procpool(self, *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
        """How long one run of the client takes, in seconds."""
        return seconds_of(self.command(*arguments), stdin=stdin, stdout=stdout)

    def ask(self, *arguments):
        """What the client prints as JSON."""
        return json.loads(subprocess.run(self.command("--json", *arguments), check=True, timeout=PATIENCE,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout)


def seconds_of(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options):
    """How long a whole process takes. Either stream may be a path."""
    opened = []
    try:
        if isinstance(stdin, Path):
            opened.append(stdin := open(stdin, "rb"))
        if isinstance(stdout, Path):
            opened.append(stdout := open(stdout, "wb"))
        begun = time.monotonic()
        wait_for(subprocess.Popen([str(word) for word in command], stdin=stdin, stdout=stdout, **options))
        return time.monotonic() - begun
    finally:
        for file in opened:
            file.close()
