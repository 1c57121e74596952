#!/usr/bin/env python3
"""A daemon whose answer comes late: what the client does with what happens before.

    tests/end_to_end/late_answer_test.py
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/debug/bin")
sys.path.insert(0, str(ROOT / "tests/support"))

from managed_daemon import PATIENCE  # noqa: E402


def blocks(process, number):
    """Does it keep this signal for later?"""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    blocked = next(line for line in status.splitlines() if line.startswith("SigBlk:"))
    return int(blocked.split()[1], 16) >> (number - 1) & 1


class Conversation:
    """The daemon's end of one connection."""

    def __init__(self, listening):
        self._connection, _ = listening.accept()
        self._connection.settimeout(PATIENCE)

    def call(self):
        said = b""
        while not said.endswith(b"\0"):
            more = self._connection.recv(65536)
            if not more:
                return None
            said += more
        return json.loads(said[:-1])

    def reply(self, parameters, **more):
        self._connection.sendall(json.dumps({"parameters": parameters, **more}).encode() + b"\0")

    def close(self):
        self._connection.close()


class LateAnswer(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="procpool-late-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listening.close)
        self.listening.settimeout(PATIENCE)
        self.listening.bind(str(self.directory / "socket"))
        self.listening.listen()
        self.client = subprocess.Popen(
            [BIN / "procpool", "--no-autostart", "--socket", self.directory / "socket", "run", "--", "true"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.client.stderr.close)
        self.addCleanup(self.client.wait)
        self.addCleanup(self.client.kill)
        self.run_call = Conversation(self.listening)
        self.addCleanup(self.run_call.close)
        self.assertEqual(self.run_call.call()["method"], "io.procpool.Apply")
        deadline = time.monotonic() + PATIENCE
        while not blocks(self.client, signal.SIGINT):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_an_interrupt_is_for_the_command_that_may_have_begun(self):
        self.client.send_signal(signal.SIGINT)
        self.run_call.reply({"job": 7}, continues=True)
        relayed = Conversation(self.listening)
        self.addCleanup(relayed.close)
        told = relayed.call()
        self.assertEqual((told["method"], told["parameters"]),
                         ("io.procpool.SendSignal", {"job": 7, "signal": "INT"}))
        relayed.reply({"delivered": True})
        self.run_call.close()
        self.client.wait(PATIENCE)

    def test_without_an_answer_an_interrupt_ends_the_client(self):
        self.client.send_signal(signal.SIGINT)
        self.assertEqual(self.client.wait(PATIENCE), 130)


if __name__ == "__main__":
    unittest.main()
