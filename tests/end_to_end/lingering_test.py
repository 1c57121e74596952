#!/usr/bin/env python3
"""A daemon of a user's service manager says, once where it matters, that it ends at logout.

    tests/end_to_end/lingering_test.py     as root, where control groups can be made

That it is one is told by its control group, which the test makes: it has the name that such a manager has.
"""

import json
import os
import pwd
import sys
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
sys.path.insert(0, str(ROOT / "tests/support"))

from managed_daemon import Manager  # noqa: E402


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def place():
    """A directory of version 2 in which groups can be made."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        if " - cgroup2 " in line:
            return Path(line.split()[4])
    return skip("there are no control groups of version 2 here")


def our_group():
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    return place() / next(line[4:] for line in lines if line.startswith("0::/"))


class Logout(unittest.TestCase):
    def setUp(self):
        self.top = place() / f"procpool-test-{os.getpid()}"
        self.group = self.top / f"user@{os.getuid()}.service"
        self.group.mkdir(parents=True)
        self.addCleanup(self.top.rmdir)
        self.addCleanup(self.group.rmdir)
        self.addCleanup((our_group() / "cgroup.procs").write_text, "0")
        (self.group / "cgroup.procs").write_text("0")  # the daemon is where we are
        self.manager = Manager(self)
        self.manager.start()

    def test_first_kept_job_and_the_status_tell_that_the_daemon_ends_at_logout(self):
        attached = self.manager.run("apply", "--", "true")
        self.assertNotIn("log out", attached.stderr)
        first = self.manager.run("apply", "--async", "--", "true")
        self.assertRegex(first.stderr, "when you log out this daemon ends: .*'loginctl enable-linger' lets it go on\n")
        self.assertEqual(first.returncode, 0)
        self.assertEqual(self.manager.run("map", "--async", "--", "true", ":::", "1").stderr, "")
        self.assertIs(json.loads(self.manager.say("--json", "daemon", "status"))["lingering"], False)
        self.assertIn("at logout:          the daemon ends; 'loginctl enable-linger' lets it go on",
                      self.manager.say("daemon", "status"))
        for job in ("2", "3"):
            self.manager.say("wait", job)

    def test_who_wants_it_quiet_is_not_told(self):
        self.assertEqual(self.manager.run("-q", "apply", "--async", "--", "true").stderr, "")
        self.manager.say("wait", "1")


if __name__ == "__main__":
    if os.getuid() != 0:
        skip("only root makes control groups anywhere")
    if Path("/var/lib/systemd/linger", pwd.getpwuid(os.getuid()).pw_name).exists():
        skip("this user lingers")
    if not os.access(place(), os.W_OK):
        skip("control groups cannot be made here")
    sys.exit(unittest.main(verbosity=0))
