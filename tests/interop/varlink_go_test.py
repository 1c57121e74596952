#!/usr/bin/env python3
"""The certification client of the Go implementation examines our frames and our JSON.

Skipped where it is not installed: Debian has it in the package varlink-go.
"""

import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service import PATIENCE, ROOT, Conversation, Service, program, skip  # noqa: E402

INTERFACE_FILE = os.path.join(ROOT, "tests", "interop", "org.varlink.certification.varlink")
CLIENT = shutil.which("varlink-go-certification")
if CLIENT is None:
    skip("varlink-go-certification is not installed (package varlink-go)")


class CertificationTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = program("certification_server")
        cls.service = Service(lambda self: [server, self.socket, INTERFACE_FILE])
        cls.addClassCleanup(cls.service.stop)

    def test_the_client_is_content(self):
        for _ in range(3):
            client = subprocess.run([CLIENT, "-client", "-varlink", self.service.address], capture_output=True,
                                    text=True, timeout=PATIENCE)
            said = client.stdout + client.stderr + "".join(self.service.said)
            self.assertEqual(client.returncode, 0, said)
            self.assertIn("End: 'true'", said)

    def test_the_server_would_notice_a_mistake(self):
        talk = Conversation(self.service.socket)
        self.addCleanup(talk.close)
        who = talk.call("org.varlink.certification.Start")["parameters"]
        talk.call("org.varlink.certification.Test01", who)
        reply = talk.call("org.varlink.certification.Test02", dict(who, bool=False))
        self.assertEqual(reply["error"], "org.varlink.certification.CertificationError")
        self.assertEqual(talk.call("org.varlink.certification.End", who)["parameters"], {"all_ok": False})


if __name__ == "__main__":
    unittest.main()
