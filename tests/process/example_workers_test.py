#!/usr/bin/env python3
"""The example workers and modules speak the worker protocol."""

import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from worker_process import PYTHON_WORKER, SOURCE, WorkerProcess, ready  # noqa: E402

EXAMPLES = os.path.join(SOURCE, "tests/examples")


def task(number, function, *arguments):
    return {"task": number, "job": 1, "index": 0, "attempt": 1, "function": function, "args": arguments, "kwargs": {}}


class Programs(unittest.TestCase):
    @unittest.skipUnless(shutil.which("jq"), "jq is not installed")
    def test_shell(self):
        """Five lines of shell are a worker."""
        with WorkerProcess(["sh", os.path.join(EXAMPLES, "shell_worker.sh")]) as worker:
            self.assertEqual(ready(worker), ["greet"])
            for number, name in enumerate(["you", 'with "quotes"', "back\\slash"]):
                worker.send(task(number, "greet", name))
                self.assertEqual(worker.receive(), {"task": number, "value": "hello " + name})
            self.assertEqual(worker.leave(), 0)

    def test_tiny_python(self):
        """Ten lines of Python without anything of ours are one too, errors included."""
        with WorkerProcess([sys.executable, os.path.join(EXAMPLES, "tiny_worker.py")]) as worker:
            self.assertEqual(ready(worker), ["shout"])
            worker.send(task(1, "shout", "you"))
            self.assertEqual(worker.receive(), {"task": 1, "value": "YOU!"})
            worker.send(task(2, "shout", 3))
            self.assertEqual(worker.receive()["error"]["code"], "AttributeError")
            self.assertEqual(worker.leave(), 0)


class Module(unittest.TestCase):
    def test_tasks(self):
        """The example module does what it says."""
        file = os.path.join(EXAMPLES, "tasks.py")
        argv = [sys.executable, PYTHON_WORKER, "--module", file, "--initializer", "set_up", "--initargs", '["dear "]']
        with WorkerProcess(argv) as worker:
            self.assertIn("tasks.square", ready(worker))
            self.assertEqual(worker.values("greet", ["you"]), ["dear you"])
            self.assertEqual(worker.values("count_primes", [[0, 1000]], star=True), [168])
            self.assertEqual(worker.values("whoami", [[]], star=True), [worker.process.pid])
            (counts,) = worker.values("count_words", [file])
            self.assertEqual(worker.values("word_count", [file]), [sum(counts.values())])
            error = worker.error("fail_every_third", 3)
            self.assertEqual((error["code"], error["message"]), ("ValueError", "bad number 3"))


if __name__ == "__main__":
    unittest.main()
