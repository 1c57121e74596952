#!/usr/bin/env python3
"""The same sources make the same files, wherever they are: some are compiled twice, in two places.

    tests/end_to_end/reproducible_test.py

With the very command lines of the build. Skipped for one with a sanitizer or for the debugger, which is to find the
sources. That of the package is compared as a whole by whoever builds it twice.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/release/bin")
BUILD = BIN.parent
FOLDERS = ("common", "config", "daemon", "client")
SOURCES = ("config/units.cpp", "common/error.cpp")
PATIENCE = 600  # [s]


def command_of(source):
    """The words that compile it, and where they are said."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if entry["file"] == str(ROOT / source):
            words = shlex.split(entry["command"])
            return (words[1:] if words[0].endswith("ccache") else words), entry["directory"]
    raise LookupError(source)


class Reproducible(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="procpool-twice-")
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def objects(self, place, zone):
        """What becomes of the sources in a copy of the tree."""
        tree = self.directory / place
        for folder in ("common", "config"):
            shutil.copytree(ROOT / folder, tree / folder)
        made = {}
        for source in SOURCES:
            words, where = command_of(source)
            words = [word.replace(str(ROOT), str(tree)) for word in words]
            where = Path(where.replace(str(ROOT), str(tree)))
            (where / words[words.index("-o") + 1]).parent.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(words, cwd=where, env={**os.environ, "TZ": zone}, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, check=False, timeout=PATIENCE)
            self.assertEqual(done.returncode, 0, done.stderr)
            made[source] = (where / words[words.index("-o") + 1]).read_bytes()
        return made

    def test_two_builds_in_two_places_are_the_same(self):
        one, other = self.objects("a", "UTC"), self.objects("another-place/below", "Asia/Tokyo")
        for source in SOURCES:
            self.assertTrue(one[source] == other[source], source)
            self.assertNotIn(str(self.directory).encode(), one[source])

    def test_no_source_asks_for_the_time_of_its_compilation(self):
        for folder in FOLDERS:
            for path in (ROOT / folder).rglob("*.[ch]pp"):
                self.assertNotRegex(path.read_text(encoding="utf-8"), r"__(DATE|TIME|TIMESTAMP)__", path)


def kind_of_build():
    cache = BUILD / "CMakeCache.txt"
    if not cache.exists() or not (BUILD / "compile_commands.json").exists():
        return "one that is not known"
    settings = dict(re.findall(r"^(CMAKE_BUILD_TYPE|PROCPOOL_SANITIZE):\w+=(.*)$", cache.read_text(), re.MULTILINE))
    if settings.get("PROCPOOL_SANITIZE"):
        return "one with a sanitizer"
    return "one for the debugger" if settings.get("CMAKE_BUILD_TYPE") == "Debug" else ""


if __name__ == "__main__":
    if kind_of_build():
        print("skipped: this build is " + kind_of_build())
        sys.exit(77)
    unittest.main()
