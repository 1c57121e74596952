#!/usr/bin/env python3
"""The daemon's log: whom a line is about, what it must not show, and how much there is.

    tests/end_to_end/log_test.py [UNITTEST ARGUMENT...]
"""

import json
import os
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import PATIENCE, SETTINGS, Manager, wait_until  # noqa: E402

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
        return [json.loads(line) for line in self.manager.log().split("\n")[:-1]]  # the last one may not be whole

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
        self.assertEqual(list(line), ["time", "level", "message", "job", "pool", "user", "state", "event"])
        self.assertEqual((line["state"], line["event"]), ("failed", "job_unsuccessful"))
        said = self.wait_for_line(message="hello there", job=job)
        self.assertIn(said["worker"], [one["pid"] for one in json.loads(manager.say("--json", "pool", "show", "py"))["workers"]])

    def test_text_has_the_same_in_brackets(self):
        manager = self.start()
        job = manager.say("apply", "--async", "speak", "hello there")
        failed = manager.say("apply", "--async", "fail", "it")
        self.assertTrue(wait_until(lambda: f"hello there [job={job} pool=py worker=" in manager.log()))
        self.assertTrue(wait_until(lambda: f"job {failed} ended: failed [job={failed} pool=py user=" in manager.log()))
        self.assertRegex(manager.log(), r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d info: ready on ")

    def test_it_begins_with_what_runs_and_where(self):
        manager = Manager(self, "[log]\nformat = 'json'\n" + SETTINGS)
        drop_in = manager.directory / "procpoold.toml.d/odd\x1b[2J\n.toml"
        drop_in.parent.mkdir()
        drop_in.write_text("[daemon]\nkill_after = 2\n")
        manager.start()
        version = manager.run("--version").stdout.split()[1]
        here = manager.directory
        first = manager.log().splitlines()[0]
        self.assertNotIn("\x1b", first)
        self.assertEqual(json.loads(first)["message"].replace("\\x1b", "\x1b").replace("\\n", "\n"),
                         f"procpoold {version} as process {manager.daemon.pid}; settings: {here}/procpoold.toml, {drop_in}; "
                         f"state: {here}/state; socket: {here}/socket")
        manager.stop()
        manager.start(PROCPOOL_LOG_LEVEL="warning")
        self.assertEqual(manager.log(), "")

    def test_who_gave_an_order_is_named(self):
        manager = Manager(self, "[log]\nformat = 'json'\n" + SETTINGS)
        self.manager = manager
        user = os.getuid()
        for words, order in (("daemon", "reload"), "read the settings again"), (("daemon", "drain"), "drain"), (("daemon", "stop"), "stop"):
            manager.start()
            client = manager.client(*words)
            client.communicate(timeout=PATIENCE)
            self.wait_for_line(message=f"told to {order} by user {user}, process {client.pid}", user=user, level="info")
            manager.stop()
            manager.hear_the_rest()
        manager.start()
        manager.daemon.send_signal(signal.SIGHUP)
        self.wait_for_line(message="told to read the settings again by SIGHUP", level="info")
        manager.stop(signal.SIGINT)
        self.wait_for_line(message="told to stop by SIGINT", level="info")

    def test_what_a_worker_says_cannot_make_a_line_of_its_own(self):
        manager = self.start()
        manager.say("apply", "--text", "speak", "\x1b[2Jx\r2026-11-21 error: forged\u202e")
        self.assertTrue(wait_until(lambda: "forged" in manager.log()))
        self.assertIn(r"\x1b[2Jx\x0d2026-11-21 error: forged\xe2\x80\xae", manager.log())
        self.assertNotIn("\x1b", manager.log())
        self.assertNotIn("\r", manager.log())

    def test_whatever_clients_call_things_there_is_a_line_an_event(self):
        manager = self.start("", "--log-level", "debug")
        odd = "odd\x1b[2J\n2026-11-21T00:00:00.000+00:00 error: forged\r\x9b31m\u2028"
        (manager.directory / odd.replace("/", "")).mkdir()
        good = [["apply", "--async", "--name", odd, "--", "true"], ["apply", "--async", "--unique", odd, "fail", odd],
                ["map", "--async", "--name", odd, "--cwd", odd, "--error-callback", f"echo '{odd}' >&2; exit 3", "--", "false", ":::", odd]]
        jobs = [manager.say(*words) for words in good]
        manager.run("wait", *jobs)
        held = manager.say("apply", "--async", "--name", odd, "--", "sleep", "1000")
        self.assertEqual(manager.run("cancel", "--reason", odd, held).returncode, 0)
        manager.run("wait", held)
        for words in (["apply", odd], ["apply", "--pool", odd, "--", "true"], ["pool", "create", odd, "--workers", "1"],
                      ["apply", "--", odd], ["apply", "speak", odd], ["call", f"No{odd}"], ["call", "ShowPool", json.dumps({"name": odd})],
                      ["pool", "create", "broken", "--workers", "1", "--python", f"{odd}.py"]):
            manager.run(*words)
        self.assertTrue(wait_until(lambda: manager.log().count(" ended: ") >= len(jobs) + 1 + 2), manager.log())
        manager.stop()
        lines = manager.log().split("\n")[:-1]
        for line in lines:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (debug|info|warning|error): ")
            self.assertFalse(line.split(" ", 1)[1].startswith("error: forged"), line)
            self.assertNotRegex(line, "[\x00-\x1f\x7f-\x9f\u2028\u202e]")
        for job in (*jobs, held):
            self.assertEqual(sum(f"job {job} ended: " in line for line in lines), 1)

    def test_a_traceback_of_one_line_is_not_told_twice(self):
        manager = self.start(PROCPOOL_DAEMON_START_ATTEMPTS="1")
        manager.run("pool", "create", "missing", "--workers", "1", "--python", "nowhere.py")
        lines = [line for line in manager.log().split("\n") if "FileNotFoundError" in line]
        self.assertEqual([line.split(" ")[1] for line in lines], ["warning:", "error:"], lines)
        self.assertNotIn(r"\n", "".join(lines))

    def test_a_worker_that_is_lost_has_a_line(self):
        manager = self.start("[log]\nformat = 'json'\n")
        worker = json.loads(manager.say("--json", "pool", "show", "py"))["workers"][0]["pid"]
        manager.say("apply", "speak", "hello")
        os.kill(worker, 9)
        line = self.wait_for_line(message="pool py: a worker was lost: signal KILL, which procpool did not send",
                                  pool="py", worker=worker, level="warning")
        self.assertEqual(line["event"], "worker_lost")
        # Those that were told to end are no news.
        manager.say("pool", "recycle", "py")
        manager.run("apply", "--timeout", "0.1", "--", "sleep", "1000")
        manager.stop()
        self.assertEqual(manager.log().count("a worker was lost"), 1)

    def test_lines_of_one_kind_have_a_bound_and_are_counted_beyond_it(self):
        manager = self.start("[log]\nformat = 'json'\n")
        ids = [manager.say("apply", "--async", "--callback", "exit 3", "--", "true") for _ in range(14)]
        manager.say("wait", *ids)
        manager.stop()
        lines = [line for line in self.lines() if line.get("event") == "callback_failed"]
        self.assertEqual(len(lines), 11, lines)
        self.assertIn("more lines like this are left out for a minute", lines[9]["message"])
        self.assertEqual(lines[10]["message"], "4 lines of the kind callback_failed were left out")
        self.assertEqual(lines[10]["pool"], "default")

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
