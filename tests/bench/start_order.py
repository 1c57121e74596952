#!/usr/bin/env python3
"""Writes client/start_order.ld: what a start of the client runs, for the linker to put together.

    tests/bench/start_order.py      needs the release build, its procpoold, and valgrind

It looks at `run` and `apply` of a command. Functions of the C library that exist once for each
kind of processor are listed with all of their kin: the choice here is not that of other machines.
"""

import bisect
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

from harness.daemon import COMMANDS, Daemon
from harness.places import BIN, ROOT, install, output_of

ORDER = ROOT / "client/start_order.ld"
STARTS = (("run", "--", "true"), ("apply", "--", "true"))
LONGEST = 64
HEAD = """\
/* The functions that a start of the client runs stand together, so that it touches few pages.
   Made by tests/bench/start_order.py. A name that is not there is passed over: with another
   compiler or C library the program is as good, and starts a little later. */
SECTIONS
{
  .text.start : {
"""
TAIL = """\
  }
}
INSERT BEFORE .text;
"""
SECTION = re.compile(r"^ (\.\S+)?\s+0x([0-9a-f]{16})\s+0x([0-9a-f]+) (\S.*)$")
LONG_NAME = re.compile(r"^ (\.\S+)$")
MEMBER = re.compile(r".*/([^/]+\.a)\((.+)\)$")
OF_A_PROCESSOR = re.compile(r"(.+?)-(?:evex|avx|sse|ssse)\w*.*\.o$")


def link(directory):
    """The client once more, with a map of its sections; in no order, for valgrind knows .text only."""
    line = output_of(["ninja", "-C", BIN.parent, "-t", "commands", "procpool"]).splitlines()[-1]
    words = shlex.split(line.removeprefix(": && ").removesuffix(" && :"))
    words[words.index("-o") + 1] = directory / "procpool"
    words = [word for word in words if not str(word).startswith("-Wl,-T,")]
    output_of([*words, f"-Wl,-Map={directory / 'map'}"], cwd=BIN.parent)


def sections_in(text):
    """(address, size, name, file) of each piece of code, by address."""
    found, name = [], ""
    for line in text.splitlines():
        if match := LONG_NAME.match(line):
            name = match[1]
        elif match := SECTION.match(line):
            name = match[1] or name
            if name.startswith(".text") and int(match[2], 16) > 0 and int(match[3], 16) > 0:
                found.append((int(match[2], 16), int(match[3], 16), name, match[4].strip()))
    return sorted(found)


def addresses_run(directory, daemon, words):
    """Of the instructions of the client, as callgrind has seen them."""
    out = directory / "callgrind"
    output_of(["valgrind", "--tool=callgrind", "--dump-instr=yes", "--compress-pos=no", "--compress-strings=no",
               f"--callgrind-out-file={out}", directory / "procpool", *daemon.command(*words)[1:]],
              stdin=subprocess.DEVNULL)
    part = ""
    for line in out.read_text(encoding="utf-8").splitlines():
        if line.startswith("ob="):
            part = line
        elif line.startswith("0x") and part.endswith("/procpool"):
            yield int(line.split()[0], 16)


def pattern(section):
    """How a linker script names it. Long names are cut: what begins alike is for the same."""
    _, _, name, file = section
    if len(name) > LONGEST:
        name = name[:LONGEST] + "*"
    member = MEMBER.match(file)
    if not member:
        return f"*{Path(file).name}({name})"
    kin = OF_A_PROCESSOR.match(member[2])
    return f"*{member[1]}:{kin[1]}-*.o(.text .text.*)" if kin else f"*{member[1]}:{member[2]}({name})"


def main():
    install()
    run = set()
    with tempfile.TemporaryDirectory() as name, Daemon(COMMANDS) as daemon:
        directory = Path(name)
        link(directory)
        sections = sections_in((directory / "map").read_text(encoding="utf-8"))
        begins = [section[0] for section in sections]
        for words in STARTS:
            for address in addresses_run(directory, daemon, words):
                place = bisect.bisect(begins, address) - 1
                if place >= 0 and address < begins[place] + sections[place][1]:
                    run.add(place)
    patterns = dict.fromkeys(pattern(sections[place]) for place in sorted(run))
    ORDER.write_text(HEAD + "".join(f"    {line}\n" for line in patterns) + TAIL, encoding="utf-8")
    print(f"{len(patterns)} entries, {sum(sections[place][1] for place in run)} bytes, in {ORDER}")


if __name__ == "__main__":
    main()
