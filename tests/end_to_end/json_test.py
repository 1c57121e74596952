#!/usr/bin/env python3
"""--json is stable: it is what the interface describes and the golden files have, and the interface only grows.

    tests/end_to_end/json_test.py             holds it against tests/data/json/
    tests/end_to_end/json_test.py --update    writes the golden files anew; the interface of a release,
                                              released.varlink, is copied there when it is released

In a golden file stands what is printed, but for what differs from run to run: process numbers, times, places.
"""

import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import ROOT, SETTINGS, Manager  # noqa: E402
from varlink_types import Interface, broken_promises  # noqa: E402

GOLDEN = ROOT / "tests/data/json"
INTERFACE = Interface((ROOT / "common/protocol/io.procpool.varlink").read_text(encoding="utf-8"))
RELEASED = (GOLDEN / "released.varlink").read_text(encoding="utf-8")
UPDATE = "--update" in sys.argv

TASKS = "def square(x):\n    return x * x\n"
POOLS = "[pools.py]\nkind = 'python'\nmodule = 'tasks.py'\nworkers = 1\nmax_age = '1h'\n"

# Members whose values are those of one run, whatever they are in.
OF_ONE_RUN = {"pid": 1, "worker": 1, "uid": 0, "seconds": 0.5, "uptime_seconds": 0.5, "cpu_seconds": 0.5, "max_rss_kib": 1,
              "free_bytes": 1, "kept_bytes": 1, "unwritten_bytes": 1, "used": 1, "version": "0.0.0", "control_group": "none",
              "control_group_reason": "...", "traceback": "...", "lingering": True}


def of_any_run(value, directory, name=""):
    """The same for every run that is good."""
    if name in OF_ONE_RUN:
        return OF_ONE_RUN[name]
    if isinstance(value, dict):
        return {key: of_any_run(one, directory, key) for key, one in value.items()
                if key not in ("lingering", "control_group_reason")}
    if isinstance(value, list):
        return [of_any_run(one, directory, name) for one in value]
    if isinstance(value, str):
        value = value.replace(directory, "DIRECTORY")
        return "TIME" if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value) else value
    return value


class Json(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.manager = Manager(ClassCleanups(cls), SETTINGS + POOLS)
        (cls.manager.directory / "tasks.py").write_text(TASKS)
        cls.manager.start()
        # A pool for them, so that the shape of each is there: of a function and a command, good and bad.
        ask = cls.manager.run
        ask("apply", "--async", "--name", "good", "--priority", "2", "square", "3")
        ask("map", "--async", "--memory", "1GiB", "--", "sh", "-c", "exit $0", ":::", "0", "3")
        ask("apply", "--async", "--error-callback", "exit 1", "--", "false")
        ask("wait", "1", "2", "3")
        ask("apply", "--async", "--not-before", "2100-01-01T00:00:00Z", "--unique", "later", "--", "true")

    def printed(self, *words, status=0):
        done = self.manager.run("--json", *words)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout.count("\n"), 1)  # one value, one line
        return json.loads(done.stdout)

    def hold(self, name, kind, value):
        """Against the description, and against the golden file."""
        self.assertEqual(INTERFACE.faults(value, kind), [])
        self.hold_golden(name, value)

    def hold_golden(self, name, value):
        text = json.dumps(of_any_run(value, str(self.manager.directory)), indent=1, ensure_ascii=False) + "\n"
        path = GOLDEN / f"{name}.json"
        if UPDATE:
            path.write_text(text, encoding="utf-8")
        self.assertEqual(text, path.read_text(encoding="utf-8"))

    def test_jobs(self):
        jobs = self.printed("jobs")
        self.assertEqual(INTERFACE.faults(jobs, ("[]", "Job")), [])
        self.hold_golden("jobs", [job for job in jobs if job["id"] <= 4])  # those of setUpClass
        self.hold("show", "Job", self.printed("show", "3"))
        ids = ("struct", {"done": ("[]", "int"), "pending": ("[]", "int")})
        self.hold("wait", ids, self.printed("wait", "1"))
        self.hold("cancel", INTERFACE.methods["Cancel out"], self.printed("cancel", "1"))

    def test_pools_and_functions(self):
        self.hold("pool_show", "Pool", self.printed("pool", "show", "py"))
        self.assertEqual(INTERFACE.faults(self.printed("pool", "list"), ("[]", "Pool")), [])
        self.hold("pool_create", "Pool", self.printed("pool", "create", "new", "--workers", "1", "--memory", "1GiB"))
        for verb in ("pause", "resume", "recycle", "close"):
            self.assertEqual(INTERFACE.faults(self.printed("pool", verb, "new"), "Pool"), [])
        self.hold("functions", ("[]", "Function"), self.printed("functions"))

    def test_daemon(self):
        status = self.printed("daemon", "status")
        self.assertEqual(INTERFACE.faults(status, INTERFACE.methods["GetStatus out"]), [])
        # How many there are depends on the other tests.
        counted = {name: 1 for name in ("pools", "workers", "jobs", "tasks_queued", "tasks_running", "connections")}
        limits = [one for one in status["limits"] if one["name"] == "connections"]
        self.assertGreater(len(status["limits"]), 5)
        self.hold_golden("daemon_status", {**status, **counted, "limits": limits})
        settings = self.printed("daemon", "config")
        self.assertEqual(INTERFACE.faults(settings, INTERFACE.methods["GetSettings out"]), [])
        some = [one for one in settings["settings"] if one["name"] in ("socket", "daemon.kill_after", "log.level")]
        self.hold_golden("daemon_config", {**settings, "settings": some})
        self.hold("daemon_reload", INTERFACE.methods["Reload out"], self.printed("daemon", "reload"))
        self.hold("daemon_log_level", INTERFACE.methods["SetLogLevel out"], self.printed("daemon", "log-level", "info"))

    def test_records(self):
        for name, words in (("record_of_function", ["apply", "square", "3"]), ("record_of_error", ["apply", "square", "x"]),
                            ("record_of_command", ["apply", "--", "sh", "-c", "echo out; exit 3"]),
                            ("record_of_missing_command", ["apply", "--", "no-such-command"])):
            record = json.loads(self.manager.run(words[0], "--records", *words[1:]).stdout)
            self.hold_golden(name, {**record, "job": 1})

    def test_interface_only_grows(self):
        self.assertEqual(broken_promises(Interface(RELEASED), INTERFACE), [])

    def test_what_breaks_a_promise_is_found(self):
        for before, after, says in (
                ("  pool: string,\n  function: ?string,", "  function: ?string,", "type Job has no pool any more"),
                ("  priority: int,\n  # its own;", "  priority: ?int,\n  # its own;", "type Job.priority was int"),
                ("type Order (input, completion)", "type Order (input)", "type Order has no completion"),
                ("method ShowJob(job: int)", "method ShowJob(job: int, how: string)", "method ShowJob in wants how"),
                ("method Drain() -> ()\n", "", "the method Drain in is gone")):
            self.assertIn(before, RELEASED)
            found = broken_promises(Interface(RELEASED), Interface(RELEASED.replace(before, after)))
            self.assertIn(says, "\n".join(found))
        more = RELEASED.replace("method ShowJob(job: int)", "method ShowJob(job: int, how: ?string)")
        more = more.replace("type Order (input, completion)", "type Order (input, completion, none)\ntype New (a: int)")
        self.assertEqual(broken_promises(Interface(RELEASED), Interface(more)), [])


class ClassCleanups:
    """What Manager wants of a test, for a class of them."""

    def __init__(self, cls):
        self.addCleanup = cls.addClassCleanup

    def assertEqual(self, one, other, says=""):
        assert one == other, says


if __name__ == "__main__":
    unittest.main(argv=[one for one in sys.argv if one != "--update"])
