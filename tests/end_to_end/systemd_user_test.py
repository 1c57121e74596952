#!/usr/bin/env python3
"""The units of systemd/user, under a manager of a user.

    tests/end_to_end/systemd_user_test.py        as root, where systemd is process 1

The manager is started for this test, by systemd, for a user that has none. Skipped where that cannot be had.
"""

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/debug/bin")
HOME = Path("/run/procpool-test-user")
RUNTIME = HOME / "runtime"
USER = "daemon"  # every system has it, and it has nothing
MANAGER = "procpool-test-user.service"
PATIENCE = 120  # [s]


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def call(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=PATIENCE)


def as_user(*words):
    return call("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "env", "-i", f"HOME={HOME}",
                f"XDG_RUNTIME_DIR={RUNTIME}", f"PATH={BIN}:/usr/bin:/bin", "LC_ALL=C.UTF-8", *words)


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def check_place():
    if not Path("/run/systemd/system").is_dir() or not shutil.which("systemctl"):
        skip("systemd does not run here")
    if os.getuid() != 0:
        skip("only root starts a manager for another user")
    if HOME.exists():
        skip(f"there is something at {HOME} already")
    if as_user("procpoold", "--version").returncode != 0:
        skip(f"the user {USER} cannot run {BIN}/procpoold")


class UserUnits(unittest.TestCase):
    def setUp(self):
        user = pwd.getpwnam(USER)
        units = HOME / ".config/systemd/user"
        units.mkdir(parents=True)
        RUNTIME.mkdir(mode=0o700)
        self.addCleanup(shutil.rmtree, HOME)
        for name in ("procpoold.service", "procpoold.socket"):
            (units / name).write_text((ROOT / f"systemd/user/{name}.in").read_text().replace("@bindir@", str(BIN)))
        for path in (HOME, *HOME.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
        started = call("systemd-run", f"--unit={MANAGER}", "-p", f"User={USER}", "-p", "Delegate=yes", "-p", "Type=notify",
                       "-E", f"HOME={HOME}", "-E", f"XDG_RUNTIME_DIR={RUNTIME}", "/lib/systemd/systemd", "--user")
        self.addCleanup(call, "systemctl", "stop", MANAGER)
        if started.returncode != 0 or self._systemctl("show-environment").returncode != 0:
            self.skipTest("no manager of a user can be started here: " + started.stderr)

    def _systemctl(self, *words):
        return as_user("systemctl", "--user", *words)

    def _shown(self, what):
        return self._systemctl("show", "-P", what, "procpoold.service").stdout.strip()

    def _say(self, *words):
        done = as_user("procpool", "--no-autostart", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.rstrip("\n")

    def _reload(self, good):
        done = self._systemctl("reload", "procpoold.service")
        self.assertEqual(done.returncode == 0, good, done.stderr)

    def test_first_client_starts_it_and_kept_commands_outlive_a_restart(self):
        started = self._systemctl("start", "procpoold.socket")
        self.assertEqual(started.returncode, 0, started.stderr)
        self.assertEqual((RUNTIME / "procpool/socket").stat().st_mode & 0o777, 0o600)
        self.assertEqual(self._say("apply", "--raw", "--", "id", "-un"), USER)
        self.assertEqual(self._shown("ActiveState"), "active")
        self.assertRegex(self._shown("StatusText"), "^serving on ")
        # The manager does not mark the group of the unit as delegated; the unit says it.
        said = self._say("apply", "--raw", "--", "sh", "-c", "cat /proc/self/cgroup; env")
        self.assertRegex(said, r"(?m)/procpoold\.service/procpoold-\d+/worker-\d+$")
        self.assertNotIn("PROCPOOL_DELEGATED", said)
        rung = json.loads(self._say("--json", "daemon", "status"))["control_group"]
        self.assertIn(rung, ("limits", "tracking"))
        self.assertEqual(json.loads(self._say("apply", "--records", "--", "true"))["control_group"], rung)
        self.assertRegex(self._shown("StatusText"), f"; control groups: {rung}$")
        self.assertTrue((HOME / ".local/state/procpool/jobs.sqlite").exists())
        job = self._say("apply", "--async", "--", "sh", "-c", f"echo >{HOME}/on; until [ -e {HOME}/go ]; do sleep 0.1; done")
        self.assertTrue(wait_until((HOME / "on").exists))
        before = self._shown("MainPID")
        # The settings that are found are read again, also when there were none before.
        settings = HOME / ".config/procpool/procpoold.toml"
        self._reload(True)
        settings.parent.mkdir()
        settings.write_text("[pools.default]\nworkers = 3\n")
        self._reload(True)
        self.assertRegex(self._say("pool", "list"), r"default .*/3 ")
        settings.write_text("[pools.default]\nwokers = 2\n")
        self._reload(False)
        settings.unlink()
        self.assertEqual(self._systemctl("restart", "procpoold.service").returncode, 0)
        self.assertNotEqual(self._shown("MainPID"), before)
        (HOME / "go").touch()
        self.assertIn('"exit":0', self._say("get", job))
        self.assertEqual(self._systemctl("stop", "procpoold.socket", "procpoold.service").returncode, 0)
        self.assertEqual(self._shown("Result"), "success")


if __name__ == "__main__":
    check_place()
    unittest.main()
