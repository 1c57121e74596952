#!/usr/bin/env python3
"""What control groups of version 2 do for a daemon that may divide its own.

    systemd-run --user --pipe --wait -p Delegate=yes tests/end_to_end/control_groups_test.py

Skipped where this process is not alone in a group that was delegated to it with the controllers `memory` and `pids`.
It makes two groups in its own: one for itself, and one that it delegates to the daemon.
"""

import ctypes
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
BIN = Path(os.environ.get("PROCPOOL_BIN_DIR") or ROOT / "build/debug/bin")
PATIENCE = 120  # [s]
MIB = 1 << 20

SETTINGS = f"""
[daemon]
stop_timeout = 0
kill_after = 1
[pools.default]
workers = 2
[pools.small]
workers = 1
memory = "64MiB"
processes = 12
[pools.py]
kind = "python"
workers = 2
module = "{ROOT}/tests/data/tasks.py"
memory = "64MiB"
processes = 12
"""

# What setrlimit does not count, so that only the control group is in its way.
SHARE = "import mmap; m = mmap.mmap(-1, 200 << 20); [m.write(bytes(1 << 20)) for _ in range(200)]; print('all of it')"
HOARD = "import time; x = bytearray(40 << 20); time.sleep(600)"
MANY = f"""
import os, subprocess, sys
many = [subprocess.Popen([sys.executable, "-c", {HOARD!r}]) for _ in range(4)]
os.wait()
for one in many:
    one.kill()
sys.exit(3)
"""
FORK = """
import os, signal, time
children = []
try:
    for _ in range(40):
        pid = os.fork()
        if pid == 0:
            time.sleep(600)
        children.append(pid)
except OSError as error:
    print(error.strerror)
print(len(children))
for pid in children:
    os.kill(pid, signal.SIGKILL)
"""


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


# ---- the place ----------------------------------------------------------------------


def group_of(pid):
    """Its path in the hierarchy."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        if line.startswith("0::/"):
            return line[3:]
    return None


def mount_point():
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        if " - cgroup2 " in line and fields[3] == "/" and group_of("self"):
            return fields[4]
    skip("there are no control groups of version 2 here")


def is_delegated(group):
    for name in ("user.delegate", "trusted.delegate"):
        try:
            if os.getxattr(group, name) == b"1":
                return True
        except OSError:
            pass
    return not Path("/run/systemd/system").exists()


class Place:
    """Our own group, divided."""

    def __init__(self):
        self._mount = mount_point()
        self.top = self.group(os.getpid())
        offered = (self.top / "cgroup.controllers").read_text().split()
        if not {"memory", "pids"} <= set(offered):
            skip(f"the controllers of our group {self.top} are '{' '.join(offered)}', without memory and pids")
        if not os.access(self.top, os.W_OK) or not is_delegated(self.top):
            skip(f"our group {self.top} is not delegated to us")
        if (self.top / "cgroup.procs").read_text().split() != [str(os.getpid())]:
            skip(f"others are in our group {self.top}")
        self.ours, self.daemons = self.top / "test", self.top / "service"
        self.ours.mkdir()
        self.daemons.mkdir()
        (self.ours / "cgroup.procs").write_text("0")
        (self.top / "cgroup.subtree_control").write_text("+memory +pids")
        os.setxattr(self.daemons, "user.delegate", b"1")

    def give_back(self):
        (self.top / "cgroup.subtree_control").write_text("-memory -pids")
        (self.top / "cgroup.procs").write_text("0")
        self.ours.rmdir()
        self.daemons.rmdir()

    def group(self, pid):
        """The directory of the group of a process."""
        return Path(self._mount + group_of(pid).rstrip("/"))

    def groups(self):
        """All below the daemon's."""
        return sorted(str(path.relative_to(self.daemons)) for path in self.daemons.rglob("*") if path.is_dir())


class Watch:
    """Sees by inotify(7) who writes to a file."""

    IN_MODIFY = 2

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(os.O_CLOEXEC)
        if libc.inotify_add_watch(self._fd, os.fsencode(path), self.IN_MODIFY) < 0:
            raise OSError(ctypes.get_errno(), str(path))

    def was_written(self):
        while select.select([self._fd], [], [], 0)[0]:
            event = os.read(self._fd, 4096)
            if struct.unpack_from("iI", event)[1] & self.IN_MODIFY:
                return True
        return False

    def close(self):
        os.close(self._fd)


# ---- the daemon ---------------------------------------------------------------------


class Daemon:
    def __init__(self, place, directory):
        self._directory = directory
        (directory / "procpoold.toml").write_text(SETTINGS)
        self._environment = {"PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin", "HOME": str(directory), "LC_ALL": "C.UTF-8",
                             "PROCPOOL_SOCKET": str(directory / "socket"), "PYTHONDONTWRITEBYTECODE": "1"}
        self._log = open(directory / "log", "w+", encoding="utf-8")
        # A shell enters the group, and becomes the daemon.
        enter = f"echo 0 > '{place.daemons}/cgroup.procs' && exec procpoold --config procpoold.toml --state-dir state " \
                "--socket socket --log-level debug"
        self.process = subprocess.Popen(["sh", "-c", enter], cwd=directory, env=self._environment, stderr=self._log,
                                        stdin=subprocess.DEVNULL)
        if not wait_until(lambda: "ready on" in self.log() or self.process.poll() is not None) or self.process.poll():
            raise AssertionError("the daemon did not start:\n" + self.log())

    def log(self):
        return (self._directory / "log").read_text(errors="replace")

    def run(self, *words):
        return subprocess.run(["procpool", *words], cwd=self._directory, env=self._environment, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def records(self, *words):
        """Of its tasks."""
        return [json.loads(line) for line in self.run(*words).stdout.splitlines()]

    def workers(self, pool):
        """Their process ids in the order of the slots, once all stand."""
        pids = []

        def all_stand():
            shown = json.loads(self.run("--json", "pool", "show", pool).stdout)
            pids[:] = [worker["pid"] for worker in shown["workers"] if worker["state"] in ("idle", "busy")]
            return len(pids) == shown["size"]
        if not wait_until(all_stand):
            raise AssertionError("the workers do not stand:\n" + self.log())
        return pids

    def end(self, number):
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        self._log.close()
        return status


class ControlGroups(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="procpool-groups-")
        self.addCleanup(directory.cleanup)
        self.daemon = Daemon(PLACE, Path(directory.name))
        self.addCleanup(self._end)
        self.others = self.daemon.workers("default")

    def _end(self):
        """However a test ends: nothing is left of the daemon."""
        if self.daemon.process.poll() is None:
            self.assertEqual(self.daemon.end(signal.SIGTERM), 0, self.daemon.log())
        self.assertEqual(PLACE.groups(), [])
        self.assertEqual((PLACE.daemons / "cgroup.subtree_control").read_text().strip(), "")
        self.assertEqual((PLACE.daemons / "cgroup.procs").read_text(), "")

    def _nobody_else_was_touched(self):
        self.assertIsNone(self.daemon.process.poll())
        self.assertEqual(self.daemon.workers("default"), self.others)

    def _told(self, *what):
        print(f"{self.id().split('.')[-1]}:", *what, flush=True)

    def test_daemon_and_workers_have_groups_of_their_own(self):
        home = PLACE.group(self.daemon.process.pid)
        self.assertEqual(home.name, "daemon")
        self.assertEqual(home.parent.parent, PLACE.daemons)
        groups = [PLACE.group(pid) for pid in self.others + self.daemon.workers("py")]
        self.assertEqual(len(set(groups)), 4)
        self.assertEqual({group.parent for group in groups}, {home.parent})
        bounds = [(group / "pids.max").read_text().strip() for group in groups]
        self.assertEqual(bounds, ["max", "max", "12", "12"])
        self._told(home.relative_to(PLACE.top), [group.name for group in groups], bounds)

    def test_function_beyond_the_memory_of_its_pool_is_lost(self):
        before = self.daemon.workers("py")
        records = self.daemon.records("map", "--records", "--chunksize", "1", "--pool", "py", "share", ":::", "1",
                                      "200", "2")
        self._told(json.dumps(records[1]))
        self.assertEqual([record["state"] for record in records], ["succeeded", "lost", "succeeded"])
        self.assertIn("out of memory", records[1]["error"]["message"])
        self.assertIn(f"memory limit of {64 * MIB} bytes", records[1]["error"]["message"])
        self.assertEqual(len(set(before) & set(self.daemon.workers("py"))), 1)
        self._nobody_else_was_touched()

    def test_command_beyond_the_memory_of_its_job_fails(self):
        for place in (("--memory", "64MiB"), ("--pool", "small")):
            pool = "small" if "small" in place else "default"
            workers = self.daemon.workers(pool)
            record, = self.daemon.records("apply", "--records", *place, "--", "python3", "-c", SHARE)
            self._told(json.dumps(record["error"]))
            self.assertEqual(record["state"], "failed")
            self.assertIn(f"memory limit of {64 * MIB} bytes", record["error"]["message"])
            self.assertEqual(self.daemon.workers(pool), workers)
        self._nobody_else_was_touched()
        # The bound is the job's, and the next one has it no more.
        self.assertEqual(self.daemon.run("apply", "--raw", "--", "python3", "-c", SHARE).stdout, "all of it\n")

    def test_memory_of_all_processes_of_a_command_is_counted_together(self):
        record, = self.daemon.records("apply", "--records", "--memory", "64MiB", "--", "python3", "-c", MANY)
        self._told(json.dumps(record["error"]))
        self.assertEqual(record["state"], "failed")
        self.assertIn(f"memory limit of {64 * MIB} bytes", record["error"]["message"])
        self._nobody_else_was_touched()

    def test_fork_fails_in_the_job_and_not_outside(self):
        for place in (("--processes", "12"), ("--pool", "small")):
            done = self.daemon.run("apply", "--raw", *place, "--", "python3", "-c", FORK)
            self._told(done.stdout.split("\n"), done.stderr)
            self.assertEqual(done.stdout, "Resource temporarily unavailable\n11\n")
        unbound = self.daemon.run("apply", "--raw", "--", "python3", "-c", FORK)
        self.assertEqual(unbound.stdout, "40\n")
        failed = self.daemon.run("apply", "--processes", "2", "--", "sh", "-c", "true & true & true & wait; exit 3")
        self._told(failed.stderr)
        functions = self.daemon.run("apply", "--pool", "py", "fork_as_often_as_possible", "40")
        self.assertEqual(functions.stdout, "11\n", functions.stderr)
        self._nobody_else_was_touched()

    def test_what_leaves_its_worker_is_killed_by_cgroup_kill(self):
        done = self.daemon.run("apply", "--pool", "py", "leave_behind", "600")
        self.assertEqual(done.returncode, 0, done.stderr)
        left = int(done.stdout)
        group = PLACE.group(left)
        watch = Watch(group / "cgroup.kill")
        self.addCleanup(watch.close)
        self.assertFalse(watch.was_written())
        worker = [pid for pid in self.daemon.workers("py") if PLACE.group(pid) == group]
        os.kill(worker[0], signal.SIGKILL)
        self.assertTrue(wait_until(lambda: not Path(f"/proc/{left}").exists()))
        self.assertTrue(wait_until(lambda: not group.exists()))
        self.assertTrue(watch.was_written())
        self._told("cgroup.kill was written to,", left, "is gone, and so is", group.name)
        self._nobody_else_was_touched()

    def test_killed_daemon_leaves_nobody_and_the_next_one_removes_its_groups(self):
        home = PLACE.group(self.daemon.process.pid)
        self.assertEqual(self.daemon.end(signal.SIGKILL), -signal.SIGKILL)
        self.assertTrue(wait_until(lambda: "populated 0" in (PLACE.daemons / "cgroup.events").read_text()))
        left = PLACE.groups()
        # So that whoever starts the next one may put it there.
        self.assertTrue(wait_until(lambda: not (PLACE.daemons / "cgroup.subtree_control").read_text().strip()))
        with tempfile.TemporaryDirectory(prefix="procpool-groups-") as directory:
            following = Daemon(PLACE, Path(directory))
            self.assertFalse(home.parent.exists())
            self.assertEqual(following.end(signal.SIGTERM), 0)
        self._told(left, "then", PLACE.groups())


if __name__ == "__main__":
    PLACE = Place()
    done = unittest.main(exit=False)
    PLACE.give_back()
    sys.exit(not done.result.wasSuccessful())
