#!/usr/bin/env python3
"""The files of systemd/ as systemd-analyze(1) and their like see them; no systemd needs to run.

    tests/end_to_end/units_test.py
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/debug/bin")


def run(*words, **environment):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, timeout=60, env={**os.environ, "SYSTEMD_LOG_LEVEL": "info", **environment})
    return done.returncode, done.stdout


class Units(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="procpool-units-")
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def _fill_in(self, whose):
        for template in (ROOT / "systemd" / whose).iterdir():
            text = template.read_text().replace("@bindir@", str(BIN)).replace("@sysconfdir@", "/etc")
            self.assertNotIn("@", text.replace("user@", ""), template)
            (self.directory / template.stem).write_text(text)
        return self.directory / "procpoold.service", self.directory / "procpoold.socket"

    def test_verify_prints_nothing(self):
        for whose in ("system", "user"):
            units = self._fill_in(whose)
            self.assertEqual(run("systemd-analyze", "verify", "--man=no", f"--{whose}", *units,
                                 XDG_RUNTIME_DIR=str(self.directory)), (0, ""), whose)

    def test_exposure_is_within_its_bound_with_and_without_the_drop_in(self):
        service, _ = self._fill_in("system")
        self._check_exposure(service, 55)
        drop_in = self.directory / "procpoold.service.d"
        drop_in.mkdir()
        shutil.copy(ROOT / "systemd/hardened.conf", drop_in)
        self._check_exposure(service, 20)

    def _check_exposure(self, service, most):
        status, said = run("systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={most}", service)
        self.assertEqual(status, 0, said)
        self.assertIn("Overall exposure level", said)
        print(said.splitlines()[-1])

    def test_each_option_that_is_left_open_has_its_reason(self):
        service, _ = self._fill_in("system")
        status, said = run("systemd-analyze", "security", "--no-pager", "--offline=true", service)
        self.assertEqual(status, 0, said)
        text = service.read_text()
        bad = {line.split()[1].split("=")[0].split(":")[0] for line in said.splitlines() if line.startswith("✗")}
        # What goes without saying: jobs and daemon are of this machine, and the group is its own.
        missing = {name for name in bad if f"{name}=" not in text and name not in ("Delegate",)}
        self.assertEqual(missing, set())

    def test_the_catalog_is_one_for_journalctl(self):
        tree = self.directory / "root"
        catalogs = tree / "usr/lib/systemd/catalog"
        catalogs.mkdir(parents=True)
        (tree / "var/lib/systemd/catalog").mkdir(parents=True)
        shutil.copy(ROOT / "systemd/procpoold.catalog", catalogs)
        self.assertEqual(run("journalctl", "--update-catalog", f"--root={tree}"), (0, ""))
        status, listed = run("journalctl", "--list-catalog", f"--root={tree}")
        self.assertEqual(status, 0, listed)
        ids = re.findall("^-- ([0-9a-f]{32})$", (catalogs / "procpoold.catalog").read_text(), re.MULTILINE)
        self.assertGreater(len(ids), 10)
        self.assertEqual(sorted(ids), sorted(line.split(" ")[0] for line in listed.splitlines()))

    def test_user_and_directory_are_made(self):
        tree = self.directory / "root"
        (tree / "etc").mkdir(parents=True)
        (tree / "run").mkdir()
        status, said = run("systemd-sysusers", f"--root={tree}", ROOT / "systemd/sysusers.conf")
        self.assertEqual(status, 0, said)
        entry = next(line for line in (tree / "etc/passwd").read_text().splitlines() if line.startswith("procpool:"))
        self.assertEqual(entry.split(":")[4:], ["procpool daemon", "/var/lib/procpool", "/usr/sbin/nologin"])
        if os.getuid() == 0:
            status, said = run("systemd-tmpfiles", "--create", f"--root={tree}", ROOT / "systemd/tmpfiles.conf")
            self.assertEqual(status, 0, said)
            made = (tree / "run/procpool").stat()
            self.assertEqual((made.st_mode & 0o777, made.st_uid), (0o755, int(entry.split(":")[2])))


if __name__ == "__main__":
    for program in ("systemd-analyze", "systemd-sysusers", "systemd-tmpfiles", "journalctl"):
        if not shutil.which(program):
            print(f"skipped: there is no {program} here")
            sys.exit(77)
    unittest.main()
