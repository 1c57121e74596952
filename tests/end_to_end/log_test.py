#!/usr/bin/env python3
"""The daemon's log: whom a line is about, what it must not show, and how much there is.

    tests/end_to_end/log_test.py [UNITTEST ARGUMENT...]
"""

import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import SETTINGS, Manager, wait_until  # noqa: E402

SECRET = "s3cr3t-argument"

FUNCTIONS = """
import sys
def speak(text):
    print(text, file=sys.stderr, flush=True)
def fail(text):
    raise ValueError("no")
"""


class Log(unittest.TestCase):
    def start(self, more="", *options, **environment):
        self.manager = Manager(self, SETTINGS + "[pools.py]\nkind = 'python'\nmodule = 'functions.py'\nworkers = 1\n" + more)
        (self.manager.directory / "functions.py").write_text(FUNCTIONS)
        self.manager.start(*options, **environment)
        return self.manager

    def lines(self):
        return [json.loads(line) for line in self.manager.log().splitlines()]

    def wait_for_line(self, **members):
        """The first line of JSON with these members; `message` is a part of it."""
        def found():
            for line in self.lines():
                if members["message"] in line["message"] and all(
                        line.get(name) == value for name, value in members.items() if name != "message"):
                    return line
            return None
        self.assertTrue(wait_until(found), (members, self.manager.log()))
        return found()

    def test_a_job_s_lines_are_found_by_its_id(self):
        manager = self.start("[log]\nformat = 'json'\n")
        job = int(manager.say("apply", "--async", "--callback", "exit 3", "speak", "hello there"))
        user = os.getuid()
        self.wait_for_line(message="hello there", job=job, pool="py", level="info")
        self.wait_for_line(message="callback failed", job=job, pool="py", level="warning", user=user)
        failed = int(manager.say("apply", "--async", "fail", "it"))
        line = self.wait_for_line(message=f"job {failed} ended: failed", job=failed, user=user)
        self.assertEqual(list(line), ["time", "level", "message", "job", "pool", "user"])
        said = self.wait_for_line(message="hello there", job=job)
        self.assertIn(said["worker"], [one["pid"] for one in json.loads(manager.say("--json", "pool", "show", "py"))["workers"]])

    def test_text_has_the_same_in_brackets(self):
        manager = self.start()
        job = manager.say("apply", "--async", "speak", "hello there")
        failed = manager.say("apply", "--async", "fail", "it")
        self.assertTrue(wait_until(lambda: f"hello there [job={job} pool=py worker=" in manager.log()))
        self.assertTrue(wait_until(lambda: f"job {failed} ended: failed [job={failed} pool=py user=" in manager.log()))
        self.assertRegex(manager.log(), r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d info: ready on ")

    def test_what_a_worker_says_cannot_make_a_line_of_its_own(self):
        manager = self.start()
        manager.say("apply", "--text", "speak", "\x1b[2Jx\r2026-11-21 error: forged\u202e")
        self.assertTrue(wait_until(lambda: "forged" in manager.log()))
        self.assertIn(r"\x1b[2Jx\x0d2026-11-21 error: forged\xe2\x80\xae", manager.log())
        self.assertNotIn("\x1b", manager.log())
        self.assertNotIn("\r", manager.log())

    def test_no_argument_and_no_environment_of_a_job_is_above_debug(self):
        manager = self.start()
        environment = {"SECRET_OF_MINE": "s3cr3t-environment"}
        for words in (["apply", "fail", SECRET], ["apply", "no_such_function", SECRET], ["apply", "--", "false", SECRET],
                      ["apply", "--", f"/nowhere/{SECRET}"], ["map", "fail", ":::", SECRET, SECRET],
                      ["apply", "--env", f"A={SECRET}", "--", "true"], ["apply", "--timeout", "0.01", "--", "sleep", "9", SECRET],
                      ["apply", "--async", "--callback", f"{SECRET}; exit 3", "--error-callback", f"{SECRET}", "--", "false", SECRET],
                      ["apply", "--async", "--each", f"echo {SECRET} >&2; exit 3", "--", "true"],
                      ["apply", "--shell", f"echo {SECRET} >&2; kill -9 $$"], ["apply", "--retries", "1", "--", "false", SECRET],
                      ["call", "Apply", json.dumps({"spec": {"verb": SECRET}})], ["call", f"No{SECRET}"]):
            manager.run(*words, **environment)
        last = manager.say("apply", "--async", "--callback", f"echo {SECRET} >&2; exit 3", "--", "true")
        self.assertTrue(wait_until(lambda: f"job {last}: its success callback failed" in manager.log()
                                   or f"job {last}: its callback callback failed" in manager.log()
                                   or manager.log().count("callback failed") >= 4), manager.log())
        self.assertNotIn("s3cr3t", manager.log())

    def test_the_level_changes_in_a_daemon_that_runs(self):
        manager = self.start()
        manager.say("apply", "--", "true")
        self.assertNotIn("debug:", manager.log())
        self.assertEqual(manager.say("daemon", "log-level", "debug"), "")
        manager.say("apply", "--", "true")
        self.assertTrue(wait_until(lambda: "ended: succeeded [job=2 " in manager.log()))
        said = {one["name"]: one for one in json.loads(manager.say("--json", "daemon", "config"))["settings"]}["log.level"]
        self.assertEqual((said["value"], said["origin"], said["where"]), ('"debug"', "client", "procpool daemon log-level"))
        manager.say("daemon", "log-level", "error")
        before = manager.log()
        manager.say("pool", "create", "quiet", "--workers", "1")
        self.assertEqual(manager.log(), before)
        # The settings say "info", as before.
        self.assertEqual(manager.say("daemon", "reload"), 'changed: log.level is "info"')
        wrong = manager.run("daemon", "log-level", "loud")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("must be debug, info, warning or error", wrong.stderr)

    def test_a_flag_goes_before_the_environment_and_the_file(self):
        manager = self.start("[log]\nlevel = 'debug'\n", PROCPOOL_LOG_LEVEL="info")
        self.assertNotIn("debug:", manager.log())
        manager.stop()
        manager.start("--log-level", "warning", PROCPOOL_LOG_LEVEL="debug")
        self.assertNotIn("info:", manager.log())

    def test_standard_error_that_is_not_the_journal_is_written_whatever_the_environment_says(self):
        manager = self.start(JOURNAL_STREAM="1:2")
        self.assertIn("info: ready on", manager.log())
        self.assertEqual(manager.say("apply", "--raw", "--", "sh", "-c", "echo ${JOURNAL_STREAM-none}"), "none")


if __name__ == "__main__":
    unittest.main()
