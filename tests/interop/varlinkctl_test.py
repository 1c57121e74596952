#!/usr/bin/env python3
"""A conversation with systemd's varlinkctl, the strictest of the clients.

Skipped where it is not installed: systemd has it from 255 on. VARLINKCTL may name another one than that in PATH.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service import INTERFACE_FILES, PATIENCE, daemon, program, skip  # noqa: E402

VARLINKCTL = os.environ.get("VARLINKCTL") or shutil.which("varlinkctl")
if VARLINKCTL is None:
    skip("varlinkctl is not installed (systemd 255 or newer)")


def varlinkctl(*arguments):
    return subprocess.run([VARLINKCTL, *arguments], capture_output=True, text=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL)


class VarlinkctlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = daemon()
        cls.addClassCleanup(cls.service.stop)

    def good(self, *arguments):
        done = varlinkctl(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return done.stdout

    def call(self, method, parameters, *options):
        """The replies."""
        text = self.good("call", "--json=short", *options, self.service.address, method, json.dumps(parameters))
        return [json.loads(line) for line in text.replace("\x1e", "").splitlines() if line]

    def test_the_interface_files_are_valid(self):
        for path in INTERFACE_FILES:
            self.good("validate-idl", path)

    def test_info_and_the_listed_interfaces(self):
        self.assertIn("procpool", self.good("info", self.service.address))
        names = self.good("list-interfaces", self.service.address).split()
        self.assertEqual(set(names), {"org.varlink.service", "io.procpool"})
        for name in names:
            self.assertIn("interface " + name, self.good("introspect", self.service.address, name))

    def test_a_daemon_that_is_started_for_one_call_alone(self):
        """`exec:` passes a connected descriptor, and ends the daemon when it has its answer."""
        with tempfile.TemporaryDirectory(prefix="procpool-exec-") as directory:
            script = os.path.join(directory, "procpoold")
            with open(script, "w", encoding="utf-8") as file:
                file.write('#!/bin/sh\nexec "%s" --socket "%s/socket" --state-dir "%s/state" 2>"%s/log"\n'
                           % (program("procpoold"), directory, directory, directory))
            os.chmod(script, 0o700)
            self.assertIn("procpool", self.good("info", "exec:" + script))
            text = self.good("call", "--json=short", "exec:" + script, "io.procpool.Apply",
                             '{"spec":{"verb":"apply","argv":["echo","hi"]},"inputs":{"items":[null]}}')
            self.assertEqual(json.loads(text)["record"]["value"]["stdout"], "hi\n")
            deadline = time.monotonic() + PATIENCE
            while os.path.exists(directory + "/socket"):  # it ends without being waited for
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)

    def test_a_call(self):
        reply, = self.call("io.procpool.Apply", {"spec": {"verb": "apply", "argv": ["echo", "hi"]},
                                                 "inputs": {"items": [None]}})
        self.assertEqual(reply["record"]["value"]["stdout"], "hi\n")

    def test_a_typed_error(self):
        done = varlinkctl("call", self.service.address, "io.procpool.ShowJob", '{"job":123456}')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("io.procpool.NoSuchJob", done.stderr)
        self.assertIn("123456", done.stdout)

    def test_an_unknown_method_and_an_invalid_parameter(self):
        done = varlinkctl("call", self.service.address, "io.procpool.Do", "{}")
        self.assertIn("org.varlink.service.MethodNotFound", done.stderr)
        done = varlinkctl("call", self.service.address, "io.procpool.ShowPool", '{"name":1}')
        self.assertIn("org.varlink.service.InvalidParameter", done.stderr)
        self.assertIn('"name"', done.stdout)

    def test_a_stream(self):
        job = self.call("io.procpool.Submit", {"spec": {"verb": "imap", "argv": ["echo", "{}"], "keep": True},
                                               "inputs": {"items": ["a", "b", "c"]}, "last": True})[0]["job"]
        replies = self.call("io.procpool.Get", {"job": job}, "--more")
        values = [value for reply in replies for piece in reply["pieces"] for value in piece["values"]["items"]]
        self.assertEqual([value["stdout"] for value in values], ["a\n", "b\n", "c\n"])
        self.assertTrue(replies[-1]["done"])

    def test_a_oneway_call(self):
        self.assertEqual(self.call("io.procpool.GetStatus", {}, "--oneway"), [])


if __name__ == "__main__":
    unittest.main()
