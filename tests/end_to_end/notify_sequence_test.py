#!/usr/bin/env python3
"""What a service manager hears over whole lives of procpoold, against recorded sequences.

    tests/end_to_end/notify_sequence_test.py [--record]

tests/data/notify/LIFE.txt has a line a datagram, its assignments joined by " + ", under headings of the events of that
life. Times are N there. Numbers follow the work at most once a second, and time is asked for again and again; so of
several messages of one event that differ in nothing but that, the first one's place and the last one's text count.
With --record the files are written anew.
"""

import difflib
import re
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import PATIENCE, SETTINGS, Manager, wait_until  # noqa: E402

DATA = Path(__file__).resolve().parents[1] / "data"
AGAIN_AND_AGAIN = {"EXTEND_TIMEOUT_USEC": "30000000"}
RECORDS = "--record" in sys.argv
PYTHON_POOL = f"""
[pools.py]
kind = "python"
workers = 1
module = "{DATA}/tasks.py"
initializer = "wait_for"
initargs = ["start"]
"""
WAITS = ("apply", "--async", "--", "sh", "-c", "until [ -e go ]; do sleep 0.02; done")
STUBBORN = ("apply", "--kill-after", "1000", "--", "sh", "-c", "trap '' TERM; echo on >on; until [ -e away ]; do sleep 0.02; done")


class Recorded:
    """The messages of one life, under headings."""

    def __init__(self, test, life, settings, watchdog):
        self.test, self.life = test, life
        self.manager = Manager(test, settings)
        self.directory = self.manager.directory
        self._watchdog = {"WATCHDOG_USEC": "2000000"} if watchdog else {}
        self._lines = []
        self._is_asking = False

    def start(self):
        self.manager.messages.clear()
        self.manager.start(wait=False, **self._watchdog)

    def event(self, title, *awaited):
        """All messages until those have come are of this event."""
        heard = self.manager.messages
        while not all(any(f"{name}={value}".startswith(assignment) for message in heard for name, value in message.items())
                      for assignment in awaited):
            self.manager.hear()
        if self._watchdog and self.manager.daemon.poll() is None:
            self.manager.wait_for("WATCHDOG=1")  # it is fed here, too
        self._take(title)

    def end(self, title):
        self.test.assertEqual(self.manager.daemon.wait(PATIENCE), 0, self.manager.log())
        self.manager.hear_the_rest()
        self._take(title)

    def compare(self):
        path = DATA / f"notify/{self.life}.txt"
        text = "\n".join(self._lines) + "\n"
        if RECORDS:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        expected = path.read_text()
        self.test.assertEqual(text, expected, "".join(difflib.unified_diff(
            expected.splitlines(True), text.splitlines(True), "recorded", "heard")))

    def _take(self, title):
        lines = {}
        for message in self.manager.messages:
            fed = message.pop("WATCHDOG", None)
            self.test.assertTrue(fed is None or self._watchdog, "a sign of life that nobody has asked for")
            if message and not self._may_be_missing(message):
                lines[self._kind_of(message)] = self._text_of(message)
        self.manager.messages.clear()
        self._lines += [f"# {title}", *lines.values()]

    def _may_be_missing(self, message):
        if message.keys() & {"READY", "STOPPING"}:
            self._is_asking = False
        asked, self._is_asking = self._is_asking, self._is_asking or message == AGAIN_AND_AGAIN
        # The last state, and the end of the last job, may be over before their numbers are told.
        is_of_the_end = re.match(r"ending on|stopping on .*; 0 jobs are open", message.get("STATUS", ""))
        return is_of_the_end or (asked and message == AGAIN_AND_AGAIN)

    @staticmethod
    def _kind_of(message):
        return tuple((name, value.split(" ")[0] if name == "STATUS" else "") for name, value in message.items())

    def _text_of(self, message):
        text = " + ".join(f"{name}={value}" for name, value in message.items())
        text = re.sub(r"(USEC=)\d+", r"\1N", text).replace(str(self.directory), "DIRECTORY")
        return re.sub(r"(control groups: )\w+", r"\1RUNG", text)


class Lives(unittest.TestCase):
    def serving(self, recorded, workers, jobs, run, wait, state="serving"):
        return (f"STATUS={state} on {recorded.manager.socket_path}: {workers} workers in 2 pools; "
                f"{jobs} {'job is' if jobs == 1 else 'jobs are'} open, {run} {'task runs' if run == 1 else 'tasks run'}, {wait} wait")

    def life(self, watchdog):
        recorded = Recorded(self, "life", SETTINGS + PYTHON_POOL, watchdog)
        manager, directory = recorded.manager, recorded.directory
        (directory / "start").touch()
        recorded.start()
        manager.wait_for("READY=1")
        running = manager.say(*WAITS)
        self.assertTrue(wait_until(lambda: '"running"' in manager.say("--json", "show", running)))
        waiting = manager.say(*WAITS)
        manager.daemon.kill()
        manager.daemon.wait()
        manager.hear_the_rest()
        (directory / "start").unlink()

        recorded.start()
        recorded.event("it starts, and takes over a command that runs and one that waits",
                       self.serving(recorded, 2, 2, 2, 0, "starting"), "EXTEND_TIMEOUT_USEC=")
        (directory / "start").touch()
        recorded.event("it is ready", "READY=1")
        (directory / "go").touch()
        recorded.event("the kept jobs end", self.serving(recorded, 2, 0, 0, 0))
        for job in (running, waiting):
            manager.say("wait", job)
        (directory / "go").unlink()
        load = manager.client("map", *WAITS[2:], ":::", "1", "2", "3")
        recorded.event("a map of three comes", self.serving(recorded, 2, 1, 1, 2))
        (directory / "go").touch()
        load.communicate(timeout=PATIENCE)
        recorded.event("it ends", self.serving(recorded, 2, 0, 0, 0))
        manager.daemon.send_signal(signal.SIGHUP)
        recorded.event("SIGHUP", "RELOADING=1", "READY=1")
        (directory / "procpoold.toml").write_text("[wrong]\n")
        self.assertNotEqual(manager.run("daemon", "reload").returncode, 0)
        recorded.event("a reload with a mistake in the settings", "RELOADING=1", "READY=1")
        job = manager.client(*STUBBORN)
        recorded.event("a job comes that does not heed SIGTERM", self.serving(recorded, 2, 1, 1, 0))
        self.assertTrue(wait_until((directory / "on").exists))
        manager.daemon.send_signal(signal.SIGTERM)
        recorded.event("SIGTERM", "STOPPING=1", "EXTEND_TIMEOUT_USEC=")
        manager.daemon.send_signal(signal.SIGTERM)
        recorded.event("SIGTERM again", "EXTEND_TIMEOUT_USEC=", "STATUS=cancelling")
        manager.daemon.send_signal(signal.SIGTERM)
        recorded.end("SIGTERM a third time")
        job.communicate(timeout=PATIENCE)
        recorded.compare()

    def test_life(self):
        self.life(watchdog=False)

    def test_life_with_a_watchdog_has_signs_of_life_everywhere_and_is_the_same(self):
        self.life(watchdog=True)

    def test_drain(self):
        recorded = Recorded(self, "drain", SETTINGS + PYTHON_POOL, watchdog=True)
        manager, directory = recorded.manager, recorded.directory
        (directory / "start").touch()
        recorded.start()
        recorded.event("it starts", "READY=1")
        job = manager.client(*STUBBORN)
        recorded.event("a job comes", self.serving(recorded, 2, 1, 1, 0))
        self.assertTrue(wait_until((directory / "on").exists))
        drain = manager.client("daemon", "drain")
        recorded.event("procpool daemon drain", "STOPPING=1", "EXTEND_TIMEOUT_USEC=")
        manager.daemon.send_signal(signal.SIGTERM)
        recorded.event("SIGTERM", "EXTEND_TIMEOUT_USEC=", "STATUS=stopping")
        (directory / "away").touch()
        recorded.end("the job ends")
        for client in (job, drain):
            client.communicate(timeout=PATIENCE)
        recorded.compare()


if __name__ == "__main__":
    unittest.main(argv=[word for word in sys.argv if word != "--record"])
