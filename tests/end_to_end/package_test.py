#!/usr/bin/env python3
"""The Debian package as it lies there: what lintian says of it, and what is in it.

    tests/end_to_end/package_test.py

Skipped without a package: config/package builds it.
"""

import os
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
sys.path.insert(0, str(ROOT / "tests/support"))

from package import call, package  # noqa: E402


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="procpool-package-")
        cls.addClassCleanup(directory.cleanup)
        cls.root = Path(directory.name) / "root"
        done = call("dpkg-deb", "-R", PACKAGE, cls.root)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed")
    def test_lintian_has_nothing_to_say(self):
        done = call("lintian", "--allow-root", "--fail-on", "error,warning", "--display-info", PACKAGE)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_every_override_has_a_reason(self):
        lines = (ROOT / "config/debian/lintian-overrides").read_text().splitlines()
        for before, line in zip(["", *lines], lines):
            if line and not line.startswith("#"):
                self.assertTrue(before.startswith("#"), line)

    def test_version_is_that_of_the_sources(self):
        sources = re.search(r"project\(procpool VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertEqual(call("dpkg-deb", "-f", PACKAGE, "Version").stdout.strip(), sources)
        changelog = (ROOT / "config/debian/changelog").read_text()
        self.assertTrue(changelog.startswith(f"procpool ({sources}) "))

    def test_units_name_what_is_in_the_package(self):
        for whose in ("system", "user"):
            unit = (self.root / f"usr/lib/systemd/{whose}/procpoold.service").read_text()
            for program in re.findall(r"^Exec\w+=(\S+)", unit, re.MULTILINE):
                self.assertTrue((self.root / program.lstrip("/")).exists(), f"{whose}: {program}")
            self.assertNotIn("/usr/local", unit)
        unit = (self.root / "usr/lib/systemd/system/procpoold.service").read_text()
        self.assertIn("--config /etc/procpool/procpoold.toml ", unit)

    def test_every_file_below_etc_is_a_conffile(self):
        files = {"/" + str(path.relative_to(self.root)) for path in (self.root / "etc").rglob("*") if path.is_file()}
        self.assertEqual(set((self.root / "DEBIAN/conffiles").read_text().split()), files)

    def test_nothing_of_the_tree_that_it_was_built_in_is_in_it(self):
        for path in self.root.rglob("*"):
            if path.is_file():
                self.assertNotIn(str(ROOT).encode() + b"/", path.read_bytes(), path)

    def test_nobody_but_root_has_a_file_and_nothing_may_be_written(self):
        listing = call("dpkg-deb", "-c", PACKAGE).stdout.splitlines()
        self.assertGreater(len(listing), 20)
        for line in listing:
            self.assertIn(" root/root ", line)
            self.assertRegex(line, "^[-dl]rw?x?")
            if not line.startswith("l"):
                self.assertNotRegex(line[:10], "^.....w|^........w|s", line)


if __name__ == "__main__":
    PACKAGE = package()
    unittest.main()
