#!/usr/bin/env python3
"""Errors say what to do next: each is brought about, and what it advises is there.

    tests/end_to_end/advice_test.py
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/debug/bin")
sys.path.insert(0, str(ROOT / "tests/support"))

from managed_daemon import PATIENCE, SETTINGS, Manager  # noqa: E402

NOBODY = 65534


def procpool(path, *words, before=()):
    return subprocess.run([*before, BIN / "procpool", "--no-autostart", "--socket", str(path), *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False)


class OtherVersion:
    """A socket at which somebody answers GetInfo, and nothing else as we expect it."""

    def __init__(self, path, version, answer):
        self._answer = answer
        self._version = version
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            connection, _ = self._listening.accept()
            with connection:
                said = b""
                while more := connection.recv(65536):
                    said += more
                    while b"\0" in said:
                        call, said = said.split(b"\0", 1)
                        if call == b"end":
                            return
                        connection.sendall(json.dumps(self._reply(json.loads(call))).encode() + b"\0")

    def _reply(self, call):
        if call["method"] == "org.varlink.service.GetInfo":
            return {"parameters": {"vendor": "procpool", "product": "procpoold", "version": self._version,
                                   "url": "", "interfaces": []}}
        return self._answer(call)

    def end(self, path):
        with socket.socket(socket.AF_UNIX) as last:
            last.connect(str(path))
            last.sendall(b"end\0")
        self._thread.join(PATIENCE)
        self._listening.close()


class NoDaemon(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="procpool-advice-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.path = self.directory / "socket"

    def test_without_a_daemon_the_command_that_starts_one_is_named(self):
        done = procpool(self.path, "jobs")
        self.assertEqual(done.returncode, 125)
        self.assertIn(f"no daemon answers on {self.path}; start one with 'procpool --socket {self.path} daemon start'",
                      done.stderr)

    def test_a_socket_that_the_environment_names_need_not_be_named_again(self):
        done = subprocess.run([BIN / "procpool", "--no-autostart", "jobs"], env={"PROCPOOL_SOCKET": str(self.path)},
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertIn(f"no daemon answers on {self.path}; start one with 'procpool daemon start'", done.stderr)

    def served(self, version, answer):
        other = OtherVersion(self.path, version, answer)
        self.addCleanup(other.end, self.path)

    def test_daemon_of_another_version_is_named_when_it_does_not_know_a_method(self):
        self.served("99.1", lambda call: {"error": "org.varlink.service.MethodNotFound",
                                          "parameters": {"method": call["method"]}})
        done = procpool(self.path, "jobs")
        self.assertEqual(done.returncode, 125)
        self.assertRegex(done.stderr, r"MethodNotFound.*; the daemon on .*/socket is of version 99\.1 and this is "
                                      r"\d.*'procpool daemon drain'")

    def test_daemon_of_another_version_is_named_when_it_refuses_a_member_or_answers_strangely(self):
        for answer in ({"error": "org.varlink.service.InvalidParameter", "parameters": {"parameter": "spec.new"}},
                       {"strange": 1}):
            with self.subTest(answer=answer):
                self.served("0.0.1", lambda call: answer)  # pylint: disable=cell-var-from-loop
                self.assertIn("is of version 0.0.1 and this is", procpool(self.path, "jobs").stderr)
                self.doCleanups()
                self.setUp()

    def test_daemon_of_our_version_is_not_blamed(self):
        ours = subprocess.run([BIN / "procpool", "--version"], capture_output=True, text=True, check=True,
                              timeout=PATIENCE).stdout.split()[1]
        self.served(ours, lambda call: {"error": "org.varlink.service.MethodNotFound", "parameters": {"method": "x"}})
        self.assertNotIn("of version", procpool(self.path, "jobs").stderr)


class Daemon(unittest.TestCase):
    def start(self, settings=SETTINGS):
        manager = Manager(self, settings)
        manager.start()
        return manager

    def test_who_may_not_connect_hears_whom_the_socket_lets_in(self):
        if os.getuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("only root can be somebody else")
        probe = subprocess.run(["setpriv", f"--reuid={NOBODY}", BIN / "procpool", "--version"], capture_output=True,
                               check=False, timeout=PATIENCE)
        if probe.returncode != 0:
            self.skipTest(f"user {NOBODY} cannot run {BIN}/procpool")
        manager = self.start()
        path = manager.socket_path
        somebody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        manager.directory.chmod(0o755)
        done = procpool(path, "jobs", before=somebody)
        self.assertEqual(done.returncode, 125)
        self.assertRegex(done.stderr, f"cannot connect to '{path}': Permission denied; it lets in the user root; "
                                      "a daemon of your own starts with 'procpool --socket PATH'")
        os.chown(path, 0, 0)
        os.chmod(path, 0o660)
        self.assertIn("the user root and the group root: 'usermod -aG' and a new login",
                      procpool(path, "jobs", before=somebody).stderr)
        os.chmod(path, 0o666)
        self.assertRegex(procpool(path, "jobs", before=somebody).stderr,
                         f"user {NOBODY} may not use this daemon; .access. of its settings says who may, and "
                         "'procpool --socket PATH' starts one of your own")

    def test_broken_pool_names_what_mends_it(self):
        manager = self.start(SETTINGS.replace("[daemon]", "[daemon]\nstart_attempts = 1"))
        advice = "is broken: .*; mend that, then 'procpool pool recycle py'"
        module = manager.directory / "tasks.py"
        path = manager.socket_path
        done = procpool(path, "pool", "create", "py", "--workers", "1", "--python", str(module))
        self.assertEqual(done.returncode, 125)
        self.assertRegex(done.stderr, advice)
        done = procpool(path, "apply", "--pool", "py", "f")
        self.assertEqual(done.returncode, 125)
        self.assertRegex(done.stderr, advice)
        module.write_text("def f():\n    return 1\n")
        self.assertEqual(procpool(path, "pool", "recycle", "py").returncode, 0)
        self.assertEqual(procpool(path, "--json", "pool", "show", "py").returncode, 0)

    def test_full_queue_names_the_ways_around_it(self):
        path = self.start(SETTINGS + "[limits]\nqueued_tasks = 1\n").socket_path
        procpool(path, "pool", "pause", "default")
        self.assertEqual(procpool(path, "apply", "--async", "--", "true").returncode, 0)
        done = procpool(path, "apply", "--async", "--", "true")
        self.assertEqual(done.returncode, 125)
        self.assertRegex(done.stderr, r"1 task with \d+ bytes of inputs has not ended \(limits.queued_tasks is 1", done.stderr)
        self.assertIn("try again later, wait with --when-full wait, or raise them", done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=0))
