#!/usr/bin/env python3
"""The rules of Varlink on the wire, with no library between: what a strict client relies on."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service import INTERFACE_FILES, Conversation, daemon  # noqa: E402

ECHO = {"spec": {"verb": "apply", "argv": ["echo", "hi"]}, "inputs": {"items": [None]}}


class RawTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = daemon()
        cls.addClassCleanup(cls.service.stop)

    def setUp(self):
        self.talk = Conversation(self.service.socket)
        self.addCleanup(self.talk.close)

    def status_answers(self):
        reply = self.talk.call("io.procpool.GetStatus")
        self.assertEqual(reply["parameters"]["socket"], self.service.socket)

    def test_a_reply_holds_parameters_and_nothing_else(self):
        self.assertEqual(set(self.talk.call("org.varlink.service.GetInfo")), {"parameters"})
        self.assertEqual(set(self.talk.call("io.procpool.ListPools")), {"parameters"})

    def test_info_has_all_that_is_mandatory(self):
        info = self.talk.call("org.varlink.service.GetInfo")["parameters"]
        self.assertEqual(set(info), {"vendor", "product", "version", "url", "interfaces"})
        self.assertEqual(set(info["interfaces"]), {"org.varlink.service", "io.procpool"})

    def test_descriptions_are_the_interface_files(self):
        for path in INTERFACE_FILES:
            name = os.path.basename(path)[:-len(".varlink")]
            reply = self.talk.call("org.varlink.service.GetInterfaceDescription", {"interface": name})
            with open(path, encoding="utf-8") as file:
                self.assertEqual(reply["parameters"]["description"], file.read())

    def test_an_unknown_interface_is_named(self):
        for method, parameters in (("com.example.Do", None), ("org.varlink.service.GetInterfaceDescription",
                                                               {"interface": "com.example"})):
            reply = self.talk.call(method, parameters)
            self.assertEqual(reply, {"error": "org.varlink.service.InterfaceNotFound",
                                     "parameters": {"interface": "com.example"}})
        self.status_answers()

    def test_an_unknown_method_is_named_in_full(self):
        self.assertEqual(self.talk.call("io.procpool.Do"), {"error": "org.varlink.service.MethodNotFound",
                                                            "parameters": {"method": "io.procpool.Do"}})
        self.status_answers()

    def test_a_wrong_parameter_is_named(self):
        for parameters, name in (({}, "name"), ({"name": 1}, "name"), ({"name": "x", "surplus": 1}, "surplus")):
            reply = self.talk.call("io.procpool.ShowPool", parameters)
            self.assertEqual(reply["error"], "org.varlink.service.InvalidParameter")
            self.assertEqual(reply["parameters"]["parameter"], name)
        self.status_answers()

    def test_a_typed_error_has_its_parameters(self):
        reply = self.talk.call("io.procpool.ShowJob", {"job": 123456})
        self.assertEqual(reply["error"], "io.procpool.NoSuchJob")
        self.assertIn("123456", reply["parameters"]["message"])

    def test_calls_are_answered_in_their_order(self):
        self.talk.send(*[{"method": "io.procpool.ShowJob", "parameters": {"job": 1000 + i}} for i in range(100)])
        for i in range(100):
            self.assertIn(str(1000 + i), self.talk.receive()["parameters"]["message"])

    def test_a_oneway_call_between_two_others_gets_no_reply(self):
        for oneway in ({"method": "io.procpool.GetStatus"}, {"method": "io.procpool.Do"}, {"method": "com.example.Do"},
                       {"method": "io.procpool.ShowJob", "parameters": {"job": 7}},
                       {"method": "io.procpool.ShowPool", "parameters": {"name": 1}}):
            self.talk.send({"method": "io.procpool.ListPools"}, dict(oneway, oneway=True),
                           {"method": "org.varlink.service.GetInfo"})
            self.assertIn("pools", self.talk.receive()["parameters"])
            self.assertIn("vendor", self.talk.receive()["parameters"])

    def test_a_stream_says_continues_but_for_the_last_reply(self):
        spec = {"verb": "imap", "argv": ["echo", "{}"], "keep": True}
        job = self.talk.call("io.procpool.Submit", {"spec": spec, "inputs": {"items": ["a", "b", "c"]},
                                                     "last": True})["parameters"]["job"]
        self.talk.send({"method": "io.procpool.Get", "parameters": {"job": job}, "more": True})
        values = []
        while True:
            reply = self.talk.receive()
            self.assertLessEqual(set(reply), {"parameters", "continues"})
            for piece in reply["parameters"]["pieces"]:
                values += piece["values"]["items"]
            if "continues" not in reply:
                break
            self.assertIs(reply["continues"], True)
        self.assertEqual([value["stdout"] for value in values], ["a\n", "b\n", "c\n"])
        self.assertTrue(reply["parameters"]["done"])
        self.status_answers()

    def test_without_more_there_is_one_reply(self):
        reply = self.talk.call("io.procpool.Apply", ECHO)
        self.assertEqual(set(reply), {"parameters"})
        self.assertEqual(reply["parameters"]["record"]["value"]["stdout"], "hi\n")
        self.status_answers()

    def test_white_space_and_keys_of_vendors_are_harmless(self):
        self.talk.send(' \n{ "method" : "io.procpool.ListPools", "com.example.note" : 1 }\n')
        self.assertIn("pools", self.talk.receive()["parameters"])

    def test_what_is_no_call_ends_its_connection_and_no_other(self):
        for text in ("hello", "[]", "{}", "", '{"method":1}', '{"method":"io.procpool.Drain","parameters":[]}',
                     '{"method":"io.procpool.ListPools","more":true,"oneway":true}',
                     '{"method":"io.procpool.ListPools","surplus":1}'):
            with self.subTest(text=text[:60]):
                talk = Conversation(self.service.socket)
                self.addCleanup(talk.close)
                talk.send(text)
                self.assertIsNone(talk.receive())
        self.status_answers()

    def test_what_is_nested_too_deep_is_told_the_bound_before_its_connection_ends(self):
        talk = Conversation(self.service.socket)
        self.addCleanup(talk.close)
        talk.send("[" * 100000)
        answer = talk.receive()
        self.assertEqual(answer["error"], "io.procpool.TooLarge")
        self.assertIn("limits.json_depth", answer["parameters"]["message"])
        self.assertIsNone(talk.receive())
        self.status_answers()


if __name__ == "__main__":
    unittest.main()
