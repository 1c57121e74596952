#!/usr/bin/env python3
"""Runs every example of README.md and compares what it prints.

    tests/end_to_end/readme_test.py [FILE.md]

What is run, in order, by one shell in one empty directory with a daemon of its own:

  * A fenced block marked `console`: each line "$ COMMAND" is run, and what follows up to
    the next one is what it must print, standard output and error together. A line
    "> ..." continues the command above it. In the expected text `...` stands for
    anything within a line, and a line that is only `...` for any number of lines.
  * Any fenced block behind a line <!-- file: NAME --> is written to that file.

Every other block is for reading only. $REPO is the root of the repository.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/debug/bin")
PATIENCE = 120  # [s] for one example, and for the daemon to start or stop
MARK = "== the end of the command:"
FILE_MARKER = re.compile(r"<!-- file: (\S+) -->")


def fenced_blocks(text):
    """(number of the first line inside, language, file name or None, lines) of each block."""
    language = name = None
    inside = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            if language is None:
                language, start, inside = line[3:].strip(), number + 1, []
            else:
                yield start, language, name, inside
                language = name = None
        elif language is not None:
            inside.append(line)
        elif line.strip():
            marker = FILE_MARKER.fullmatch(line.strip())
            name = marker[1] if marker else None


def examples_in(start, lines):
    """(line number, command, expected lines) of each command of a console block."""
    examples = []
    for number, line in enumerate(lines, start):
        if line.startswith("$ "):
            examples.append((number, line[2:], []))
        elif not examples:
            raise ValueError(f"line {number}: a console block begins with a command")
        elif line.startswith("> ") and not examples[-1][2]:
            number, command, expected = examples[-1]
            examples[-1] = (number, command + "\n" + line[2:], expected)
        else:
            examples[-1][2].append(line.rstrip())
    return examples


def is_like(expected, printed):
    """Both are lists of lines; `...` in the expected ones is the wildcard."""
    pattern = ""
    for line in expected:
        words = [re.escape(word) for word in line.split("...")]
        pattern += r"(.*\n)*" if line == "..." else ".*".join(words) + r"\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


class Shell:
    """One bash for all examples, so that variables last from one to the next."""

    def __init__(self, directory, environment):
        self._bash = subprocess.Popen(["bash", "--norc"], cwd=directory, env=environment, start_new_session=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, command):
        """The lines that it prints."""
        self._bash.stdin.write(f"{{ {command}\n}} </dev/null 2>&1\necho '{MARK}'\n".encode())
        self._bash.stdin.flush()
        said = b""
        deadline = time.monotonic() + PATIENCE
        while not said.endswith(f"{MARK}\n".encode()):
            if not select.select([self._bash.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"not done after {PATIENCE} s; so far it printed: {said.decode(errors='replace')}")
            more = os.read(self._bash.stdout.fileno(), 65536)
            if not more:
                raise EOFError("the shell has ended")
            said += more
        text = said.decode(errors="replace").removesuffix(MARK + "\n")
        return [line.rstrip() for line in text.splitlines()]

    def end(self):
        self._bash.stdin.close()
        try:
            os.killpg(self._bash.pid, signal.SIGKILL)  # a command that hangs goes with it
        except ProcessLookupError:
            pass
        self._bash.wait()
        self._bash.stdout.close()


class Daemon:
    def __init__(self, directory, environment):
        self._log = open(directory / "daemon.log", "w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen([BIN / "procpoold", "--state-dir", directory / "state"], cwd=directory,
                                         env=environment, stdin=subprocess.DEVNULL, stderr=self._log)
        deadline = time.monotonic() + PATIENCE
        while "ready" not in self.log():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the daemon did not start:\n" + self.log())
            time.sleep(0.02)

    def log(self):
        self._log.seek(0)
        return self._log.read()

    def end(self):
        """Its exit status."""
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._log.close()


def run_example(shell, name, example):
    """What is wrong with it, or None."""
    number, command, expected = example
    try:
        printed = shell.run(command)
    except (TimeoutError, EOFError, BrokenPipeError) as problem:
        raise RuntimeError(f"{name}:{number}: $ {command}\n{problem}") from None
    if is_like(expected, printed):
        return None
    said, wanted = ("".join(f"    {line}\n" for line in lines) for lines in (printed, expected))
    return f"{name}:{number}: $ {command}\n  printed\n{said}  instead of\n{wanted}"


def run_file(path, shell, directory):
    """The number of examples, and what is wrong with them."""
    count, wrong = 0, []
    for start, language, name, lines in fenced_blocks(path.read_text(encoding="utf-8")):
        if name:
            (directory / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        elif language == "console":
            for example in examples_in(start, lines):
                count += 1
                wrong += filter(None, [run_example(shell, path.name, example)])
    return count, wrong


def environment_in(directory):
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TERM", "LD_LIBRARY_PATH", "ASAN_OPTIONS",
                                                "UBSAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
    return {**kept, "PATH": f"{BIN}:{kept.get('PATH', '/usr/bin:/bin')}", "HOME": str(directory / "home"),
            "PROCPOOL_SOCKET": str(directory / "socket"), "REPO": str(ROOT), "LC_ALL": "C.UTF-8"}


def main():
    for needed in ("jq", "c++"):
        if not shutil.which(needed):
            print(f"skipped: {needed} is not installed")
            return 77
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "README.md"
    with tempfile.TemporaryDirectory(prefix="procpool-readme-") as name:
        directory = Path(name)
        work = directory / "work"
        work.mkdir()
        environment = environment_in(directory)
        daemon = Daemon(directory, environment)
        shell = Shell(work, environment)
        try:
            count, wrong = run_file(path, shell, work)
        except RuntimeError as problem:
            count, wrong = 1, [f"{problem}\nThe daemon's log:\n{daemon.log()}"]
        finally:
            shell.end()
            status = daemon.end()
    if status != 0:
        wrong.append(f"the daemon ended with status {status}")
    if count == 0:
        wrong.append("there is no example")
    print("\n".join(wrong) if wrong else f"{count} examples print what they say")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
