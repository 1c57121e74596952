#!/usr/bin/env python3
"""A user's daemon and what loginctl(1) says of its user: at logout it ends, unless the user lingers.

    tests/end_to_end/systemd_linger_test.py      as root, where systemd is process 1 of a machine that is thrown away

It adds a user, whose manager systemd starts as it does at a login. So it is skipped where SYSTEMD_BOX is not set, which
says that nobody minds.
"""

import json
import os
import pwd
import re
import subprocess
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/debug/bin")
USER = "procpool-linger"
PATIENCE = 120  # [s]
ADVICE = "'loginctl enable-linger' lets it go on"


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def call(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=PATIENCE)


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def check_place():
    if not Path("/run/systemd/system").is_dir() or os.getuid() != 0:
        skip("systemd does not run here, or not for us")
    if not os.environ.get("SYSTEMD_BOX"):
        skip("SYSTEMD_BOX does not say that this machine is thrown away")
    call("systemctl", "unmask", "systemd-logind.service")
    call("systemctl", "daemon-reload")
    if call("systemctl", "start", "dbus.service", "systemd-logind.service").returncode != 0:
        skip("there is no systemd-logind here")
    if call("useradd", "--create-home", USER).returncode != 0:
        skip(f"there is no adding the user {USER} here")


class Lingering(unittest.TestCase):
    def setUp(self):
        self.user = pwd.getpwnam(USER)
        self.manager = f"user@{self.user.pw_uid}.service"
        units = Path(self.user.pw_dir) / ".config/systemd/user"
        units.mkdir(parents=True, exist_ok=True)
        for name in ("procpoold.service", "procpoold.socket"):
            (units / name).write_text((ROOT / f"systemd/user/{name}.in").read_text().replace("@bindir@", str(BIN)))
        call("chown", "-R", USER, self.user.pw_dir)
        self.addCleanup(call, "systemctl", "stop", self.manager)
        self.addCleanup(call, "loginctl", "disable-linger", USER)

    def _as_user(self, *words):
        return call("setpriv", f"--reuid={USER}", f"--regid={self.user.pw_gid}", "--clear-groups", "env", "-i",
                    f"HOME={self.user.pw_dir}", f"XDG_RUNTIME_DIR=/run/user/{self.user.pw_uid}",
                    f"PATH={BIN}:/usr/bin:/bin", "LC_ALL=C.UTF-8", *words)

    def _procpool(self, *words):
        done = self._as_user("procpool", "--no-autostart", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def _log_in(self):
        """A manager without a session, which is all that a login leaves of itself for services."""
        self.assertEqual(call("systemctl", "start", self.manager).returncode, 0)
        started = self._as_user("systemctl", "--user", "start", "procpoold.socket")
        self.assertEqual(started.returncode, 0, started.stderr)

    def _status(self):
        return self._procpool("daemon", "status").stdout

    def test_advice_is_given_while_lingering_is_off_and_only_then(self):
        self._log_in()
        self.assertIn(f"at logout:          the daemon ends; {ADVICE}", self._status())
        self.assertIs(json.loads(self._procpool("--json", "daemon", "status").stdout)["lingering"], False)
        kept = self._procpool("apply", "--async", "--", "true")
        self.assertIn(ADVICE, kept.stderr)
        self.assertNotIn(ADVICE, self._procpool("apply", "--async", "--", "true").stderr)  # once is enough

        self.assertEqual(call("loginctl", "enable-linger", USER).returncode, 0)
        self.assertNotIn("at logout", self._status())
        self.assertIs(json.loads(self._procpool("--json", "daemon", "status").stdout)["lingering"], True)
        # Another daemon, that has told nobody yet.
        self.assertEqual(self._as_user("systemctl", "--user", "restart", "procpoold.service").returncode, 0)
        self.assertEqual(self._procpool("apply", "--async", "--", "true").stderr, "")

        # Without a session and without lingering the manager ends, and the daemon with it.
        self.assertEqual(call("loginctl", "disable-linger", USER).returncode, 0)
        self.assertTrue(wait_until(lambda: call("systemctl", "is-active", self.manager).stdout.strip() == "inactive"))
        self.assertTrue(wait_until(lambda: not Path(f"/run/user/{self.user.pw_uid}/procpool/socket").exists()))

    def test_who_lingers_has_a_daemon_without_any_login_and_kept_jobs_end_there(self):
        self.assertEqual(call("loginctl", "enable-linger", USER).returncode, 0)
        self.assertTrue(wait_until(lambda: call("systemctl", "is-active", self.manager).stdout.strip() == "active"))
        started = self._as_user("systemctl", "--user", "start", "procpoold.socket")
        self.assertEqual(started.returncode, 0, started.stderr)
        job = self._procpool("apply", "--async", "--raw", "--", "cat", "/proc/self/cgroup")
        self.assertEqual(job.stderr, "")
        said = self._procpool("get", job.stdout.strip()).stdout
        # user@.service is delegated to the manager, and our unit has Delegate= from there.
        self.assertTrue(re.search(rf"/{self.manager}/app\.slice/procpoold\.service/procpoold-\d+/worker-\d+\n", said), said)


if __name__ == "__main__":
    check_place()
    unittest.main()
