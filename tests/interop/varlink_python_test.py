#!/usr/bin/env python3
"""A conversation with the varlink package of Python, which builds its proxy from our interface file.

Skipped where it is not installed: Debian has it as python3-varlink, from 13 on and in the backports of 12.
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service import daemon, skip  # noqa: E402

# It is plain Python: what the system has serves any other interpreter, too.
sys.path.append("/usr/lib/python3/dist-packages")
try:
    import varlink
except ImportError:
    skip("the Python package varlink is not installed (python3-varlink)")

METHODS = {"Apply", "Submit", "Get", "Cancel", "CreatePool", "GetStatus"}


class PythonClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = daemon()
        cls.addClassCleanup(cls.service.stop)

    def setUp(self):
        self.client = varlink.Client(address=self.service.address)
        self.pools = self.client.open("io.procpool")
        self.addCleanup(self.pools.close)

    def test_info_and_the_listed_interfaces(self):
        with self.client.open("org.varlink.service") as service:
            info = service.GetInfo()
            self.assertEqual(set(info["interfaces"]), {"org.varlink.service", "io.procpool"})
            for name in info["interfaces"]:
                description = service.GetInterfaceDescription(name)["description"]
                self.assertEqual(varlink.Interface(description).name, name)
        self.assertLessEqual(METHODS, set(dir(self.pools)))

    def test_a_call_with_structures_both_ways(self):
        reply = self.pools.Apply(spec={"verb": "apply", "argv": ["echo", "hi"]}, inputs={"items": [None]})
        self.assertEqual(reply["record"]["value"]["stdout"], "hi\n")
        pool = self.pools.ShowPool("default")["pool"]
        self.assertEqual(pool["kind"], "command")
        self.assertEqual(len(pool["workers"]), pool["size"])
        self.assertGreater(self.pools.GetStatus()["uptime_seconds"], 0)

    def test_a_typed_error(self):
        with self.assertRaises(varlink.VarlinkError) as caught:
            self.pools.ShowJob(123456)
        self.assertEqual(caught.exception.error(), "io.procpool.NoSuchJob")
        self.assertIn("123456", caught.exception.parameters()["message"])

    def test_an_invalid_parameter(self):
        with self.assertRaises(varlink.InvalidParameter) as caught:
            self.pools.ResizePool("default", 0)
        self.assertEqual(caught.exception.parameters(), {"parameter": "workers"})

    def test_an_unknown_method(self):
        self.pools._send_message(b'{"method":"io.procpool.Do"}')
        with self.assertRaises(varlink.VarlinkError) as caught:
            self.pools._next_varlink_message()
        self.assertEqual(caught.exception.error(), "org.varlink.service.MethodNotFound")

    def test_a_stream(self):
        job = self.pools.Submit(spec={"verb": "imap", "argv": ["echo", "{}"], "keep": True},
                                inputs={"items": ["a", "b", "c"]}, last=True)["job"]
        values, last = [], None
        for last in self.pools.Get(job, _more=True):
            for piece in last["pieces"]:
                values += piece["values"]["items"]
        self.assertEqual([value["stdout"] for value in values], ["a\n", "b\n", "c\n"])
        self.assertTrue(last["done"])
        self.assertEqual(last["result"]["tasks"]["succeeded"], 3)

    def test_a_oneway_call_between_two_others(self):
        self.assertIn("pools", self.pools.ListPools())
        self.assertIsNone(self.pools.GetStatus(_oneway=True))
        self.assertIn("functions", self.pools.ListFunctions())


if __name__ == "__main__":
    unittest.main()
