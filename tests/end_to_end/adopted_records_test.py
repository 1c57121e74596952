#!/usr/bin/env python3
"""The records of commands that a former daemon has started say as much as those of others.

    tests/end_to_end/adopted_records_test.py
"""

import json
import os
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import PATIENCE, Manager, wait_until  # noqa: E402

HELD = "echo $$ >on; until [ -e go ]; do sleep 0.02; done"


class AdoptedRecords(unittest.TestCase):
    def setUp(self):
        self.manager = Manager(self)
        self.manager.start()
        ordinary = json.loads(self.manager.say("apply", "--records", "--", "true"))
        self.rung = ordinary["control_group"]
        self.members = set(ordinary) | {"error"}
        self.assertEqual(self.rung, json.loads(self.manager.say("--json", "daemon", "status"))["control_group"])
        self.job = self.manager.say("apply", "--async", "--records", "--", "sh", "-c", HELD)
        on = self.manager.directory / "on"
        self.assertTrue(wait_until(lambda: on.exists() and on.read_text().endswith("\n")))
        self.command = int(on.read_text())

    def end(self, number):
        self.manager.daemon.send_signal(number)
        self.manager.daemon.wait(PATIENCE)

    def let_go(self):
        (self.manager.directory / "go").touch()

    def record(self, state):
        found = json.loads(self.manager.run("get", self.job).stdout)
        self.assertEqual(found["state"], state, found)
        self.assertEqual(found.get("control_group"), self.rung, found)
        self.assertLessEqual(set(found), self.members)

    def test_it_goes_on_under_the_next_daemon(self):
        for number in (signal.SIGKILL, signal.SIGTERM):
            self.end(number)
            self.manager.start()
        self.let_go()
        self.record("succeeded")

    def test_it_is_counted_as_running(self):
        self.end(signal.SIGTERM)
        self.manager.start(wait=False)
        self.assertIn(" 1 job is open, 1 task runs, 0 wait", self.manager.wait_for("READY=1")["STATUS"])
        status = json.loads(self.manager.say("--json", "daemon", "status"))
        self.assertEqual((status["tasks_running"], status["tasks_queued"], status["jobs"]), (1, 0, 1))
        self.assertEqual(json.loads(self.manager.say("--json", "pool", "show", "default"))["running"], 1)
        self.let_go()
        self.record("succeeded")
        self.assertTrue(wait_until(
            lambda: json.loads(self.manager.say("--json", "daemon", "status"))["tasks_running"] == 0))

    def test_it_ends_while_there_is_none(self):
        self.end(signal.SIGKILL)
        self.let_go()
        self.assertTrue(wait_until(lambda: not Path(f"/proc/{self.command}").exists()))
        self.manager.start()
        self.record("succeeded")

    def test_it_is_cancelled_by_the_next_daemon(self):
        self.end(signal.SIGKILL)
        self.manager.start()
        self.manager.say("cancel", self.job)
        self.record("cancelled")

    def test_it_is_lost_with_its_worker(self):
        worker = json.loads(self.manager.say("--json", "pool", "show", "default"))["workers"][0]["pid"]
        process = os.pidfd_open(worker)
        self.addCleanup(os.close, process)
        self.end(signal.SIGKILL)
        signal.pidfd_send_signal(process, signal.SIGKILL)
        self.assertTrue(wait_until(lambda: not Path(f"/proc/{self.command}").exists()))
        self.manager.start()
        self.record("lost")


if __name__ == "__main__":
    unittest.main()
