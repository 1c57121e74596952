#!/usr/bin/env python3
"""What the client writes where: results to standard output, everything else to standard error, and escape
sequences only to a terminal that is to have them.

    tests/end_to_end/terminal_test.py [UNITTEST ARGUMENT...]
"""

import os
import pty
import re
import subprocess
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import PATIENCE, SETTINGS, Manager  # noqa: E402

TASKS = "def square(x):\n    return x * x\ndef fail(x):\n    raise ValueError(x)\n"
ESCAPE = b"\x1b"

# Each prints the same however often it is said.
CONSTANT = (["apply", "square", "12"], ["map", "square", ":::", "1", "2", "3"], ["imap", "square", ":::", "1", "2"],
            ["map", "fail", ":::", "1", "2"], ["apply", "fail", "x"], ["map", "--raw", "--", "echo", "a b", ":::", "1", "2"],
            ["apply", "--", "sh", "-c", "echo out; echo err >&2; exit 3"], ["run", "--", "printf", "a\\tb"],
            ["map", "--progress", "square", ":::", "1", "2"], ["functions"],
            ["--json", "functions"], ["introspect"], ["--help"], ["help", "map"], ["--version"], ["no-such-verb"],
            ["daemon", "config"], ["get", "99"], ["pool", "show", "nobody"])
# In these ids, ages and process numbers differ.
VARYING = (["jobs"], ["--json", "jobs"], ["pool", "list"], ["pool", "show", "py"], ["--json", "pool", "list"],
           ["daemon", "status"], ["--json", "daemon", "status"], ["daemon", "status", "-v"],
           ["apply", "--records", "square", "1"], ["show", "1"], ["--json", "show", "1"])


def all_of(descriptor):
    said = b""
    while True:
        try:
            more = os.read(descriptor, 65536)
        except OSError:  # nobody has the terminal open any more
            return said
        if not more:
            return said
        said += more


class Terminals(unittest.TestCase):
    def setUp(self):
        self.manager = Manager(self, SETTINGS + "[pools.py]\nkind = 'python'\nmodule = 'tasks.py'\nworkers = 1\n")
        (self.manager.directory / "tasks.py").write_text(TASKS)
        self.manager.start()
        self.manager.say("apply", "--async", "--name", "odd \x1b[31mname\nin two lines", "--", "true")

    def said(self, words, terminals=(), **environment):
        """Standard output and standard error of the client; those in `terminals` (1, 2) are terminals."""
        ends = {number: pty.openpty() if number in terminals else os.pipe() for number in (1, 2)}
        heard = {}
        readers = [threading.Thread(target=lambda n=number: heard.update({n: all_of(ends[n][0])})) for number in ends]
        client = subprocess.Popen(["procpool", "--no-autostart", *words], cwd=self.manager.directory,
                                  env={**self.manager.environment, "TERM": "xterm-256color", **environment},
                                  stdin=subprocess.DEVNULL, stdout=ends[1][1], stderr=ends[2][1])
        for number in ends:
            os.close(ends[number][1])
        for reader in readers:
            reader.start()
        client.wait(PATIENCE)
        for reader in readers:
            reader.join(PATIENCE)
        for number in ends:
            os.close(ends[number][0])
        return heard[1], heard[2]

    def test_standard_output_is_the_same_whether_errors_go_to_a_terminal_or_not(self):
        for words in (*CONSTANT, *VARYING):
            with self.subTest(words=words):
                plain, _ = self.said(words)
                at_terminal, _ = self.said(words, terminals=[2])
                if words in VARYING:
                    plain, at_terminal = (re.sub(rb"[\d.]+(e-\d+)?|  +|-(?=-)", b"", one) for one in (plain, at_terminal))
                self.assertEqual(at_terminal, plain)

    def test_without_a_terminal_nothing_is_an_escape_sequence(self):
        for words in (*CONSTANT, *VARYING):
            for said in self.said(words):
                self.assertNotIn(ESCAPE, said, words)

    def test_no_color_and_a_dumb_terminal_have_no_escape_sequence_in_anything(self):
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            for words in (*CONSTANT, *VARYING, ["map", "--progress", "--", "sleep", "0.2", ":::", "1", "2", "3"]):
                for said in self.said(words, terminals=[1, 2], **environment):
                    self.assertNotIn(ESCAPE, said, (words, environment))

    def test_colour_is_for_terminals_unless_it_is_asked_for(self):
        table, error = ["pool", "list"], ["no-such-verb"]
        self.assertIn(ESCAPE, self.said(table, terminals=[1])[0])
        self.assertIn(ESCAPE, self.said(error, terminals=[2])[1])
        self.assertNotIn(ESCAPE, self.said(table, terminals=[2])[0])
        self.assertNotIn(ESCAPE, self.said(error, terminals=[1])[1])
        self.assertIn(ESCAPE, self.said(table, terminals=[1], NO_COLOR="")[0])
        self.assertIn(ESCAPE, self.said([*table, "--color", "always"], NO_COLOR="1")[0])
        self.assertNotIn(ESCAPE, self.said([*table, "--color", "never"], terminals=[1])[0])
        self.assertIn(ESCAPE, self.said(table, CLICOLOR_FORCE="1")[0])
        self.assertNotIn(ESCAPE, self.said(table, CLICOLOR_FORCE="0")[0])
        self.assertNotIn(ESCAPE, self.said(table, CLICOLOR_FORCE="1", NO_COLOR="1")[0])

    def test_a_bar_is_on_a_terminal_alone_and_leaves_nothing_behind(self):
        slow = ["map", "--", "sh", "-c", "sleep 0.4; :", ":::", *map(str, range(10))]
        _, bar = self.said(slow, terminals=[2])
        self.assertRegex(bar, rb"\[=*>? *\] \d+/10 .*/s")
        self.assertRegex(bar, rb"\r +\r$")
        self.assertNotIn(b"\n", bar)
        self.assertEqual(self.said(slow)[1], b"")
        self.assertEqual(self.said([*slow[:1], "--no-progress", *slow[1:]], terminals=[2])[1], b"")
        self.assertEqual(self.said([*slow[:1], "--quiet", *slow[1:]], terminals=[2])[1], b"")

    def test_who_asks_for_progress_without_a_terminal_has_lines(self):
        words = ["map", "--progress", "square", ":::", "1", "2", "3"]
        out, lines = self.said(words)
        self.assertEqual(out, b"[1,4,9]\n")
        self.assertRegex(lines, rb"^procpool: 3/3  [\d.]+/s\n$")
        self.assertRegex(self.said(words, terminals=[2], TERM="dumb")[1], rb"^procpool: 3/3  [\d.]+/s\r\n$")
        self.assertEqual(self.said(["--quiet", *words])[1], b"")
        _, lines = self.said(["map", "--progress", "fail", ":::", "1", "2"])
        self.assertRegex(lines, rb"(?s)task 0 failed.*task 1 failed.*\nprocpool: 2/2  [\d.]+/s\n$")


if __name__ == "__main__":
    unittest.main()
