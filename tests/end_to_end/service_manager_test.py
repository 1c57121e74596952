#!/usr/bin/env python3
"""What a service manager hears from procpoold, in which order, and that jobs hear nothing from it.

    tests/end_to_end/service_manager_test.py

The manager is the test: sd_notify(3), sd_watchdog_enabled(3).
"""

import os
import re
import signal
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import PATIENCE, SETTINGS, Manager, wait_until  # noqa: E402

FOR_THE_DAEMON = {"WATCHDOG_USEC": "600000000", "LISTEN_FDNAMES": "", "JOURNAL_STREAM": "8:1234",
                  "INVOCATION_ID": "0123456789abcdef0123456789abcdef", "MAINPID": "1", "MANAGERPID": "1",
                  "SYSTEMD_EXEC_PID": "1", "FDSTORE": "1", "STATE_DIRECTORY": "/state", "RUNTIME_DIRECTORY": "/run",
                  "CREDENTIALS_DIRECTORY": "/credentials"}
PYTHON_POOL = f"""
[pools.py]
kind = "python"
workers = 1
module = "{Path(__file__).resolve().parents[1]}/data/tasks.py"
"""
GATE = "until [ -e go ]; do sleep 0.02; done"


def names_of(text):
    return {line.split("=", 1)[0] for line in text.splitlines()}


class Messages(unittest.TestCase):
    def test_ready_is_said_when_the_socket_answers_and_not_before(self):
        manager = Manager(self)
        manager.start()
        self.assertEqual(manager.say("apply", "--raw", "--", "echo", "served"), "served")
        first, *_, last = manager.messages
        self.assertRegex(first["STATUS"], "opening the jobs in")
        self.assertRegex(last["STATUS"], r"^serving on .*/socket: 1 worker in 1 pool; 0 jobs are open, "
                                         "0 tasks run, 0 wait; control groups: (limits|tracking|none)$")
        self.assertEqual(manager.order(), ["READY"])

    def test_abstract_address_is_an_address(self):
        manager = Manager(self, abstract=True)
        manager.start()
        self.assertEqual(manager.stop(), 0)

    def test_address_that_is_none_is_told_and_costs_nothing(self):
        manager = Manager(self)
        manager.start(NOTIFY_SOCKET="nowhere", wait=False)
        self.assertTrue(wait_until(lambda: "ready on" in manager.log()))
        self.assertIn("NOTIFY_SOCKET is 'nowhere', which is no address", manager.log())

    def test_nothing_is_ready_while_a_pool_starts(self):
        slow = SETTINGS + PYTHON_POOL + 'initializer = "nap"\ninitargs = [1000]\n'
        manager = Manager(self, slow)
        manager.start(wait=False)
        time_asked = int(manager.wait_for("EXTEND_TIMEOUT_USEC=")["EXTEND_TIMEOUT_USEC"])
        self.assertGreater(time_asked, 0)
        manager.daemon.send_signal(signal.SIGHUP)  # there is nothing to reload yet
        self.assertEqual(manager.stop(), 0)
        manager.hear_the_rest()
        self.assertEqual(manager.order(), ["STOPPING"])

    def test_hangup_while_starting_reloads_when_all_stands(self):
        manager = Manager(self, SETTINGS + PYTHON_POOL + 'initializer = "wait_for"\ninitargs = ["go"]\n')
        manager.start(wait=False)
        manager.wait_for("STATUS=starting")
        manager.daemon.send_signal(signal.SIGHUP)
        (manager.directory / "go").touch()
        manager.wait_for("RELOADING=1")
        manager.wait_for("READY=1")
        self.assertEqual(manager.order(), ["READY", "RELOADING", "READY"])

    def test_reload_is_announced_with_its_time_and_ends_ready_also_when_it_fails(self):
        manager = Manager(self)
        manager.start()
        before = time.monotonic_ns() // 1000
        manager.daemon.send_signal(signal.SIGHUP)
        reloading = manager.wait_for("RELOADING=1")
        self.assertLessEqual(before, int(reloading["MONOTONIC_USEC"]))
        self.assertLessEqual(int(reloading["MONOTONIC_USEC"]), time.monotonic_ns() // 1000)
        manager.wait_for("READY=1")
        (manager.directory / "procpoold.toml").write_text("[wrong]\n")
        self.assertNotEqual(manager.run("daemon", "reload").returncode, 0)
        manager.wait_for("READY=1")
        self.assertEqual(manager.stop(), 0)
        manager.hear_the_rest()
        self.assertEqual(manager.order(), ["READY", "RELOADING", "READY", "RELOADING", "READY", "STOPPING"])

    def test_each_order_to_stop_is_told_once_and_time_is_asked_for(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            manager = Manager(self)
            manager.start()
            job = manager.client("apply", "--kill-after", "1000", "--", "sh", "-c", "trap '' TERM; echo >on; sleep 1000; :")
            self.assertTrue(wait_until(lambda: (manager.directory / "on").exists()))
            manager.daemon.send_signal(number)
            self.assertRegex(manager.wait_for("STOPPING=1")["STATUS"], "^stopping on .* 1 job is open, 1 task runs")
            self.assertGreater(int(manager.wait_for("EXTEND_TIMEOUT_USEC=")["EXTEND_TIMEOUT_USEC"]), 1000 * 10**6)
            manager.daemon.send_signal(signal.SIGHUP)  # is no order any more
            manager.daemon.send_signal(number)
            manager.wait_for("STATUS=cancelling")
            self.assertEqual(manager.stop(number), 0)
            manager.hear_the_rest()
            self.assertEqual(manager.order(), ["READY", "STOPPING"])
            job.communicate(timeout=PATIENCE)

    def test_draining_asks_for_time_as_long_as_it_takes(self):
        manager = Manager(self)
        manager.start()
        job = manager.client("apply", "--", "sh", "-c", "echo >on; " + GATE)
        self.assertTrue(wait_until(lambda: (manager.directory / "on").exists()))
        drain = manager.client("daemon", "drain")
        self.assertRegex(manager.wait_for("STOPPING=1")["STATUS"], "^draining on ")
        manager.wait_for("EXTEND_TIMEOUT_USEC=")
        self.assertIn("reads no settings", manager.run("daemon", "reload").stderr)
        (manager.directory / "go").touch()
        self.assertEqual(manager.daemon.wait(PATIENCE), 0)
        for client in (job, drain):
            client.communicate(timeout=PATIENCE)
        manager.hear_the_rest()
        self.assertEqual(manager.order(), ["READY", "STOPPING"])

    def test_numbers_follow_the_work_and_are_silent_without_it(self):
        manager = Manager(self)
        manager.start()
        job = manager.client("map", "--", "sh", "-c", GATE, ":::", "1", "2", "3")
        manager.wait_for(f"STATUS=serving on {manager.socket_path}: 1 worker in 1 pool; 1 job is open, "
                         "1 task runs, 2 wait")
        (manager.directory / "go").touch()
        job.communicate(timeout=PATIENCE)
        manager.wait_for(f"STATUS=serving on {manager.socket_path}: 1 worker in 1 pool; 0 jobs are open, "
                         "0 tasks run, 0 wait")
        manager.notify.settimeout(2.5)  # more than two turns of what would repeat itself
        with self.assertRaises(TimeoutError):
            manager.hear()
        self._sleeps(manager)

    def _sleeps(self, manager):
        """Nothing wakes it: the kernel counts how often it has gone to sleep."""
        def times():
            status = Path(f"/proc/{manager.daemon.pid}/status").read_text()
            return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.MULTILINE)[1])
        before = times()
        time.sleep(2)
        self.assertEqual(times(), before)

    def test_watchdog_is_fed_and_not_where_it_is_for_another_process(self):
        manager = Manager(self)
        manager.start(WATCHDOG_USEC="200000")
        for _ in range(5):
            manager.wait_for("WATCHDOG=1")
        self.assertEqual(manager.stop(), 0)
        manager.hear_the_rest()
        manager.messages.clear()
        manager.start(WATCHDOG_USEC="nonsense")
        self.assertEqual(manager.stop(), 0)
        manager.hear_the_rest()
        self.assertFalse([message for message in manager.messages if "WATCHDOG" in message])

    def test_stopped_daemon_gives_no_sign_of_life(self):
        manager = Manager(self)
        manager.start(WATCHDOG_USEC="200000")
        manager.wait_for("WATCHDOG=1")
        manager.daemon.send_signal(signal.SIGSTOP)
        self.addCleanup(manager.daemon.send_signal, signal.SIGCONT)
        self.assertTrue(wait_until(lambda: Path(f"/proc/{manager.daemon.pid}/stat").read_text().split()[2] == "T"))
        manager.hear_the_rest()
        manager.notify.settimeout(1)
        with self.assertRaises(TimeoutError):
            manager.hear()

    def test_manager_that_does_not_listen_holds_nothing_up(self):
        manager = Manager(self)
        manager.start(WATCHDOG_USEC="2000")  # its queue is full in no time
        for _ in range(20):
            self.assertEqual(manager.say("apply", "--raw", "--", "echo", "on"), "on")
        job = manager.say("apply", "--async", "--", "sh", "-c", "touch on; until [ -e go ]; do sleep 0.02; done")
        self.assertTrue(wait_until((manager.directory / "on").exists))
        manager.say("pool", "resize", "default", "2")
        # When it listens again it hears how things are.
        manager.wait_for(f"STATUS=serving on {manager.socket_path}: 2 workers in 1 pool; 1 job is open, 1 task runs")
        (manager.directory / "go").touch()
        manager.say("wait", job)

    def test_start_that_fails_says_why(self):
        manager = Manager(self, "[daemon]\nstop_timout = 3\n")
        self.assertEqual(manager.start(wait=False).wait(PATIENCE), 78)
        self.assertIn("unknown key", manager.wait_for("STATUS=")["STATUS"])
        (manager.directory / "procpoold.toml").write_text(SETTINGS)
        (manager.directory / "state").write_text("in the way")
        self.assertEqual(manager.start(wait=False).wait(PATIENCE), 1)
        manager.hear_the_rest()
        self.assertRegex(manager.messages[-1]["STATUS"], "the state directory")
        self.assertEqual(manager.order(), [])


class Environment(unittest.TestCase):
    def test_nothing_of_it_reaches_a_worker_a_job_or_a_callback(self):
        manager = Manager(self, SETTINGS + PYTHON_POOL)
        manager.start(**FOR_THE_DAEMON)
        forbidden = {*FOR_THE_DAEMON, "NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "WATCHDOG_PID"}
        job = manager.say("apply", "--raw", "--callback", "env >called", "--", "env")
        self.assertTrue(wait_until(lambda: "PATH=" in (manager.directory / "called").read_text()))
        seen = {"job": job, "callback": (manager.directory / "called").read_text()}
        for pid in self._descendants(manager.daemon.pid):
            environment = Path(f"/proc/{pid}/environ").read_text().replace("\0", "\n")
            seen[Path(f"/proc/{pid}/cmdline").read_text()] = environment
        self.assertGreater(len(seen), 3, seen.keys())
        for who, environment in seen.items():
            self.assertEqual(names_of(environment) & forbidden, set(), who)
        self.assertIn("PATH", names_of(job))

    def test_nothing_of_what_a_client_was_told_reaches_its_job(self):
        manager = Manager(self)
        manager.start()
        job = manager.run("apply", "--raw", "--", "env", NOTIFY_SOCKET="/of/the/client", INVOCATION_ID="1",
                          STATE_DIRECTORY="/of/the/client").stdout
        self.assertEqual(names_of(job) & {"NOTIFY_SOCKET", "INVOCATION_ID"}, set())
        self.assertIn("STATE_DIRECTORY", names_of(job))  # the caller's own directories are the job's
        given = manager.run("apply", "--raw", "--env", "NOTIFY_SOCKET=/asked/for", "--", "env").stdout
        self.assertIn("NOTIFY_SOCKET", names_of(given))

    @staticmethod
    def _descendants(pid):
        found, look_at = [], [pid]
        while look_at:
            children = Path(f"/proc/{look_at[0]}/task/{look_at[0]}/children")
            look_at = look_at[1:] + (children.read_text().split() if children.exists() else [])
            found = found + look_at
        return set(found)


if __name__ == "__main__":
    unittest.main()
