#!/usr/bin/env python3
"""Holds the house to its plan: who may include whom, no rings, no long files.

    tests/layers/check.py [ROOT]      exit status 0, or 1 with one line per violation

A room is a folder of the table below, with its subfolders that are not rooms
themselves. A component is a header and the source file of the same name.
"""

import os
import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path

MAX_LINES = 400

# Headers for libraries of others: they are installed together, and find each other as neighbours.
PUBLIC = "common/native/"

# Each room, and what else it may include: rooms, or single headers by pattern.
COMMON = ["common", "common/os", "common/json", "common/job", "common/protocol"]
ROOMS = {
    "common": [],
    # What it sets for a child is plain data, which the rooms above know as well.
    "common/os": ["common", "common/job/process_limits.hpp"],
    "common/json": ["common"],
    "common/job": ["common", "common/json"],
    "common/protocol": ["common", "common/json", "common/job"],
    "config": COMMON,
    "client": COMMON + ["config"],
    "daemon/scheduler": ["common", "common/job"],
    "daemon/worker": COMMON,
    "daemon/log": COMMON,
    "daemon/io": COMMON + ["daemon/log"],
    "daemon/service_manager": COMMON + ["daemon/log", "daemon/io"],
    "daemon/store": COMMON + ["daemon/log", "daemon/io"],
    "daemon/pool": COMMON + ["daemon/log", "daemon/io"],
    "daemon/callbacks": COMMON + ["daemon/log", "daemon/io"],
    "daemon/verbs": COMMON + ["config", "daemon/log", "daemon/io"],
    "daemon/session": COMMON + ["config", "daemon/log", "daemon/io", "daemon/verbs"],
    # The one place where scheduler, pools and store meet. It offers what the verbs
    # ask for, so it knows their interface, and nothing else of them.
    "daemon/flow": COMMON + ["config", "daemon/log", "daemon/io", "daemon/scheduler", "daemon/pool",
                             "daemon/store", "daemon/callbacks", "daemon/verbs/*_service.hpp"],
    # main, app and their like: they compose.
    "daemon": COMMON + ["config", "daemon/log", "daemon/io", "daemon/service_manager", "daemon/scheduler",
                        "daemon/pool", "daemon/store", "daemon/callbacks", "daemon/verbs", "daemon/session",
                        "daemon/flow"],
}

# Each library that not everybody may see: its headers, the only files that may, and
# the exceptions among those. A * in a pattern stands for slashes too.
LIBRARIES = [
    ("asio", ["asio.hpp", "asio/*"],
     ["daemon/*"], ["daemon/scheduler/*", "daemon/worker/*"]),
    ("spdlog", ["spdlog/*"],
     ["daemon/*"], ["daemon/scheduler/*", "daemon/worker/*"]),
    ("CLI11", ["CLI/*"],
     ["daemon/main.cpp", "daemon/command_line.[ch]pp"], []),
    ("nlohmann_json", ["nlohmann/*"],
     ["common/json/*.cpp", "config/*.cpp", "client/print*.cpp", "*codec*.cpp", "*_message*.cpp",
      "client/*json*.cpp", "daemon/worker/*json*.cpp"], ["daemon/scheduler/*"]),
    ("toml++", ["toml++/*", "toml.hpp"], ["config/*.cpp"], []),
    ("SQLite", ["sqlite3.h"], ["daemon/store/*"], []),
    ("libsystemd", ["systemd/*"], ["daemon/*"], ["daemon/scheduler/*", "daemon/worker/*"]),
    ("doctest", ["doctest/*"], [], []),
]

CODE = ("common", "config", "daemon", "client")
SOURCE_SUFFIXES = {".hpp", ".cpp", ".h", ".c"}
TEXT_SUFFIXES = SOURCE_SUFFIXES | {".py", ".sh", ".cmake", ".in"}
NOT_OURS = {"build", "__pycache__"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def files_below(root):
    """Every file of the house, as a sorted list of paths relative to the root."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_OURS and name != ".git"]
        found += [Path(folder, name).relative_to(root).as_posix() for name in names]
    return sorted(found)


def matches(path, patterns):
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def room_of(path):
    """The innermost room that the file is in, or None."""
    folder = os.path.dirname(path)
    while folder and folder not in ROOMS:
        folder = os.path.dirname(folder)
    return folder or None


def component_of(path):
    return os.path.splitext(path)[0]


def is_script(path):
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def long_files(root, files):
    for path in files:
        suffix = os.path.splitext(path)[1]
        if suffix not in TEXT_SUFFIXES and os.path.basename(path) != "CMakeLists.txt":
            if suffix or not is_script(root / path):
                continue
        lines = (root / path).read_bytes().count(b"\n")
        if lines > MAX_LINES:
            yield f"{path}: {lines} lines, the limit is {MAX_LINES}: look for the second concept in it"


def includes_of(root, sources):
    """(file, line number, header, is one of ours) of every include."""
    for path in sources:
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        for found in INCLUDE.finditer(text):
            header = found[2]
            ours = found[1] == '"' or header.split("/")[0] in CODE
            yield path, text.count("\n", 0, found.start()) + 1, header, ours


def forbidden_room(path, header):
    """Why the file may not include this header of ours, or None."""
    here, there = room_of(path), room_of(header)
    if here is None or there is None:
        return "belongs to no room of the table"
    if here == there or there in ROOMS[here] or matches(header, ROOMS[here]):
        return None
    return f"{here} may not use {there}"


def forbidden_library(path, header):
    """Why the file may not include this header of others, or None."""
    for library, headers, allowed, but_not in LIBRARIES:
        if matches(header, headers) and (not matches(path, allowed) or matches(path, but_not)):
            return f"{library} is not for this file"
    return None


def forbidden_includes(root, includes):
    for path, line, header, ours in includes:
        if not ours:
            reason = forbidden_library(path, header)
        elif path.startswith(PUBLIC) and (root / PUBLIC / header).is_file():
            continue
        elif not (root / header).is_file() and not (root / (header + ".in")).is_file():
            reason = "is no path from the root of the repository"
        elif header.endswith(".cpp"):
            reason = "is no header"
        else:
            reason = forbidden_room(path, header)
        if reason:
            yield f"{path}:{line}: includes {header}: {reason}"


def rings(graph):
    """One ring per group of nodes that reach each other, as lists of nodes."""
    order, low, stack, groups = {}, {}, [], []

    def visit(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        for neighbour in sorted(graph.get(node, ())):
            if neighbour not in order:
                visit(neighbour)
                low[node] = min(low[node], low[neighbour])
            elif neighbour in stack:
                low[node] = min(low[node], order[neighbour])
        if low[node] == order[node]:
            group = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(group) > 1:
                groups.append(group)

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return [one_ring(graph, set(group)) for group in groups]


def one_ring(graph, group):
    """A shortest way from the group's first node back to itself."""
    start = min(group)
    ways = [[start]]
    seen = set()
    for way in ways:
        for neighbour in sorted(graph[way[-1]] & group):
            if neighbour == start:
                return way + [start]
            if neighbour not in seen:
                seen.add(neighbour)
                ways.append(way + [neighbour])
    raise AssertionError("a group of nodes that reach each other has a ring")


def graph_of(includes, name):
    """Who includes whom, by the name that each file goes under."""
    graph = {}
    for path, _, header, ours in includes:
        if ours and name(path) and name(header) and name(path) != name(header):
            graph.setdefault(name(path), set()).add(name(header))
    return graph


def violations(root):
    root = Path(root)
    files = files_below(root)
    sources = [path for path in files
               if path.split("/")[0] in CODE and os.path.splitext(path)[1] in SOURCE_SUFFIXES]
    includes = list(includes_of(root, sources))
    between_rooms = [include for include in includes if not fnmatchcase(include[2], "daemon/verbs/*_service.hpp")]
    yield from long_files(root, files)
    yield from forbidden_includes(root, includes)
    for ring in rings(graph_of(includes, component_of)):
        yield "ring of components: " + " -> ".join(ring)
    for ring in rings(graph_of(between_rooms, room_of)):
        yield "ring of rooms: " + " -> ".join(ring)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    found = list(violations(root))
    print("\n".join(found) if found else f"no ring, no forbidden include, no file past {MAX_LINES} lines")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
