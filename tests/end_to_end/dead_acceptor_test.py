#!/usr/bin/env python3
"""What becomes of the daemon when accept(2) fails: it goes on if that may pass, else it says so and ends.

    tests/end_to_end/dead_acceptor_test.py

That descriptors run out is told in test_descriptors.cpp.
"""

import errno
import json
import mmap
import os
import socket
import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import BIN, PATIENCE, SETTINGS, Manager, wait_until  # noqa: E402

FAULTS = Path(os.environ.get("PROCPOOL_LIB_DIR") or BIN.parent / "lib") / "libfaults.so"
HELD = ("apply", "--raw", "--", "sh", "-c", "echo on >on; until [ -e go ]; do sleep 0.02; done; echo done")


def is_sanitized():
    linked = subprocess.run(["ldd", BIN / "procpoold"], capture_output=True, text=True, check=False).stdout
    return any(name in linked for name in ("libasan", "libtsan", "libubsan"))


class FailingCalls:
    """The plan of tests/support/fault_plan.hpp."""

    LAYOUT = struct.Struct("=32sIiQQQQ32s")
    DESCRIPTOR = 1 << 8  # accept4 is the only one that an idle daemon makes when a client comes

    def __init__(self, directory):
        self.path = directory / "faults"
        self.path.write_bytes(bytes(self.LAYOUT.size))
        with open(self.path, "r+b") as file:
            self._page = mmap.mmap(file.fileno(), self.LAYOUT.size)
        self.arm(0, 0, 0)
        self.environment = {"LD_PRELOAD": str(FAULTS), "PROCPOOL_FAULTS": str(self.path)}

    def arm(self, number, first, last):
        self._page[:] = self.LAYOUT.pack(b"procpoold", self.DESCRIPTOR, number, first, last, 0, 0, b"")

    def met(self):
        """How many calls have failed, and the name of the last one."""
        fields = self.LAYOUT.unpack(self._page[:])
        return fields[6], fields[7].rstrip(b"\0").decode()


def listener(path):
    one = socket.socket(socket.AF_UNIX)
    one.bind(str(path))
    one.listen(16)
    return one


class DeadAcceptor(unittest.TestCase):
    def _held(self, manager):
        job = manager.client(*HELD)
        self.assertTrue(wait_until((manager.directory / "on").exists))
        return job

    def _ends_in_order(self, manager, job, why):
        """It says why, lets the job end that runs, and ends with a status that starts it again."""
        stopping = manager.wait_for("STOPPING=1")
        self.assertIn("1 job is open, 1 task runs", stopping["STATUS"])
        self.assertIn(f"the daemon ends, because nobody accepts connections any more: cannot accept connections: {why}",
                      manager.log())
        (manager.directory / "go").touch()
        out, err = job.communicate(timeout=PATIENCE)
        self.assertEqual((job.returncode, out), (0, "done\n"), err)
        self.assertEqual(manager.daemon.wait(PATIENCE), 1, manager.log())
        manager.hear_the_rest()
        self.assertRegex(manager.messages[-1]["STATUS"], f"the daemon broke down: nobody accepts .*: {why}")
        self.assertEqual(manager.order(), ["READY", "STOPPING"])

    def test_socket_that_was_shut_down(self):
        for names in (["socket"], ["socket", "second"]):
            manager = Manager(self)
            sockets = [listener(manager.directory / name) for name in names]
            manager.start(passed=sockets)
            job = self._held(manager)
            sockets[-1].shutdown(socket.SHUT_RDWR)
            self._ends_in_order(manager, job, "the socket was shut down")
            for one in sockets:
                one.close()

    def test_busy_with_nothing_it_does_not_spin(self):
        """A daemon whose acceptor is dead and that waits for a job uses no CPU time."""
        manager = Manager(self)
        passed = listener(manager.socket_path)
        self.addCleanup(passed.close)
        manager.start(passed=[passed])
        job = self._held(manager)
        passed.shutdown(socket.SHUT_RDWR)
        manager.wait_for("STOPPING=1")
        before = self._cpu_ticks(manager)
        self.assertEqual(subprocess.run(["sleep", "1"], check=False).returncode, 0)
        self.assertLess(self._cpu_ticks(manager) - before, 50)
        (manager.directory / "go").touch()
        job.communicate(timeout=PATIENCE)
        self.assertEqual(manager.daemon.wait(PATIENCE), 1)

    @staticmethod
    def _cpu_ticks(manager):
        fields = Path(f"/proc/{manager.daemon.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def _with_faults(self):
        if not FAULTS.exists() or is_sanitized():
            self.skipTest("calls cannot be made to fail here")
        manager = Manager(self, SETTINGS)
        calls = FailingCalls(manager.directory)
        manager.start(**calls.environment)
        manager.say("apply", "--", "true")
        return manager, calls

    def test_connection_that_is_gone_before_it_is_accepted_is_nobody_elses_trouble(self):
        for number in (errno.ECONNABORTED, errno.EINTR, errno.EPROTO, errno.EPERM):
            manager, calls = self._with_faults()
            calls.arm(number, 1, 3)
            self.assertEqual(manager.say("apply", "--raw", "--", "echo", "on"), "on")
            self.assertEqual(calls.met(), (3, "accept4"))
            self.assertEqual(manager.stop(), 0)

    def test_want_of_room_is_waited_for_and_told(self):
        for number in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
            manager, calls = self._with_faults()
            calls.arm(number, 1, 3)
            status = json.loads(manager.say("--json", "daemon", "status"))
            refused = [limit["refused"] for limit in status["limits"] if limit["name"] == "descriptors"]
            self.assertEqual(refused, [3])
            self.assertEqual(manager.log().count("cannot accept connections for the moment"), 1)
            self.assertEqual(manager.stop(), 0)

    def test_descriptor_that_is_no_socket_any_more(self):
        for number, why in ((errno.EBADF, "Bad file descriptor"), (errno.ENOTSOCK, "Socket operation on non-socket")):
            manager, calls = self._with_faults()
            job = self._held(manager)
            calls.arm(number, 1, 1)
            late = socket.socket(socket.AF_UNIX)
            self.addCleanup(late.close)
            late.connect(str(manager.socket_path))
            self._ends_in_order(manager, job, why)


if __name__ == "__main__":
    unittest.main()
