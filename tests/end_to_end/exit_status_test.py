#!/usr/bin/env python3
"""The exit statuses of the programs, as procpool(1) and procpoold(8) have them: each line of the tables is run.

    tests/end_to_end/exit_status_test.py [UNITTEST ARGUMENT...]
"""

import json
import os
import re
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import BIN, PATIENCE, ROOT, SETTINGS, Manager, wait_until  # noqa: E402

TASKS = "def square(x):\n    return x * x\n"

# Status, and the lines that end with it. $kept is a job of a command that exits with 3, $long one that goes on, $good one
# of a function.
TABLE = {
    0: ["apply square 2", "map square ::: 1 2", "imap square ::: 1 2", "imap_unordered square ::: 1 2",
        "starmap square ::: '[1]'", "apply -- true", "run -- true", "map square </dev/null", "jobs", "show $kept",
        "ready $kept", "wait $kept", "output $kept", "cancel $kept", "pool list", "pool show py", "functions",
        "daemon status", "daemon start", "--help", "help map", "map --help", "--version", "introspect"],
    1: ["map square ::: 1 x", "imap square ::: x", "imap_unordered square ::: x", "starmap square ::: '[1, 2]'",
        "apply square x", "map -- false ::: 1", "map -- sh -c 'kill -9 $$' ::: 1", "map -- sh -c 'exit 3' ::: 1 2",
        "run -- false", "apply -- false", "successful $kept", "ready $long", "call ShowJob '{\"job\":999}'"],
    3: ["apply -- sh -c 'exit 3'", "run -- sh -c 'exit 3'", "get $kept"],
    104: ["run -- sh -c 'exit 104'"],  # a number of the command's is left as it is
    255: ["run -- sh -c 'exit 255'"],
    2: ["", "no-such-verb", "apply --no-such-option square 1", "apply", "apply --timeout soon square 1", "map --chunksize 0 square ::: 1",
        "run", "run square", "get", "get x", "get 0", "wait", "show 1 2 3", "pool", "pool create", "pool create new --workers x",
        "pool resize py many", "daemon", "daemon restart", "jobs --state odd", "--color sometimes jobs", "starmap -- true ::: 1",
        "starmap square ::: 1", "apply --kwargs 1 square 1", "apply --json-input square x", "cancel --signal ODD 1",
        "map --raw square ::: 1", "daemon log-level loud", "apply --retry-on often square 1", "--socket", "map -a no-such-file square", "map -a . square",
        "--socket '' jobs", "jobs --socket ''"],
    124: ["apply --timeout 0.1 -- sleep 1000", "run --timeout 0.1 -- sleep 1000", "map --timeout 0.1 -- sleep ::: 1000",
          "apply --timeout 0.1 --kill-after 0 -- sh -c 'trap \"\" TERM; while :; do sleep 0.01; done'", "get --timeout 0.1 $long",
          "wait --timeout 0.1 $long"],
    125: ["--socket nowhere jobs", "--socket nowhere apply square 2", "get 999", "show 999", "cancel 999", "output 999",
          "apply no_such_function", "apply --pool nobody square 2", "pool show nobody", "pool close nobody",
          "apply --pool closed -- true", "introspect no.such.interface", "apply square 2 >&-", "jobs >&-", "jobs >/dev/full", "retry --failed $good",
          "retry $long", "output $good", "output --follow $good", "get --raw $good"],
    126: ["run -- ./plain", "apply -- ./plain", "map -- ./plain ::: 1", "run -- /"],
    127: ["run -- no-such-command", "apply -- no-such-command", "map -- no-such-command ::: 1", "run -- ./nowhere/x"],
    137: ["run -- sh -c 'kill -9 $$'", "apply -- sh -c 'kill -9 $$'"],
    143: ["run -- sh -c 'kill $$'", "apply -- sh -c 'kill $$'"],
    134: ["run -- sh -c 'ulimit -c 0; kill -ABRT $$'"],
}
INTERRUPTED = ("apply -- sleep 1000", "map -- sleep ::: 1000", "imap -- sleep ::: 1000", "run -- sleep 1000", "get $long",
               "wait $long")


def as_a_shell_counts(status):
    return 128 - status if status < 0 else status


class Client(unittest.TestCase):
    def setUp(self):
        self.manager = Manager(self, SETTINGS.replace("stop_timeout = 1000", "stop_timeout = 0.1").replace("workers = 1", "workers = 3") + """
[pools.py]
kind = "python"
module = "tasks.py"
workers = 1
""")
        (self.manager.directory / "tasks.py").write_text(TASKS)
        (self.manager.directory / "plain").touch()
        self.manager.start()
        kept = self.manager.run("apply", "--async", "--", "sh", "-c", "exit 3").stdout.strip()
        self.manager.run("wait", kept)
        good = self.manager.run("apply", "--async", "square", "2").stdout.strip()
        self.manager.run("wait", good)
        long = self.manager.say("apply", "--async", "--", "sleep", "1000")
        self.assertTrue(wait_until(lambda: self.running() == 1))
        self.manager.say("pool", "create", "closed", "--workers", "1")
        self.manager.say("pool", "close", "closed")
        self.manager.environment |= {"kept": kept, "good": good, "long": long}
        self.addCleanup(lambda: self.manager.run("cancel", long))

    def shell(self, line):
        """The shell is the client: signals reach it."""
        return subprocess.Popen(["bash", "-c", f"exec procpool --no-autostart {line}"], cwd=self.manager.directory,
                                env=self.manager.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, start_new_session=True)

    def test_every_line_of_the_table_ends_as_it_says(self):
        for status, lines in TABLE.items():
            for line in lines:
                with self.subTest(line=line):
                    client = self.shell(line)
                    _, said = client.communicate(timeout=PATIENCE)
                    self.assertEqual(as_a_shell_counts(client.returncode), status, said)
                    if status in (2, 125, 126, 127):
                        self.assertRegex(said, "^procpool: ")

    def test_interrupted_is_130(self):
        for line in INTERRUPTED:
            with self.subTest(line=line):
                before = self.running()
                client = self.shell(line)
                if "$long" in line:
                    self.assertTrue(wait_until(lambda: self.connections() > 1))
                else:
                    self.assertTrue(wait_until(lambda: self.running() > before))
                # At a terminal Ctrl-C is for the whole group; the command of `run` has one of its own.
                os.killpg(client.pid, signal.SIGINT)
                client.communicate(timeout=PATIENCE)
                self.assertEqual(as_a_shell_counts(client.returncode), 130)
                self.assertTrue(wait_until(lambda: self.running() == before))

    def status(self):
        return json.loads(self.manager.say("--json", "daemon", "status"))

    def running(self):
        return self.status()["tasks_running"]

    def connections(self):
        return self.status()["connections"]

    def test_the_manual_has_the_statuses_of_the_table(self):
        page = (ROOT / "config/man/procpool.1").read_text().split(".Sh EXIT STATUS")[1].split(".Sh ")[0]
        described = {int(number) for item in re.findall(r"^\.It (\d.*)$", page, re.MULTILINE)
                     for number in re.findall(r"\d+", item)}
        self.assertEqual(described - {130}, described & set(TABLE))


class Version(unittest.TestCase):
    def test_both_programs_name_it_the_interface_and_what_they_were_built_with(self):
        for name, libraries in (("procpool", ""), ("procpoold", r", Asio [\d.]+, SQLite [\d.]+")):
            done = subprocess.run([BIN / name, "--version"], capture_output=True, text=True, check=True, timeout=PATIENCE)
            self.assertRegex(done.stdout, rf"\A{name} \d+\.\d+\.\d+\n(speaks|serves) io\.procpool, see procpool-protocol\(7\)\n"
                                          rf"built with (g\+\+|clang) [\d.]+{libraries}\n\Z")


class Daemon(unittest.TestCase):
    def ends(self, *words, settings=SETTINGS):
        manager = Manager(self, settings)
        return manager.start(*words, wait=False).wait(PATIENCE)

    def test_every_end_has_its_status(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            manager = Manager(self)
            manager.start()
            self.assertEqual(manager.stop(number), 0)
        self.assertEqual(self.ends("--no-such-option"), 2)
        self.assertEqual(self.ends("--log-level", "loud"), 2)
        self.assertEqual(self.ends("word"), 2)
        self.assertEqual(self.ends("--socket"), 2)
        for option in ("--socket", "--state-dir", "--config"):
            self.assertEqual(self.ends(option, ""), 2)
        self.assertEqual(self.ends("--socket", "x" * 108), 2)
        self.assertEqual(self.ends(settings="[daemon]\nodd = 1\n"), 78)
        for settings in ("[", "[pools.x]\nworkers = 'many'\n"):
            self.assertEqual(self.ends("--check-config", settings=settings), 78)
        manager = Manager(self)
        (manager.directory / "state").write_text("in the way")
        self.assertEqual(manager.start(wait=False).wait(PATIENCE), 1)
        (manager.directory / "state").unlink()
        manager.start()
        self.assertEqual(manager.start(wait=False).wait(PATIENCE), 75)


if __name__ == "__main__":
    unittest.main()
