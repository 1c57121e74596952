#!/usr/bin/env python3
"""Sockets that a service manager passes to procpoold: sd_listen_fds(3).

    tests/end_to_end/socket_activation_test.py
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from managed_daemon import PATIENCE, Manager, wait_until  # noqa: E402


def listener(path, kind=socket.SOCK_STREAM):
    one = socket.socket(socket.AF_UNIX, kind)
    one.bind(str(path))
    if kind == socket.SOCK_STREAM:
        one.listen(128)
    return one


def ask(connection):
    connection.settimeout(PATIENCE)
    connection.sendall(b'{"method":"io.procpool.GetStatus"}\0')
    answer = b""
    while not answer.endswith(b"\0"):
        answer += connection.recv(65536)
    return json.loads(answer[:-1])["parameters"]


class SocketActivation(unittest.TestCase):
    def _closed_after(self, one):
        self.addCleanup(one.close)
        return one

    def test_connection_from_before_the_start_is_served_and_the_socket_stays(self):
        manager = Manager(self)
        passed = self._closed_after(listener(manager.socket_path))
        early = self._closed_after(socket.socket(socket.AF_UNIX))
        early.connect(str(manager.socket_path))
        for _ in range(2):  # whoever starts it may do so again
            manager.start(passed=[passed], names="procpoold.socket")
            self.assertEqual(manager.say("apply", "--raw", "--", "echo", "on"), "on")
            if early:
                self.assertEqual(ask(early)["socket"], str(manager.socket_path))
                early = None
            self.assertEqual(manager.stop(), 0)
            self.assertTrue(manager.socket_path.is_socket())
        late = self._closed_after(socket.socket(socket.AF_UNIX))
        late.connect(str(manager.socket_path))  # waits for the next daemon
        manager.start(passed=[passed])
        self.assertEqual(ask(late)["state"], "serving")

    def test_nothing_of_it_is_open_in_a_job(self):
        manager = Manager(self)
        passed = self._closed_after(listener(manager.socket_path))
        manager.start(passed=[passed])
        self.assertEqual(manager.say("apply", "--raw", "--", "sh", "-c", "ls /proc/$$/fd; :"), "0\n1\n2")

    def test_passed_place_goes_before_the_variable_and_more_than_one_is_served(self):
        manager = Manager(self)
        sockets = [self._closed_after(listener(manager.directory / name)) for name in ("one", "two", "three")]
        manager.start(passed=sockets, names="varlink:varlink:second.socket", PROCPOOL_SOCKET="/nowhere/socket")
        for name in ("one", "two", "three"):
            path = str(manager.directory / name)
            self.assertEqual(manager.say("--socket", path, "apply", "--raw", "--", "echo", name), name)
        self.assertEqual(json.loads(manager.say("--socket", path, "--json", "daemon", "status"))["socket"],
                         str(manager.directory / "one"))
        self.assertEqual(manager.stop(), 0)

    def test_connected_one_is_answered_beside_a_socket_of_our_own(self):
        manager = Manager(self)
        ours, theirs = map(self._closed_after, socket.socketpair())
        manager.start(passed=[theirs], names="connection")
        self.assertEqual(ask(ours)["state"], "serving")
        self.assertEqual(manager.say("apply", "--raw", "--", "echo", "on"), "on")
        self.assertEqual(manager.stop(), 0)
        theirs.close()
        self.assertEqual(ours.recv(1), b"")
        self.assertFalse(manager.socket_path.exists())

    def test_connected_one_of_whatever_name_it_may_have_is_served_beside_listening_ones(self):
        for names in ("varlink", "connection", "unknown", "", "a.socket", None):
            manager = Manager(self)
            ours, theirs = map(self._closed_after, socket.socketpair())
            manager.start(passed=[theirs], names=names)
            self.assertEqual(ask(ours)["state"], "serving", names)
            self.assertEqual(manager.stop(), 0)
        manager = Manager(self)
        listening = self._closed_after(listener(manager.socket_path))
        ours, theirs = map(self._closed_after, socket.socketpair())
        manager.start(passed=[theirs, listening], names="connection:varlink")
        self.assertEqual(ask(ours)["socket"], str(manager.socket_path))
        self.assertEqual(manager.say("apply", "--raw", "--", "echo", "on"), "on")

    def test_what_is_for_another_process_is_not_taken(self):
        manager = Manager(self)
        passed = self._closed_after(listener(manager.directory / "other"))
        with open(manager.directory / "log", "w", encoding="utf-8") as log:
            daemon = subprocess.Popen(
                ["procpoold", "--state-dir", "state"], cwd=manager.directory, stdin=subprocess.DEVNULL,
                env={**manager.environment, "LISTEN_FDS": "1", "LISTEN_PID": "1"}, stderr=log,
                pass_fds=[passed.fileno()])
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        self.assertTrue(wait_until(lambda: "ready on" in (manager.directory / "log").read_text()))
        self.assertEqual(json.loads(manager.say("--json", "daemon", "status"))["socket"], str(manager.socket_path))

    def test_second_daemon_is_refused_at_a_passed_socket_too(self):
        manager = Manager(self)
        passed = self._closed_after(listener(manager.socket_path))
        manager.start(passed=[passed])
        self.assertEqual(manager.start(passed=[passed], wait=False).wait(PATIENCE), 75)
        self.assertTrue(manager.socket_path.is_socket())

    def test_wrong_descriptor_is_an_error_that_names_it_and_what_to_do(self):
        stream = "procpoold: the service manager passed the descriptor 3"
        with open(os.devnull, encoding="utf-8") as file:
            inet = self._closed_after(socket.socket(socket.AF_INET))
            unnamed = self._closed_after(socket.socket(socket.AF_UNIX))
            unnamed.bind(f"\0procpool-test-{os.getpid()}")
            unnamed.listen()
            for wrong, names, says in (
                    (file, None, "which is not a socket"),
                    (inet, None, "not a socket of the Unix domain"),
                    (self._datagram(), None, "is not a stream socket: use ListenStream="),
                    (unnamed, None, "has no path"),
                    (self._datagram(), "metrics", "with the name 'metrics', which is not known here"),
                    (self._datagram(), "a.socket:b.socket", "1 descriptor and 2 names")):
                manager = Manager(self)
                self.assertEqual(manager.start(passed=[wrong], names=names, wait=False).wait(PATIENCE), 78)
                self.assertIn(says, manager.log())
                self.assertIn(says, manager.wait_for("STATUS=")["STATUS"])
                if "names" not in says:
                    self.assertIn(stream, manager.log())

    def _datagram(self):
        manager = Manager(self)
        return self._closed_after(listener(manager.directory / "datagram", socket.SOCK_DGRAM))

    def test_other_place_on_the_command_line_is_an_error(self):
        manager = Manager(self)
        passed = self._closed_after(listener(manager.socket_path))
        self.assertEqual(manager.start("--socket", "other", passed=[passed], wait=False).wait(PATIENCE), 78)
        self.assertIn("and --socket says other: leave --socket away", manager.log())
        manager.start("--socket", "./socket", passed=[passed])  # the same by another name

    def test_systemd_socket_activate_starts_it_for_the_first_client(self):
        if not shutil.which("systemd-socket-activate"):
            self.skipTest("there is no systemd-socket-activate here")
        manager = Manager(self)
        line = ["systemd-socket-activate", "-l", str(manager.socket_path), "-E", "PATH", "-E", "NOTIFY_SOCKET",
                "procpoold", "--config", "procpoold.toml", "--state-dir", "state"]
        with open(manager.directory / "log", "w", encoding="utf-8") as log:
            activator = subprocess.Popen(line, cwd=manager.directory, stdin=subprocess.DEVNULL, stderr=log,
                                         env={**manager.environment, "NOTIFY_SOCKET": manager.notify_address})
        self.addCleanup(activator.wait)
        self.addCleanup(activator.terminate)
        self.assertTrue(wait_until(lambda: "Listening on" in manager.log()))
        self.assertEqual(manager.say("apply", "--raw", "--", "echo", "on"), "on")
        manager.wait_for("READY=1")


if __name__ == "__main__":
    unittest.main()
