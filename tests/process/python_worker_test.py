#!/usr/bin/env python3
"""The Python worker, driven over its channel as the daemon does it: tasks and batches."""

import os
import signal
import sys
import textwrap
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from worker_process import PythonWorker, ready, wait_until  # noqa: E402

MODULE = textwrap.dedent('''
    import os, subprocess, sys, time

    def square(x):
        return x * x

    def add(a, b=1):
        return a + b

    def same(value):
        return value

    def fail(message):
        raise ValueError(message)

    def fail_below(message):
        try:
            {}["missing"]
        except KeyError as error:
            raise ValueError(message) from error

    def stop(how):
        raise {"exit": SystemExit(3), "interrupt": KeyboardInterrupt(), "iteration": StopIteration("enough")}[how]

    def odd_only(x):
        if x % 2 == 0:
            raise ValueError("bad number %d" % x)
        return x

    def leave_at(x, where):
        if x == where:
            os._exit(99)
        return x

    def mute_error():
        class Mute(Exception):
            def __str__(self):
                raise RuntimeError("no words")
        raise Mute()

    def talk(words):
        print(words)
        os.write(1, b"written by number\\n")
        subprocess.run(["echo", "said by a child"], check=True)
        return sys.stdin.read()

    def descriptors():
        return subprocess.run(["ls", "/proc/self/fd"], capture_output=True, text=True, check=True).stdout.split()

    def fork_and_return():
        child = os.fork()
        if child == 0:
            return "from the child"
        return os.waitpid(child, 0)[1]

    def fork_and_exit(status):
        child = os.fork()
        if child == 0:
            sys.exit(status)
        return os.WEXITSTATUS(os.waitpid(child, 0)[1])

    def fork_and_raise():
        child = os.fork()
        if child == 0:
            raise ValueError("in the child")
        return os.WEXITSTATUS(os.waitpid(child, 0)[1])

    class Witness(list):
        alive = 0
        def __init__(self, *content):
            super().__init__(*content)
            Witness.alive += 1
        def __del__(self):
            Witness.alive -= 1

    def make_witness():
        return Witness([1, 2])

    def raise_with_witness():
        witness = make_witness()
        raise ValueError("something is left in the frame")

    def count_witnesses():
        return Witness.alive
''')


class Case(unittest.TestCase):
    def setUp(self):
        self.worker = PythonWorker(MODULE)
        self.worker.__enter__()
        self.addCleanup(self.worker.__exit__)
        ready(self.worker)


class Tasks(Case):
    def test_batch(self):
        """A batch is answered in order, each input being the only argument."""
        self.assertEqual(self.worker.values("square", [1, 2, 3, 2**70]), [1, 4, 9, 2**140])

    def test_star(self):
        """With `star` each input is the array of a task's arguments."""
        self.assertEqual(self.worker.values("add", [[1, 2], ["a", "b"], [5]], star=True), [3, "ab", 6])

    def test_star_wants_arrays(self):
        """With `star` an input that is not an array is that task's error, a string too."""
        (one, first), (two, value) = self.worker.batch("add", ["ab", [1, 2]], star=True)
        self.assertEqual((one, first["code"], two, value), ("error", "TypeError", "value", 3))

    def test_keywords(self):
        """Keyword arguments go to each task of the batch."""
        self.assertEqual(self.worker.values("add", [1, 2], kwargs={"b": 10}), [11, 12])

    def test_single_task(self):
        """The message of a single task is answered with its value or its error."""
        self.worker.send({"task": 17, "job": 4, "index": 2, "function": "add", "args": [1], "kwargs": {"b": 2}})
        self.assertEqual(self.worker.receive(), {"task": 17, "value": 3})
        self.worker.send({"task": 18, "job": 4, "index": 3, "function": "fail", "args": ["bad"], "kwargs": {}})
        answer = self.worker.receive()
        self.assertEqual((answer["task"], answer["error"]["code"], answer["error"]["message"]), (18, "ValueError", "bad"))
        self.worker.send({"task": 19, "job": 4, "index": 4, "function": "nobody", "args": [], "kwargs": {}})
        self.assertEqual(self.worker.receive()["error"]["code"], "no_such_function")

    def test_empty_batch(self):
        """A batch without inputs needs no answer, and the next one is served."""
        self.worker.begin("square", [])
        self.assertEqual(self.worker.values("square", [3]), [9])

    def test_qualified_name(self):
        """A function is also found as module.function."""
        self.assertEqual(self.worker.values("tasks.square", [3]), [9])

    def test_unknown_function(self):
        """Each task of a function that is not offered fails, and the worker stays."""
        answers = self.worker.batch("nobody", [1, 2, 3])
        self.assertEqual([error["code"] for _, error in answers], ["no_such_function"] * 3)
        self.assertIn("'nobody'", answers[0][1]["message"])
        self.assertEqual(self.worker.values("square", [3]), [9])

    def test_measures(self):
        """With `measure` each task, failed ones too, has its seconds, CPU seconds and peak memory."""
        number = self.worker.begin("odd_only", [1, 2, 3], measure=True)
        costs = []
        for _ in range(3):
            answer = self.worker.receive()
            self.assertEqual(answer["batch"], number)
            costs += zip(answer["seconds"], answer["cpu_seconds"], answer["max_rss_kib"])
        self.assertEqual(len(costs), 3)
        for seconds, cpu_seconds, max_rss_kib in costs:
            self.assertTrue(0 < seconds < 10 and 0 <= cpu_seconds < 10 and max_rss_kib > 1000)

    def test_end(self):
        """At the end of the channel the worker leaves with status 0."""
        self.assertEqual(self.worker.leave(), 0)

    def test_interrupt_is_ignored(self):
        """SIGINT is the daemon's affair: a worker goes on."""
        self.worker.process.send_signal(signal.SIGINT)
        self.assertEqual(self.worker.values("square", [3]), [9])

    def test_terminate(self):
        """SIGTERM ends a worker that runs a task."""
        with PythonWorker("import time\ndef wait():\n    print('begun')\n    time.sleep(600)\n") as worker:
            ready(worker)
            worker.begin("wait", [[]], star=True)
            wait_until(lambda: "begun" in worker.stderr())
            worker.process.terminate()
            self.assertEqual(worker.process.wait(30), -signal.SIGTERM)


class Errors(Case):
    def test_exception(self):
        """An exception comes back with its type, message and traceback, which has no frame of the worker."""
        error = self.worker.error("fail", "bad number 3")
        self.assertEqual((error["code"], error["message"]), ("ValueError", "bad number 3"))
        self.assertRegex(error["traceback"], r"^Traceback \(most recent call last\):\n  File .*tasks.py\", line \d+, in fail\n")
        self.assertTrue(error["traceback"].endswith("ValueError: bad number 3\n"))
        self.assertNotIn("procpool_runtime", error["traceback"])

    def test_cause(self):
        """The traceback tells the cause, too."""
        self.assertIn("KeyError: 'missing'", self.worker.error("fail_below", "bad")["traceback"])

    def test_wrong_arguments(self):
        """Arguments that do not fit are a TypeError."""
        error = self.worker.error("square", 1, 2)
        self.assertEqual(error["code"], "TypeError")
        self.assertIn("square()", error["message"])

    def test_exits_are_errors(self):
        """sys.exit(), KeyboardInterrupt and StopIteration in a function are errors like any other."""
        for batch in (["exit", "interrupt", "iteration"], ["exit"] * 100, ["iteration"] * 1500):
            expected = {"exit": "SystemExit", "interrupt": "KeyboardInterrupt", "iteration": "StopIteration"}
            codes = [error["code"] for _, error in self.worker.batch("stop", batch)]
            self.assertEqual(codes, [expected[how] for how in batch])
        self.assertEqual(self.worker.values("square", [3]), [9])

    def test_every_second_fails(self):
        """Values and errors keep their order in batches of every size."""
        for size in (1, 2, 63, 64, 65, 200, 999, 1000, 5000):
            expected = [("value", x) if x % 2 else ("error", "bad number %d" % x) for x in range(size)]
            answers = self.worker.batch("odd_only", list(range(size)))
            self.assertEqual([(k, v if k == "value" else v["message"]) for k, v in answers], expected)

    def test_unprintable_exception(self):
        """An exception that cannot be printed is an error all the same."""
        self.assertEqual(self.worker.error("mute_error")["code"], "Mute")

    def test_huge_message(self):
        """A very long message is cut in the middle."""
        message = self.worker.error("fail", "x" * 10_000_000)["message"]
        self.assertLess(len(message), 100_000)
        self.assertIn("characters left out", message)


class Surroundings(Case):
    def test_print(self):
        """What a function and its children print goes to standard error, line by line; standard input is empty."""
        self.assertEqual(self.worker.values("talk", ["hello"]), [""])
        for line in ("hello\n", "written by number\n", "said by a child\n"):
            self.assertIn(line, self.worker.stderr())

    def test_descriptors(self):
        """A program that a function starts has no descriptor of the worker."""
        (names,) = self.worker.values("descriptors", [[]], star=True)
        self.assertEqual(names, ["0", "1", "2", "3"])  # 3 is the directory that ls reads

    def test_forked_child(self):
        """A child that a function forked and that returns ends there, without an answer of its own."""
        inputs = [[]] * 3
        self.assertEqual(self.worker.values("fork_and_return", inputs, star=True), [0, 0, 0])
        self.assertEqual(self.worker.values("fork_and_exit", [5, 0]), [5, 0])
        self.assertEqual(self.worker.values("fork_and_raise", [[]], star=True), [1])
        self.assertIn("ValueError: in the child", self.worker.stderr())
        self.assertEqual(self.worker.values("square", [3]), [9])
        self.assertTrue(self.worker.is_silent())

    def test_forked_child_runs_no_other_task(self):
        """Nor does it run the tasks behind its own, in a batch whose answers are gathered."""
        with PythonWorker(textwrap.dedent('''
            import os
            def fork_at_three(x):
                print("task", x)
                if x == 3:
                    child = os.fork()
                    if child:
                        os.waitpid(child, 0)
                return x
        ''')) as worker:
            ready(worker)
            self.assertEqual(worker.values("fork_at_three", list(range(1000))), list(range(1000)))
            printed = worker.stderr().splitlines()
            self.assertEqual(len(printed), 1000)

    def test_nothing_is_kept(self):
        """Arguments, values and what was in the frame of an exception are freed when they have been answered."""
        self.assertEqual(self.worker.values("make_witness", [[]] * 3, star=True), [[1, 2]] * 3)
        self.assertEqual(self.worker.error("raise_with_witness")["code"], "ValueError")
        self.assertEqual(self.worker.values("count_witnesses", [[]], star=True), [0])


class Order(Case):
    def test_answered_before_death(self):
        """In a small batch every task before the one that ends the worker has been answered."""
        for where in (0, 1, 7, 15):
            with PythonWorker(MODULE) as worker:
                ready(worker)
                worker.begin("leave_at", list(range(100)), kwargs={"where": where})
                self.assertEqual(worker.answers(where), [("value", x) for x in range(where)])
                self.assertEqual(worker.receive_line(), b"")
                self.assertEqual(worker.process.wait(30), 99)

    def test_slow_tasks_are_answered_one_by_one(self):
        """Where tasks are not quick, each is answered before the next one begins, in large batches too."""
        with PythonWorker(textwrap.dedent('''
            import os, sys, time
            def wait_or_leave(x):
                if x == 30:
                    os._exit(99)
                time.sleep(0.002)
                return x
        ''')) as worker:
            ready(worker)
            worker.begin("wait_or_leave", list(range(2000)))
            self.assertEqual(worker.answers(30), [("value", x) for x in range(30)])
            self.assertEqual(worker.receive_line(), b"")

    def test_quick_tasks_are_gathered(self):
        """A large batch of quick tasks is answered in few messages."""
        self.worker.begin("square", list(range(100_000)))
        values, messages = [], 0
        while len(values) < 100_000:
            values += self.worker.receive()["values"]
            messages += 1
        self.assertEqual(values, [x * x for x in range(100_000)])
        self.assertLess(messages, 10_000)


if __name__ == "__main__":
    unittest.main()
