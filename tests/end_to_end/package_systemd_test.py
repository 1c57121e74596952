#!/usr/bin/env python3
"""The life of the Debian package on a machine that systemd runs: installed, upgraded, removed, purged.

    tests/end_to_end/package_systemd_test.py     as root, on a machine that may be thrown away

Skipped where systemd does not run, or a policy-rc.d keeps packages from starting services, not as root, without a
package (config/package builds it), and where procpool is installed or its user is there: this test would take them away.
"""

import json
import os
import pwd
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
sys.path.insert(0, str(ROOT / "tests/support"))

from package import call, next_version, package, skip  # noqa: E402

SETTINGS = Path("/etc/procpool/procpoold.toml")
STATE = Path("/var/lib/procpool")
RUNTIME = Path("/run/procpool")
UNITS = ("procpoold.socket", "procpoold.service")
PATIENCE = 120  # [s]


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def shown(what, unit="procpoold.service"):
    return call("systemctl", "show", "-P", what, unit).stdout.strip()


def client(*words):
    return call("/usr/bin/procpool", "--no-autostart", "--socket", str(RUNTIME / "socket"), *words,
                cwd="/")


def has_user():
    try:
        return bool(pwd.getpwnam("procpool"))
    except KeyError:
        return False


def check_place():
    if not Path("/run/systemd/system").is_dir():
        skip("systemd does not run here")
    if os.getuid() != 0:
        skip("only root installs packages")
    if Path("/usr/sbin/policy-rc.d").exists():
        skip("/usr/sbin/policy-rc.d may keep services from being started")
    status = call("dpkg-query", "-W", "-f", "${db:Status-Status}", "procpool").stdout
    if status not in ("", "not-installed") or has_user() or STATE.exists() or SETTINGS.parent.exists():
        skip("procpool is installed here, or something of it is there")


class Life(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="procpool-package-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.addCleanup(call, "dpkg", "--purge", "procpool")

    def dpkg(self, *words):
        done = call("dpkg", *words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + call("systemctl", "status", *UNITS).stdout)
        return done.stdout + done.stderr

    def say(self, *words):
        done = client(*words)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}")
        return done.stdout.rstrip("\n")

    def hold(self):
        """A kept command that runs until `go` is there; its job and its process."""
        job = self.say("apply", "--async", "--cwd", str(STATE), "--", "sh", "-c",
                       "echo $$ >pid; until [ -e go ]; do sleep 0.1; done; echo over")
        self.assertTrue(wait_until(lambda: (STATE / "pid").exists() and (STATE / "pid").read_text()))
        return job, Path("/proc") / (STATE / "pid").read_text().strip()

    def test_it_starts_and_does_its_work(self):
        self.dpkg("--install", PACKAGE)
        for unit in UNITS:
            self.assertEqual((shown("ActiveState", unit), shown("UnitFileState", unit)), ("active", "enabled"))
        self.assertEqual(self.say("apply", "--raw", "--", "id", "-un"), "procpool")
        (STATE / "tasks.py").write_text("def square(x):\n    return x * x\n")
        self.say("pool", "create", "py", "--workers", "1", "--python", str(STATE / "tasks.py"))
        self.assertEqual(self.say("apply", "square", "12"), "144")
        self.assertEqual(json.loads(self.say("--json", "daemon", "status"))["disk"]["directory"], str(STATE))

    def test_when_it_was_stopped_no_client_starts_one_of_its_own_in_its_place(self):
        self.dpkg("--install", PACKAGE)
        call("systemctl", "stop", *UNITS)
        for words in (("apply", "--", "true"), ("daemon", "start"), ("--no-autostart", "apply", "--", "true")):
            done = call("/usr/bin/procpool", "--socket", str(RUNTIME / "socket"), *words, cwd="/")
            self.assertEqual(done.returncode, 125, done.stderr)
            self.assertIn("'systemctl start procpoold.socket'", done.stderr)
            self.assertEqual(call("pgrep", "-x", "procpoold").stdout, "")
        self.assertEqual(call("systemctl", "start", "procpoold.socket").returncode, 0)
        self.assertEqual(self.say("apply", "--raw", "--", "id", "-un"), "procpool")

    def test_upgrade_goes_on_with_what_is_kept_and_leaves_the_settings_alone(self):
        self.dpkg("--install", PACKAGE)
        SETTINGS.write_text(SETTINGS.read_text() + "\n[pools.mine]\nworkers = 1\n")
        call("systemctl", "reload", "procpoold.service")
        held, process = self.hold()
        queued = self.say("apply", "--async", "--after", held, "--", "echo", "later")
        before = shown("MainPID")
        waiting = subprocess.Popen(["/usr/bin/procpool", "--no-autostart", "--socket", str(RUNTIME / "socket"), "get",
                                    held], stdout=subprocess.PIPE, text=True)
        self.dpkg("--install", next_version(self.directory))
        self.assertNotIn(shown("MainPID"), ("0", before))
        self.assertTrue(process.exists())
        (STATE / "go").touch()
        self.assertEqual(json.loads(waiting.communicate(timeout=PATIENCE)[0])["stdout"], "over\n")
        self.assertEqual(json.loads(self.say("get", queued))["stdout"], "later\n")
        self.assertEqual(self.say("apply", "--pool", "mine", "--raw", "--", "echo", "mine"), "mine")

    def test_a_unit_that_was_disabled_stays_so(self):
        self.dpkg("--install", PACKAGE)
        call("systemctl", "disable", "--now", *UNITS)
        self.dpkg("--install", next_version(self.directory))
        for unit in UNITS:
            self.assertEqual((shown("ActiveState", unit), shown("UnitFileState", unit)), ("inactive", "disabled"))

    def test_removed_it_leaves_jobs_and_settings_and_nothing_that_runs(self):
        self.dpkg("--install", PACKAGE)
        done = self.say("apply", "--async", "--", "echo", "kept")
        self.say("wait", done)
        held, process = self.hold()
        self.dpkg("--remove", "procpool")
        self.assertTrue(wait_until(lambda: not process.exists()))
        self.assertEqual(call("pgrep", "-u", "procpool").stdout, "")
        self.assertTrue(SETTINGS.exists() and STATE.exists() and has_user())
        self.assertFalse(Path("/usr/libexec/procpool").exists())
        self.dpkg("--install", PACKAGE)
        self.assertEqual(json.loads(self.say("get", done))["stdout"], "kept\n")
        self.assertEqual(json.loads(self.say("--json", "show", held))["state"], "lost")

    def test_purged_it_leaves_nothing(self):
        self.dpkg("--install", PACKAGE)
        self.hold()
        self.say("apply", "--", "true")
        self.dpkg("--purge", "procpool")
        self.assertFalse(has_user())
        self.assertEqual(call("getent", "group", "procpool").stdout, "")
        for path in (STATE, RUNTIME, SETTINGS.parent, Path("/usr/libexec/procpool"), Path("/usr/share/procpool")):
            self.assertFalse(path.exists(), path)
        for place in ("/etc/systemd/system", "/var/lib/systemd/deb-systemd-helper-enabled"):
            self.assertEqual(call("find", place, "-name", "procpoold*").stdout, "")
        self.assertEqual([line for line in call("ps", "-e", "-o", "args").stdout.splitlines() if "procpool-worker" in line], [])


if __name__ == "__main__":
    PACKAGE = package()
    check_place()
    unittest.main()
