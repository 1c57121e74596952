#!/usr/bin/env python3
"""What `cmake --install` puts where, and that it works there.

    tests/end_to_end/install_test.py

The build is installed into a directory in the place of the root (DESTDIR), and used in there.
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
BUILD = BIN.parent
PATIENCE = 120  # [s]

# Below the prefix.
PLACES = """bin/procpool bin/procpoold libexec/procpool/procpool-worker libexec/procpool/procpool_worker.py
lib/systemd/system/procpoold.service lib/systemd/system/procpoold.socket lib/systemd/user/procpoold.service
lib/systemd/user/procpoold.socket lib/systemd/catalog/procpoold.catalog lib/sysusers.d/procpool.conf
lib/tmpfiles.d/procpool.conf share/procpool/systemd/hardened.conf share/procpool/procpoold.toml
share/procpool/io.procpool.varlink share/doc/procpool/CHANGELOG.md share/bash-completion/completions/procpool share/zsh/site-functions/_procpool
share/fish/vendor_completions.d/procpool.fish share/man/man1/procpool.1 share/man/man8/procpoold.8
share/man/man5/procpoold.toml.5 share/man/man7/procpool-protocol.7 share/man/man7/procpool-worker-protocol.7
include/procpool/procpool_native.hpp etc/procpool/procpoold.toml""".split()


def run(*words, **environment):
    return subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=PATIENCE,
                          env={**os.environ, **environment})


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="procpool-install-")
        cls.addClassCleanup(directory.cleanup)
        cls.tree = Path(directory.name) / "root"
        done = run("cmake", "--install", BUILD, DESTDIR=str(cls.tree))
        if done.returncode != 0:
            raise RuntimeError(done.stdout)
        cache = (BUILD / "CMakeCache.txt").read_text()
        cls.prefix = Path(re.search("^CMAKE_INSTALL_PREFIX:PATH=(.*)$", cache, re.MULTILINE)[1])
        cls.below = cls.tree / cls.prefix.relative_to("/")

    def test_everything_is_at_its_place_and_nothing_else_is_there(self):
        there = {str(path.relative_to(self.below)) for path in self.below.rglob("*") if not path.is_dir()}
        runtime = {name for name in there if name.startswith("libexec/procpool/procpool_runtime/")}
        native = {name for name in there if name.startswith("include/procpool/")}
        self.assertEqual((there - runtime - native) | {"include/procpool/procpool_native.hpp"}, set(PLACES))
        self.assertTrue(all(name.endswith(".py") for name in runtime))
        self.assertIn("include/procpool/procpool_native.hpp", native)
        outside = [path for path in self.tree.rglob("*") if not path.is_dir() and self.below not in path.parents]
        self.assertEqual(outside, [])

    def test_programs_may_be_run_and_nothing_may_be_written_by_others(self):
        for path in self.below.rglob("*"):
            mode = path.stat().st_mode
            self.assertEqual(mode & 0o022, 0, path)
            if path.is_file():
                is_program = path.parent.name in ("bin", "procpool") and path.suffix in ("", ".py") and "share" not in path.parts
                self.assertEqual(mode & 0o777, 0o755 if is_program else 0o644, path)

    def test_the_newest_release_of_the_changes_is_the_version_of_the_sources(self):
        version = re.search(r"project\(procpool VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
        changes = (self.below / "share/doc/procpool/CHANGELOG.md").read_text()
        releases = re.findall(r"^## (\S+) - \d{4}-\d\d-\d\d$", changes, re.MULTILINE)
        self.assertEqual(releases[0], version)
        self.assertEqual(len(re.findall("^## ", changes, re.MULTILINE)), len(releases) + changes.count("\n## Unreleased\n"))

    def test_the_units_name_what_is_installed(self):
        for unit in self.below.glob("lib/systemd/*/procpoold.service"):
            for program in re.findall(r"^Exec\w+=(\S+)", unit.read_text(), re.MULTILINE):
                self.assertTrue((self.tree / program.lstrip("/")).exists(), f"{unit}: {program}")
        text = (self.below / "lib/systemd/system/procpoold.service").read_text()
        settings = re.search(r"--config (\S+)", text)[1]
        self.assertTrue((self.tree / settings.lstrip("/")).exists(), settings)

    @unittest.skipUnless(shutil.which("systemd-sysusers") and shutil.which("systemd-tmpfiles"), "systemd is not installed")
    def test_user_and_directory_are_made_from_what_is_installed(self):
        for directory in ("etc", "run"):
            (self.tree / directory).mkdir(exist_ok=True)
            self.addCleanup(shutil.rmtree, self.tree / directory)
        users = self.below / "lib/sysusers.d/procpool.conf"
        tried = run("systemd-sysusers", "--dry-run", f"--root={self.tree}", users)
        self.assertEqual(tried.returncode, 0, tried.stdout)
        self.assertIn("Creating user 'procpool' (procpool daemon)", tried.stdout)
        self.assertRegex(tried.stdout, "Would write .*/etc/passwd")
        self.assertFalse((self.tree / "etc/passwd").exists())
        self.assertEqual(run("systemd-sysusers", f"--root={self.tree}", users).returncode, 0)
        self.assertRegex((self.tree / "etc/passwd").read_text(), "(?m)^procpool:.*:/var/lib/procpool:/usr/sbin/nologin$")
        if os.getuid() == 0:
            made = run("systemd-tmpfiles", "--create", f"--root={self.tree}", self.below / "lib/tmpfiles.d/procpool.conf")
            self.assertEqual(made.returncode, 0, made.stdout)
            self.assertEqual((self.tree / "run/procpool").stat().st_mode & 0o777, 0o755)

    def test_the_programs_find_each_other_where_they_are(self):
        where = self.tree.parent / "work"
        where.mkdir()
        self.addCleanup(shutil.rmtree, where)
        shutil.copy(ROOT / "tests/data/tasks.py", where)
        line = ("set -e; procpool daemon start 2>/dev/null; trap 'procpool daemon stop' EXIT; procpool apply --raw -- echo on; "
                "procpool pool create py --workers 1 --python tasks.py; procpool apply square 12")
        done = subprocess.run(["bash", "-c", line], cwd=where, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, check=False,
                              env={**{name: one for name, one in os.environ.items() if name.endswith("SAN_OPTIONS")},
                                   "PATH": f"{self.below / 'bin'}:/usr/bin:/bin", "HOME": str(where),
                                   "PROCPOOL_SOCKET": str(where / "socket")})
        self.assertEqual((done.returncode, done.stdout), (0, "on\n144\n"), done.stderr)


if __name__ == "__main__":
    if not (BUILD / "cmake_install.cmake").exists() or not shutil.which("cmake"):
        print(f"skipped: {BUILD} is no build that can be installed")
        sys.exit(77)
    unittest.main()
