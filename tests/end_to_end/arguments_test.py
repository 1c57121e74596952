#!/usr/bin/env python3
"""Arguments of commands arrive byte for byte, whatever they are: empty, options of ours, no UTF-8.

    tests/end_to_end/arguments_test.py        PROCPOOL_SEED=N repeats the choices of a run
"""

import os
import random
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import PATIENCE, SETTINGS, Manager  # noqa: E402

SEED = int(os.environ.get("PROCPOOL_SEED") or random.SystemRandom().randrange(1 << 32))
ROUNDS = 40
ODD = [b"", b"-", b"--", b"---", b"--help", b"-h", b"--version", b"--json", b"--socket", b"--socket=x", b"-q", b":::", b"\n", b" ",
       b"\\", b"'", b'"', b"$HOME", b"$(echo x)", b"`echo x`", b"*", b"%s%n", b"a=b", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x1b[31m",
       b"\x7f", bytes(range(1, 256)), b"\xe2\x80\xae", b"null", b"[1]", b'{"a":1}', b"@file", b"x" * 100_000]
PRINT = ["sh", "-c", 'printf "%s\\0" "$@"', "sh"]


class Arguments(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(SEED)
        self.manager = Manager(self, SETTINGS)
        self.manager.start()

    def words(self):
        def word():
            if self.random.random() < 0.6:
                return self.random.choice(ODD)
            return bytes(self.random.choices(range(1, 256), k=self.random.randrange(20)))
        return [word() for _ in range(self.random.randrange(1, 9))]

    def client(self, *words, given=b""):
        done = subprocess.run(["procpool", "--no-autostart", *words], cwd=self.manager.directory, input=given,
                              env=self.manager.environment, capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""), f"PROCPOOL_SEED={SEED}")
        return done.stdout

    def check(self, before, words):
        printed = self.client(*before, "--", *PRINT, *words)
        self.assertEqual(printed, b"".join(word + b"\0" for word in words), f"PROCPOOL_SEED={SEED}")

    def test_those_of_run_and_apply_whatever_they_are(self):
        for _ in range(ROUNDS):
            words = self.words()
            self.check(["run"], words)
            self.check(["apply", "--raw"], words)

    def test_each_odd_one_alone(self):
        for word in ODD:
            self.check(["run"], [word])
            self.check(["apply", "--raw"], [word])

    def test_inputs_of_a_map_whatever_they_are(self):
        for _ in range(5):
            inputs = [word for _ in range(5) for word in self.words()]
            printed = self.client("map", "-0", "--raw", "--", *PRINT, given=b"".join(word + b"\0" for word in inputs))
            self.assertEqual(printed, b"".join(word + b"\0" for word in inputs), f"PROCPOOL_SEED={SEED}")
            lines = [word for word in inputs if b"\n" not in word]
            printed = self.client("map", "--raw", "--", *PRINT, given=b"".join(word + b"\n" for word in lines))
            self.assertEqual(printed, b"".join(word + b"\0" for word in lines), f"PROCPOOL_SEED={SEED}")

    def test_a_command_may_have_an_odd_name(self):
        for name in (b"--help", b"-x", b"with space", b"new\nline", b"no\xffutf8", b":::", b"{}"):
            path = os.fsencode(self.manager.directory) + b"/" + name
            os.symlink("/bin/echo", path)
            for verb in (["run"], ["apply", "--raw"]):
                self.assertEqual(self.client(*verb, "--", b"./" + name, b"on"), b"on\n", name)

    def test_an_option_of_ours_behind_the_dashes_is_the_command_s(self):
        for name in ("--help", "--version", "--json", "--", "-q"):
            done = self.manager.run("run", "--", name)
            self.assertEqual(done.returncode, 127, done.stderr)
            self.assertIn(name, done.stderr)


if __name__ == "__main__":
    unittest.main()
