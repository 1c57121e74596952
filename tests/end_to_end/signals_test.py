#!/usr/bin/env python3
"""Each signal in each state of the daemon: procpoold(8), SIGNALS.

    tests/end_to_end/signals_test.py [-k SIGNAL]

A state is held until the test lets it go: by a file that is not written to its end, a worker that does not start or
leave, a job that does not end. So a signal comes when it is meant to come.
"""

import os
import resource
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import PATIENCE, SETTINGS, Manager, wait_until  # noqa: E402

# What comes of a signal:
#
#     a number    the daemon ends with this exit status, or by this signal
#     a state     the daemon goes on to it
#     reloads     the settings are read again, in the end
#     refuses     the settings are not read any more, which the log says
#     tells       the log says how the daemon is
#     -           nothing
OUTCOMES = """
         reading  starting  idle     busy      reloading  draining  stopping    cancelling  ending
TERM     -15      0         0        stopping  0          stopping  cancelling  0           0
INT      -2       0         0        stopping  0          stopping  cancelling  0           0
HUP      reloads  reloads   reloads  reloads   reloads    refuses   refuses     refuses     refuses
USR1     -        tells     tells    tells     tells      tells     tells       tells       tells
USR2     -        -         -        -         -          -         -           -           -
PIPE     -        -         -        -         -          -         -           -           -
QUIT     -3       -3        -3       -3        -3         -3        -3          -3          -3
"""

PYTHON_POOL = f"""
[pools.py]
kind = "python"
workers = 1
module = "{Path(__file__).resolve().parents[1]}/data/tasks.py"
initializer = "wait_for"
initargs = ["go"]
"""
# It does not leave when it is told to; the daemon has it for as long as it waits for its pools.
SLOW_TO_LEAVE = """
[pools.slow]
kind = "program"
workers = 1
argv = ["{directory}/slow"]
"""
SLOW = """#!/bin/sh
trap '' TERM
echo '{"ready":{"functions":["nothing"]}}'
until [ -e go ]; do sleep 0.02; done
"""
STUBBORN = "trap '' TERM; echo $$ >on; until [ -e go ]; do sleep 0.02; done"


class HeldFile:
    """A file of settings that is read from when this was made, and until it is let go."""

    def __init__(self, path):
        self._path, self._file = path, None
        os.mkfifo(path)

    def is_being_read(self):
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        return True

    def let_go(self, text):
        """Who reads it once more finds an ordinary file."""
        self._path.unlink()
        self._path.write_text(text)
        os.write(self._file, text.encode())
        os.close(self._file)


class Life:
    """A daemon that is brought to a state, and held there."""

    def __init__(self, test, state):
        self.test, self.state = test, state
        self.manager = Manager(test, SETTINGS)
        self.directory = self.manager.directory
        self.file, self.client = None, None
        getattr(self, "_hold_" + state)()

    def send(self, name):
        self.manager.daemon.send_signal(getattr(signal, "SIG" + name))

    def let_go(self):
        (self.directory / "go").touch()
        if self.file:
            self.file.let_go(SETTINGS if self.state == "reading" else "")
        self.file = None

    def logged(self, what):
        self.test.assertTrue(wait_until(lambda: what in self.manager.log()), f"{what}:\n{self.manager.log()}")

    def job_is_gone(self):
        if self.client:
            self.client.communicate(timeout=PATIENCE)
            pid = (self.directory / "on").read_text().strip()
            self.test.assertTrue(wait_until(lambda: not Path(f"/proc/{pid}").exists()))

    def _start(self, settings=SETTINGS, wait=True):
        (self.directory / "procpoold.toml").write_text(settings)
        self.manager.start("--log-level", "debug", wait=wait)

    def _hold_job(self, *options):
        self._start()
        self.client = self.manager.client("apply", "--kill-after", "1000", *options, "--", "sh", "-c", STUBBORN)
        on = self.directory / "on"
        self.test.assertTrue(wait_until(lambda: on.exists() and on.read_text().endswith("\n")))

    def _hold_file(self, path, make_read):
        self.file = HeldFile(path)
        make_read()
        self.test.assertTrue(wait_until(self.file.is_being_read), self.manager.log())

    # ---- the states

    def _hold_reading(self):
        path = self.directory / "procpoold.toml"
        path.unlink()
        self._hold_file(path, lambda: self.manager.start("--log-level", "debug", wait=False))

    def _hold_starting(self):
        self._start(SETTINGS + PYTHON_POOL, wait=False)
        self.manager.wait_for("STATUS=starting")

    def _hold_idle(self):
        self._start()

    def _hold_busy(self):
        self._hold_job()

    def _hold_reloading(self):
        self._start()
        drop_ins = self.directory / "procpoold.toml.d"
        drop_ins.mkdir()
        self._hold_file(drop_ins / "held.toml", lambda: self.send("HUP"))

    def _hold_draining(self):
        self._hold_job()
        drain = self.manager.client("daemon", "drain")
        self.test.addCleanup(drain.communicate, timeout=PATIENCE)
        self.manager.wait_for("STATUS=draining")

    def _hold_stopping(self):
        self._hold_job()
        self.send("TERM")
        self.manager.wait_for("STATUS=stopping")

    def _hold_cancelling(self):
        self._hold_stopping()
        self.send("TERM")
        self.manager.wait_for("STATUS=cancelling")

    def _hold_ending(self):
        slow = self.directory / "slow"
        slow.write_text(SLOW)
        slow.chmod(0o755)
        self._start(SETTINGS.replace("kill_after = 1\n", "kill_after = 1000\n") 
                    + SLOW_TO_LEAVE.format(directory=self.directory))
        self.send("TERM")
        self.logged("from stopping to ending")


class Signals(unittest.TestCase):
    """A story a cell, made from the table below."""

    def ends(self, life, name, status):
        life.send(name)
        if life.state == "reloading" and status == 0:
            life.let_go()  # an order to stop waits until it is done
        if life.state == "ending" and status == 0:
            life.let_go()
        self.assertEqual(life.manager.daemon.wait(PATIENCE), status, life.manager.log())
        life.manager.hear_the_rest()
        stands = life.state not in ("reading", "starting")
        wanted = (["READY"] if stands else []) + (["RELOADING"] if life.state == "reloading" else [])
        if status == 0:
            wanted += (["READY"] if life.state == "reloading" else []) + ["STOPPING"]
        elif life.state in ("draining", "stopping", "cancelling", "ending"):
            wanted += ["STOPPING"]
        self.assertEqual(life.manager.order(), wanted)

    def goes_on(self, life, name, state):
        life.send(name)
        life.manager.wait_for("STATUS=" + state)
        self.assertEqual(life.manager.order(), ["READY", "STOPPING"])

    def reloads(self, life, name):
        life.send(name)
        if life.state in ("reading", "starting", "reloading"):
            life.let_go()
            before = ["READY", "RELOADING"] if life.state == "reloading" else []
        else:
            before = []
        while life.manager.order() != [*before, "READY", "RELOADING", "READY"]:
            life.manager.hear()
        life.logged("settings: nothing has changed")

    def refuses(self, life, name):
        life.send(name)
        life.logged(f"the daemon is {life.state} and reads no settings any more")

    def tells(self, life, name):
        life.send(name)
        if life.state == "reloading":
            life.let_go()
        state = {"idle": "serving", "busy": "serving", "reloading": "serving"}.get(life.state, life.state)
        life.logged(f"state: {state} on ")
        life.logged("state: pool default: command, ")
        if life.client:
            self.assertRegex(life.manager.log(), "state: pool default: command, .* 1 task runs, 0 wait")

    def passes(self, life, name):
        life.send(name)
        if life.state == "reading":
            life.let_go()
            life.manager.wait_for("READY=1")
        else:
            self.tells(life, "USR1")  # it is heard after the other one, of which nothing came

    def cell(self, name, state, outcome):
        life = Life(self, state)
        if outcome.lstrip("-").isdigit():
            self.ends(life, name, int(outcome))
        else:
            act = {"reloads": self.reloads, "refuses": self.refuses, "tells": self.tells, "-": self.passes}
            act.get(outcome, lambda *_: self.goes_on(life, name, outcome))(life, name)
            life.let_go()
            life.send("TERM")
            self.assertEqual(life.manager.daemon.wait(PATIENCE), 0, life.manager.log())
        life.job_is_gone()


def add_stories():
    head, *rows = [line.split() for line in OUTCOMES.strip().splitlines()]
    for name, *outcomes in rows:
        for state, outcome in zip(head, outcomes, strict=True):
            def story(self, cell=(name, state, outcome)):
                self.cell(*cell)
            setattr(Signals, f"test_{name}_while_{state}", story)


add_stories()

def setUpModule():
    # A shell has its background jobs ignore them, and so would the daemon.
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unittest.main()
