#!/usr/bin/env python3
"""How the programs of a release are hardened, as readelf and objdump see them.

    tests/end_to_end/hardening_test.py

Skipped for builds with a sanitizer and for the debugger, which are not.
"""

import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/release/bin")
PROGRAMS = ("procpool", "procpoold", "procpool-worker")
PATHS = {name: BIN / name for name in PROGRAMS}
STATIC = ("procpool",)  # needs no dynamic linker, and has libc's own functions in it


def said(*words):
    return subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
                          timeout=300).stdout


class Hardening(unittest.TestCase):
    def test_they_are_position_independent(self):
        for name, path in PATHS.items():
            self.assertRegex(said("readelf", "-hW", path), r"Type:\s+DYN")
            self.assertRegex(said("readelf", "-dW", path), r"\(FLAGS_1\).*\bPIE\b")
            self.assertEqual("INTERP" in said("readelf", "-lW", path), name not in STATIC)

    def test_tables_of_addresses_are_read_only_from_the_start_and_no_data_is_code(self):
        for path in PATHS.values():
            segments = said("readelf", "-lW", path)
            self.assertIn("GNU_RELRO", segments)
            self.assertRegex(said("readelf", "-dW", path), r"\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*\bNOW\b")
            self.assertRegex(segments, r"GNU_STACK.* RW +0x")
            self.assertNotRegex(segments, r"LOAD.* RWE ")

    def test_the_stack_is_guarded_and_functions_are_fortified(self):
        for path in PATHS.values():
            symbols = said("readelf", "-sW", path)
            self.assertIn("__stack_chk_fail", symbols)
            self.assertRegex(symbols, r"__(snprintf|fprintf|printf|memcpy|read|recv)_chk")

    @unittest.skipUnless(os.uname().machine == "x86_64", "another architecture has another way")
    def test_indirect_jumps_land_where_they_may(self):
        for path in PATHS.values():
            text = said("objdump", "-d", "--no-show-raw-insn", "--disassemble=main", path)
            self.assertRegex(text, r"<main>:\n[^\n]*endbr64")

    def test_no_place_of_the_build_is_in_them(self):
        for path in PATHS.values():
            self.assertEqual([one for one in re.findall(rb"[ -~]{6,}", path.read_bytes()) if str(ROOT).encode() in one], [])


def kind_of_build():
    cache = BIN.parent / "CMakeCache.txt"
    if not cache.exists():
        return "one that is not known"
    settings = dict(re.findall(r"^(CMAKE_BUILD_TYPE|PROCPOOL_SANITIZE):\w+=(.*)$", cache.read_text(), re.MULTILINE))
    if settings.get("PROCPOOL_SANITIZE"):
        return "one with a sanitizer"
    return "one for the debugger" if settings.get("CMAKE_BUILD_TYPE") == "Debug" else ""


if __name__ == "__main__":
    if kind_of_build():
        print("skipped: this build is " + kind_of_build())
        sys.exit(77)
    for needed in ("readelf", "objdump"):
        if not shutil.which(needed):
            print(f"skipped: there is no {needed} here")
            sys.exit(77)
    unittest.main()
