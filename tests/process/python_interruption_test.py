#!/usr/bin/env python3
"""The Python worker, and exceptions that come from outside at any moment, as signal handlers raise them."""

import itertools
import json
import os
import struct
import sys
import textwrap
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from worker_process import PYTHON_WORKER, PythonWorker, ready  # noqa: E402

RUNTIME = os.path.dirname(PYTHON_WORKER)
sys.path.insert(0, RUNTIME)
from procpool_runtime.outbox import TEXT, Outbox  # noqa: E402
from procpool_runtime.tasks import Worker  # noqa: E402

TASKS = 12
LOUD, QUIET = 4, 8  # the exception comes behind the first and before the second of these has run


VALUES = [x if x % 7 != 6 else None for x in range(TASKS)]

ALARMS = textwrap.dedent('''
    import signal

    def ring(*_):
        raise TimeoutError("late")

    signal.signal(signal.SIGALRM, ring)

    def same(x):
        if x % 2000 == 0:
            signal.setitimer(signal.ITIMER_REAL, .0004)
        return x
''')


class Interruption(BaseException):
    pass


class Record:
    """Takes the place of the channel: gives one batch, keeps what is sent."""

    is_forked_child = False

    def __init__(self, message):
        self._messages = [message]
        self.sent = b""

    def read(self):
        return self._messages.pop() if self._messages else None

    def send(self, data):
        self.sent += data

    def leave_if_forked(self, status):
        pass


def remains(outbox):
    """What the daemon reads when the worker has died: begun, settled_before, and the values of the text."""
    memory = outbox._memory[:1000]  # more than there is of it
    text = memory[TEXT:].split(b"\0", 1)[0]
    text = text[: text.rfind(b"\t") + 1]
    values = json.loads(text + b"]}")["values"] if text else []
    return struct.unpack_from("QQ", memory, 8) + (values,)


class Life:
    """One worker in this process, with an exception before the nth instruction behind the loud task."""

    def __init__(self, nth, inputs, measure, star):
        self.ran, self.steps, self._nth = [], 0, nth
        message = {"batch": 1, "job": 1, "function": "same", "inputs": list(inputs), "measure": measure, "star": star}
        self._channel = Record(message)
        self._outbox = Outbox()
        self.left = False
        worker = Worker(self._channel, self._outbox, {"same": self._same})
        worker._pacing.size, worker._pacing._proof, worker._job = 5, 1000, 1
        before = sys.gettrace()
        try:
            worker.serve()
        except Interruption:
            self.left = True
        finally:
            sys.settrace(before)
        self._outbox.close_descriptor()

    def _same(self, value):
        self.ran.append(value)
        if value == LOUD:
            frame = sys._getframe().f_back
            while frame is not None and frame.f_code.co_filename.startswith(RUNTIME):
                frame.f_trace, frame.f_trace_opcodes, frame.f_trace_lines = self._step, True, False
                frame = frame.f_back
            sys.settrace(self._enter)
        if value == QUIET:
            sys.settrace(None)
        if value % 7 == 6:
            raise ValueError("bad number")
        return value

    def _enter(self, frame, event, _):
        if not frame.f_code.co_filename.startswith(RUNTIME):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, frame, event, _):
        if event == "opcode":
            self.steps += 1
            if self.steps == self._nth:
                sys.settrace(None)
                raise Interruption("from outside")
        return self._step

    def answers(self):
        """What the daemon knows in the end, value or None for an error of each task; and how many began."""
        heard = []
        for line in self._channel.sent.splitlines():
            answer = json.loads(line)
            heard += answer["values"] if "values" in answer else [None]
        begun, before, waiting = remains(self._outbox)
        assert before <= len(heard), (before, heard)
        return heard + waiting[len(heard) - before :], begun


class Everywhere(unittest.TestCase):
    def lives(self, inputs, stride, **how):
        for nth in itertools.count(1, stride):
            life = Life(nth, inputs, **{"measure": False, "star": False, **how})
            yield nth, life
            if life.steps < nth:
                return

    def check(self, inputs, values, stride=1, **how):
        survivors = leavers = 0
        for nth, life in self.lives(inputs, stride, **how):
            answers, begun = life.answers()
            with self.subTest(nth=nth):
                self.assertEqual(life.ran, sorted(set(life.ran)), "a task ran twice")
                for told, value in zip(answers, values):
                    self.assertIn(told, (value, None))
                self.assertLessEqual(answers.count(None), values.count(None) + 1)
                if life.left:
                    leavers += 1
                    self.assertLessEqual(len(answers), begun)
                    self.assertLessEqual(len(life.ran), len(answers) + 1, "more than one value was lost")
                else:
                    survivors += 1
                    self.assertEqual(len(answers), len(values))
        self.assertGreater(min(leavers, survivors), 20)

    def test_numbers(self):
        """Wherever it comes, a value stands once and in its place, or the worker leaves and has told no lie."""
        self.check(list(range(TASKS)), VALUES)

    def test_measures(self):
        """The same where each task is measured."""
        self.check(list(range(TASKS)), VALUES, stride=7, measure=True)

    def test_star(self):
        """The same where the inputs are arrays of arguments, and one is none."""
        inputs = [[x] for x in range(TASKS)]
        inputs[5] = "no array"
        self.check(inputs, [x if x not in (5, 6) else None for x in range(TASKS)], stride=7, star=True)


class Alarms(unittest.TestCase):
    def test_armed_alarms(self):
        """A function that leaves its alarm armed costs at times a task, or the worker; no value is another's."""
        for _ in range(5):
            with PythonWorker(ALARMS) as worker:
                ready(worker)
                worker.begin("same", list(range(50_000)))
                answers = []
                while len(answers) < 50_000:
                    line = worker.receive_line()
                    if not line.endswith(b"\n"):
                        self.assertEqual(worker.process.wait(30), 1)
                        self.assertIn("TimeoutError: late", worker.stderr())
                        break
                    answers += worker.settled_by(json.loads(line))
                self.assertEqual([x for x, (kind, value) in enumerate(answers) if kind == "value" and value != x], [])
                self.assertTrue(all(kind == "value" or what["code"] == "TimeoutError" for kind, what in answers))


if __name__ == "__main__":
    unittest.main()
