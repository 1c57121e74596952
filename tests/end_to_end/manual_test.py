#!/usr/bin/env python3
"""The manual in config/man/ says all that there is, and nothing else.

    tests/end_to_end/manual_test.py

Options against --help, settings against the commented file, messages against the
descriptions of the protocols, and each page against the checks of mandoc and man, where
they are installed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/debug/bin")
PAGES = ROOT / "config/man"


def page(name):
    return (PAGES / name).read_text(encoding="utf-8")


def sections_of(text, macro="Sh"):
    """The text below each heading of this kind, by heading."""
    parts = re.split(rf"^\.{macro} (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def options_of(mdoc):
    """The options that a page describes, in the items of its lists."""
    items = "\n".join(line for line in mdoc.splitlines() if line.startswith(".It Fl"))
    return {"--" + name for name in re.findall(r"Fl Fl ([\w-]+)", items)} | {
        "-" + letter for letter in re.findall(r"Fl (\w)\b(?!\w)", items) if letter}


def options_in_help(text):
    """The options at the beginning of the lines of a --help."""
    heads = (re.match(r"\s+(-.*?)(?:\s{2,}|$)", line) for line in text.splitlines())
    return {name for head in heads if head for name in re.findall(r"(?<![\w-])--?[\w][\w-]*", head[1])}


def run(program, *arguments):
    return subprocess.run([BIN / program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True, timeout=60).stdout


def verbs():
    listed = run("procpool", "--help").split("Verbs:\n")[1].split("\n\n")[0]
    return [re.match(r"  ((?:pool |daemon )?[\w-]+)\s", line)[1] for line in listed.splitlines()]


def help_of(verb):
    return run("procpool", *verb.split(), "--help")


class Client(unittest.TestCase):
    def test_every_verb_is_in_the_page(self):
        described = re.findall(r"^\.It Cm ((?:pool |daemon )?[\w-]+)", sections_of(page("procpool.1"))["VERBS"],
                               re.MULTILINE)
        self.assertEqual(sorted(described), sorted(verbs()))

    def test_every_option_of_a_verb_is_where_the_page_describes_that_verb(self):
        parts = sections_of(sections_of(page("procpool.1"))["OPTIONS"], "Ss")
        for verb in verbs():
            if verb == "help":
                continue
            with self.subTest(verb=verb):
                described = set()
                for heading, text in parts.items():
                    of_whom = heading.removeprefix("Of ").split(":")[0]
                    is_map = verb in ("map", "imap", "imap_unordered", "starmap")
                    if of_whom in ("every verb", verb) or re.search(rf"(^|[ ,]){verb}( |,|$)", of_whom) or (
                            is_map and "the maps" in of_whom):
                        described |= options_of(text)
                self.assertEqual(options_in_help(help_of(verb)) - described, set())

    def test_the_page_has_no_option_that_is_not_there(self):
        there = set().union(*(options_in_help(help_of(verb)) for verb in verbs() if verb != "help"))
        self.assertEqual(options_of(sections_of(page("procpool.1"))["OPTIONS"]) - there, set())

    def test_the_exit_statuses_are_those_of_the_help(self):
        told = run("procpool", "--help").split("Exit status:\n")[1]
        described = sections_of(page("procpool.1"))["EXIT STATUS"]
        self.assertEqual(re.findall(r"^  (\d+)(?: (\d+))?", told, re.MULTILINE),
                         re.findall(r"^\.It (\d+)(?: , (\d+))?", described, re.MULTILINE))


class Daemon(unittest.TestCase):
    def test_the_options_are_those_of_the_help(self):
        self.assertEqual(options_of(page("procpoold.8")), options_in_help(run("procpoold", "--help")))


class Settings(unittest.TestCase):
    COMMENTED = (ROOT / "config/procpoold.toml").read_text(encoding="utf-8")

    def described(self, section):
        """The keys, each with the text below it."""
        parts = re.split(r"^\.It Ic (\w+) No =.*$", sections_of(page("procpoold.toml.5"))[section],
                         flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2]))

    def test_every_setting_of_the_daemon_is_there_with_its_default(self):
        described = {**self.described("THE DAEMON"), **self.described("LOG"), **self.described("ACCESS"), **self.described("LIMITS")}
        settings = dict(re.findall(r"^#(\w+) = (.*)$", self.COMMENTED, re.MULTILINE))
        self.assertEqual(sorted(described), sorted(settings))
        for key, text in described.items():
            with self.subTest(setting=key):
                default = re.search(r"Default:\s+(?:\.Qq )?(.+?) ?\.\n", text)
                self.assertIsNotNone(default)
                self.assertEqual(default[1], settings[key].strip('"'))

    def test_every_setting_of_a_pool_is_there(self):
        keys = re.findall(r"^#     (\w+) = ", self.COMMENTED.split("The keys of a pool:")[1].split("For example:")[0],
                          re.MULTILINE)
        self.assertEqual(sorted(self.described("POOLS")), sorted(keys))


class Protocols(unittest.TestCase):
    INTERFACE = re.sub("#.*", "", (ROOT / "common/protocol/io.procpool.varlink").read_text(encoding="utf-8"))

    def items_of(self, section, macro):
        return re.findall(rf"^\.It {macro} (\w+)", sections_of(page("procpool-protocol.7"))[section], re.MULTILINE)

    def test_every_method_is_there_with_its_parameters(self):
        text = sections_of(page("procpool-protocol.7"))["METHODS"]
        described = {}
        for line in re.findall(r"^\.It Ic (\w+) Ns (.*)$", text, re.MULTILINE):
            described[line[0]] = [re.findall(r"\w+", re.sub(r"\b(Ns|No|Ar)\b", "", side)) for side in line[1].split("->")]
        methods = {name: [re.findall(r"(\w+):", side) for side in sides]
                   for name, *sides in re.findall(r"^method (\w+)(.*)->(.*)$", self.INTERFACE, re.MULTILINE)}
        self.assertEqual(described, methods)

    def test_every_type_is_there_with_its_members(self):
        parts = re.split(r"^\.It Ic (\w+)$", sections_of(page("procpool-protocol.7"))["TYPES"], flags=re.MULTILINE)
        described = dict(zip(parts[1::2], parts[2::2]))
        types = dict(re.findall(r"^type (\w+) \((.*?)\)", self.INTERFACE, re.MULTILINE | re.DOTALL))
        self.assertEqual(sorted(described), sorted(types))
        for name, members in types.items():
            with self.subTest(type=name):
                for member in re.findall(r"\w+(?=:)", members) or re.findall(r"\w+", members):
                    self.assertRegex(described[name], rf"\b{member.removesuffix('_base64')}\b")

    def test_every_error_is_there(self):
        self.assertEqual(sorted(self.items_of("ERROR REPLIES", "Er")),
                         sorted(re.findall(r"^error (\w+)", self.INTERFACE, re.MULTILINE)))

    def test_every_member_of_a_message_of_workers_is_there(self):
        told = (ROOT / "common/protocol/worker.md").read_text(encoding="utf-8")
        described = page("procpool-worker-protocol.7").replace(r"\(dq", '"')
        for member in set(re.findall(r'"(\w+)":', told)):
            self.assertRegex(described, rf"\b{member}\b")

    def test_the_messages_in_the_pages_are_json(self):
        count = 0
        for name in ("procpool-protocol.7", "procpool-worker-protocol.7"):
            for display in re.findall(r"^\.Bd -literal\n(\{.*?)^\.Ed", page(name), re.MULTILINE | re.DOTALL):
                text = display.replace("{...}", "{}").replace("[...]", "[]")
                while text.strip():
                    _, end = json.JSONDecoder().raw_decode(text)
                    text = text[end:].lstrip()
                    count += 1
        self.assertGreater(count, 10)


class Form(unittest.TestCase):
    NAMES = sorted(path.name for path in PAGES.iterdir())

    def test_the_pages_refer_to_pages_that_are_there(self):
        for name in self.NAMES:
            for title, section in re.findall(r"^\.Xr (procpool\S*) (\d)", page(name), re.MULTILINE):
                self.assertIn(f"{title}.{section}", self.NAMES, f"{name} refers to it")

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_mandoc_has_nothing_to_say(self):
        done = subprocess.run(["mandoc", "-Tlint", *(PAGES / name for name in self.NAMES)], capture_output=True,
                              text=True, timeout=60)
        # What else is installed here says nothing about the pages.
        said = [line for line in done.stdout.splitlines() if "referenced manual not found" not in line]
        self.assertEqual(said, [])

    @unittest.skipUnless(shutil.which("man") and shutil.which("groff"), "man and groff are not installed")
    def test_man_warns_of_nothing(self):
        for name in self.NAMES:
            with self.subTest(page=name):
                done = subprocess.run(["man", "--warnings=w", "-l", PAGES / name], capture_output=True, text=True,
                                      timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("SEE ALSO", re.sub(".\b", "", done.stdout))


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=0))
