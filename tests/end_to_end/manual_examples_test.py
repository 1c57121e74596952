#!/usr/bin/env python3
"""Runs every example of the manual pages: each block of each section EXAMPLES has a test here.

    tests/end_to_end/manual_examples_test.py

Commands are run by bash as they stand on the page, in a directory with the files that they speak of, and with
stand-ins for programs of others. Only places of the system are moved into that directory.
"""

import grp
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
sys.path.insert(0, str(ROOT / "tests/support"))

from managed_daemon import BIN, PATIENCE, Manager  # noqa: E402

FLAC = """#!/bin/sh
[ "$1 $3" = "-s -o" ] && cp "$2" "$4" && echo "encoded $2"
"""
SOCAT = """#!/usr/bin/env python3
import os, shutil, socket, sys
talk = socket.socket(socket.AF_UNIX)
talk.connect(sys.argv[2].removeprefix("UNIX:"))
talk.sendall(sys.stdin.buffer.read())
talk.shutdown(socket.SHUT_WR)
shutil.copyfileobj(talk.makefile("rb"), sys.stdout.buffer)
"""
TASKS = "def square(x):\n    return x * x\n"


def blocks_of(page):
    """The displays in its section EXAMPLES, as they are shown."""
    text = (ROOT / "config/man" / page).read_text(encoding="utf-8")
    section = re.split(r"^\.Sh EXAMPLES$", text, flags=re.MULTILINE)[1].split("\n.Sh ")[0]
    blocks = re.findall(r"^\.Bd -literal\n(.*?)^\.Ed$", section, flags=re.MULTILINE | re.DOTALL)
    return [block.replace(r"\e", "\\").replace(r"\(dq", '"') for block in blocks]


class Examples(unittest.TestCase):
    def setUp(self):
        self.manager = Manager(self)
        self.directory = self.manager.directory

    def put(self, name, text, mode=0o644):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def shell(self, command):
        """What it prints; every command of it must end well."""
        path = f"{self.directory}/bin:{self.manager.environment['PATH']}"
        done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", command], cwd=self.directory,
                              stdin=subprocess.DEVNULL, env={**self.manager.environment, "PATH": path},
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_every_page_has_as_many_examples_as_are_run_here(self):
        run = {"procpool.1": 1, "procpoold.8": 1, "procpoold.toml.5": 1, "procpool-protocol.7": 2,
               "procpool-worker-protocol.7": 2}
        self.assertEqual({path.name: len(blocks_of(path.name)) for path in (ROOT / "config/man").iterdir()}, run)

    def test_client(self):
        self.manager.start()
        convert, count, rename, mirror, check, later, create, records = blocks_of("procpool.1")[0].splitlines()
        self.put("bin/flac", FLAC, 0o755)
        self.put("a song.wav", "la")
        self.put("b/c.wav", "lala")
        self.assertEqual(sorted(self.shell(convert).splitlines()), ["encoded ./a song.wav", "encoded ./b/c.wav"])
        self.assertEqual((self.directory / "b/c.flac").read_text(), "lala")
        self.put("one.txt", "1\n")
        self.put("two.txt", "1\n2\n")
        self.assertEqual([value["stdout"] for value in json.loads(self.shell(count))], ["1\n", "2\n"])
        self.put("it's.jpg", "")
        self.assertEqual(self.shell(rename), "mv 'it'\\''s.jpg' 'it'\\''s.jpeg'\n")
        self.put("bin/curl", "#!/bin/sh\ntest $2 != down && echo from $2\n", 0o755)
        self.put("mirrors", "down\nup\n" + "up\n" * 100)
        # One may have been running when the first had it: then its end is told as well.
        values = [json.loads(line) for line in self.shell(mirror).splitlines()]
        self.assertIn("from up\n", [value["stdout"] for value in values if value])
        self.put("check", "#!/bin/sh\nexit 1\n", 0o755)
        for name in "abc":
            self.put(f"{name}.xml", "")
        self.assertEqual(self.shell(f"{check} || echo $?").splitlines()[-1], "1")
        self.put("bin/make", "#!/bin/sh\necho made\n", 0o755)
        self.assertEqual(json.loads(self.shell(later).splitlines()[-1])["stdout"], "made\n")
        self.put("tasks.py", TASKS)
        self.shell(create)
        said = self.shell(f"set +e; {records}; true")
        self.assertEqual(sorted(said.splitlines()), ['[0,"succeeded"]', '[1,"failed"]'])

    def test_daemon(self):
        started, checked = blocks_of("procpoold.8")[0].splitlines()
        self.put("etc/procpoold.toml", (self.directory / "procpoold.toml").read_text())
        self.assertIn("procpoold.toml: good", self.shell(checked))
        moved = started.replace("/etc/procpool/", f"{self.directory}/etc/")
        moved = moved.replace("/run/procpool/", f"{self.directory}/run/")
        self.assertEqual(moved.count(str(self.directory)), 2)
        (self.directory / "run").mkdir(mode=0o700)
        daemon = subprocess.Popen(["bash", "-c", f"exec {moved}"], cwd=self.directory, stderr=subprocess.PIPE,
                                  text=True, env={**self.manager.environment, "XDG_STATE_HOME": f"{self.directory}/s"})
        try:
            self.assertTrue(any("ready on" in line for line in daemon.stderr))
            daemon.send_signal(signal.SIGTERM)
            daemon.stderr.read()
            self.assertEqual(daemon.wait(PATIENCE), 0)
        finally:
            daemon.kill()
            daemon.wait()
            daemon.stderr.close()

    def test_settings(self):
        group = grp.getgrgid(os.getgid()).gr_name
        self.put("example.toml", blocks_of("procpoold.toml.5")[0].replace('"builders"', json.dumps(group)))
        self.assertIn("good", self.shell("procpoold --check-config --config example.toml"))

    def test_calls_by_hand(self):
        self.manager.start()
        if not shutil.which("socat"):
            self.put("bin/socat", SOCAT, 0o755)
        by_hand, asked_later = blocks_of("procpool-protocol.7")
        self.assertIn("limits", json.loads(self.shell(by_hand))["parameters"])
        self.put("tasks.py", TASKS)
        self.shell("procpool pool create py --workers 1 --python tasks.py")
        submit, get = asked_later.rsplit("\n", 2)[:2]
        job = json.loads(self.shell(submit))["job"]
        self.assertIn('"job":7', get)
        replies = [json.loads(line) for line in self.shell(get.replace('"job":7', f'"job":{job}')).splitlines()]
        self.assertEqual([item for reply in replies for piece in reply["pieces"] for item in piece["values"]["items"]],
                         [1, 4, 9])

    def test_workers(self):
        if not shutil.which("jq"):
            self.skipTest("jq is not installed")
        self.manager.start()
        in_shell, in_python = blocks_of("procpool-worker-protocol.7")
        self.put("greet", in_shell, 0o755)
        self.put("shout", in_python, 0o755)
        self.shell("procpool pool create greet --workers 1 -- ./greet; procpool pool create shout --workers 1 -- ./shout")
        self.assertEqual(self.shell("procpool apply greet you; procpool apply shout hey"), '"hello you"\n"HEY!"\n')
        self.assertIn('"AttributeError"', self.shell("procpool apply --records shout 1 || true"))


if __name__ == "__main__":
    if not (BIN / "procpoold").exists():
        print("skipped: the programs are not built")
        sys.exit(77)
    sys.exit(unittest.main(verbosity=0))
