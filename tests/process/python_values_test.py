#!/usr/bin/env python3
"""The Python worker: which values it carries, and how it prepares itself."""

import json
import os
import sys
import textwrap
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from worker_process import PYTHON_WORKER, PythonWorker, WorkerProcess, ready  # noqa: E402

VALUES = textwrap.dedent('''
    import collections, enum

    class Color(enum.IntEnum):
        red = 1

    def circle():
        ring = []
        ring.append(ring)
        return ring

    def nest(levels):
        value = 0
        for _ in range(levels):
            value = [value]
        return value

    MAKE = {
        "set": lambda: {1, 2},
        "set in a list": lambda: [1, {2}],
        "nan": lambda: float("nan"),
        "infinity": lambda: [1.0, float("-inf")],
        "object": lambda: object(),
        "bytes": lambda: b"bytes",
        "circle": circle,
        "surrogate": lambda: "\\udc80",
        "surrogate key": lambda: {"\\ud800": 1},
        "tuple key": lambda: {(1, 2): 3},
        "deep": lambda: nest(121),
        "deeper": lambda: nest(100_000),
        "enum": lambda: Color.red,
        "tuple": lambda: (1, (2, 3)),
        "dict": lambda: collections.OrderedDict(b=1, a={"c": None}),
        "int keys": lambda: {1: True, None: 2},
        "words": lambda: "\\u00fc\\u2028\\n\\0\\U0001f600",
        "nested": lambda: nest(120),
        "many": lambda: [[1, 2]] * 1000,
    }

    def make(what):
        return MAKE[what]()

    def same(value):
        return value

    def double(text):
        return text + text
''')

INVALID = {
    "set": "make() returned an object of type set: JSON cannot hold it",
    "set in a list": "make() returned a list that holds an object of type set: JSON cannot hold it",
    "nan": "make() returned the float nan: JSON cannot hold it",
    "infinity": "make() returned a list that holds the float -inf: JSON cannot hold it",
    "object": "object",
    "bytes": "bytes",
    "circle": "Circular reference",
    "surrogate": "a str with a lone surrogate",
    "surrogate key": "a dict that holds a str with a lone surrogate",
    "tuple key": "a dict with a key of type tuple",
    "deep": "nested in more than 120 levels",
    "deeper": "list",
}

VALID = {
    "enum": 1,
    "tuple": [1, [2, 3]],
    "dict": {"b": 1, "a": {"c": None}},
    "int keys": {"1": True, "null": 2},
    "words": "\u00fc\u2028\n\0\U0001f600",
    "many": [[1, 2]] * 1000,
}


class Values(unittest.TestCase):
    def setUp(self):
        self.worker = PythonWorker(VALUES)
        self.worker.__enter__()
        self.addCleanup(self.worker.__exit__)
        ready(self.worker)

    def test_invalid(self):
        """A value that JSON cannot hold is an error that names the function and the type."""
        for what, words in INVALID.items():
            error = self.worker.error("make", what)
            self.assertEqual(error["code"], "invalid_value")
            self.assertIn("make()", error["message"])
            self.assertIn(words, error["message"])

    def test_twenty_in_a_row(self):
        """Twenty of them in a row cost no worker."""
        self.assertEqual([e["code"] for _, e in self.worker.batch("make", ["set"] * 20)], ["invalid_value"] * 20)
        self.assertEqual(self.worker.values("same", [1]), [1])

    def test_pinned(self):
        """In a large batch it is exactly the tasks with such a value that fail."""
        inputs = ["nan" if i % 100 == 7 else "set" if i % 100 == 9 else "many" if i % 100 == 11 else "enum" for i in range(3000)]
        kinds = [kind for kind, _ in self.worker.batch("make", inputs)]
        self.assertEqual(kinds, ["error" if what in INVALID else "value" for what in inputs])

    def test_valid(self):
        """What JSON can hold arrives, tuples as arrays, in large batches too."""
        for what, value in VALID.items():
            self.assertEqual(self.worker.values("make", [what]), [value])
        names = list(VALID) * 200
        self.assertEqual(self.worker.values("make", names), [VALID[name] for name in names])
        self.assertEqual(str(self.worker.values("make", ["nested"])[0]).count("["), 120)

    def test_numbers_are_exact(self):
        """Integers beyond 64 bits and floats come back exactly as they are."""
        numbers = [2**64, -(2**200), 10**5000, 0.1, 1e308, 5e-324, -0.0, 3.0, 12345678901234567890]
        limit = getattr(sys, "set_int_max_str_digits", lambda digits: None)
        limit(0)
        for values in (self.worker.values("same", numbers), self.worker.values("same", numbers * 200)[: len(numbers)]):
            self.assertEqual(list(map(repr, values)), list(map(repr, numbers)))

    def test_compact(self):
        """Values are compact UTF-8."""
        self.worker.begin("same", [{"a": [1, "\u00fc"]}])
        self.assertEqual(self.worker.receive_line(), '{"batch":1,"values":[{"a":[1,"\u00fc"]}]}\n'.encode())

    def test_large_values(self):
        """Large values of a large batch do not share one message."""
        text = "x" * 200_000
        self.worker.begin("double", [text] * 3 + ["y"] * 1000 + [text] * 3)
        values = []
        while len(values) < 1006:
            line = self.worker.receive_line()
            self.assertLess(len(line), 16 * 1024 * 1024)
            values += json.loads(line)["values"]
        self.assertEqual(values, [text * 2] * 3 + ["yy"] * 1000 + [text * 2] * 3)
        self.assertEqual(self.worker.values("double", ["z" * 20_000_000]), ["z" * 40_000_000])


OFFERS = textwrap.dedent('''
    import functools
    from math import sqrt
    from os.path import join
    from textwrap import dedent

    def logged(function):
        @functools.wraps(function)
        def wrapper(*arguments):
            return function(*arguments)
        return wrapper

    def plain(): pass
    @logged
    def decorated(): return "decorated"
    @functools.lru_cache(maxsize=None)
    def cached(): return "cached"
    def _private(): pass
    class Thing: pass
    partial = functools.partial(plain)
    length = len
    number = 3
''')


class Preparing(unittest.TestCase):
    def failure(self, source, *options, **more):
        with PythonWorker(source, *options, **more) as worker:
            message = worker.receive()
            self.assertEqual(worker.process.wait(30), 1)
            return message["failed"]

    def test_offers(self):
        """Offered is what is public, a function, and defined in the module: by its name and as module.function."""
        with PythonWorker(OFFERS) as worker:
            ready_message = worker.receive()["ready"]
            names = ["logged", "plain", "decorated", "cached"]
            self.assertEqual(ready_message["functions"], names + ["tasks." + name for name in names])
            self.assertTrue(ready_message["batches"])
            self.assertEqual(worker.values("tasks.decorated", [[]], star=True), ["decorated"])
            self.assertEqual(worker.values("cached", [[]], star=True), ["cached"])

    def test_initializer(self):
        """The initializer runs once before any task, with its arguments, private or not."""
        source = "calls = []\ndef _set_up(*a):\n    calls.append(a)\n    print('set up')\ndef seen():\n    return calls\n"
        with PythonWorker(source, "--initializer", "_set_up", "--initargs", '["a", {"b": 1}]') as worker:
            self.assertEqual(ready(worker), ["seen", "tasks.seen"])
            for _ in range(2):
                self.assertEqual(worker.values("seen", [[]], star=True), [[["a", {"b": 1}]]])
            self.assertIn("set up", worker.stderr())

    def test_initializer_fails(self):
        """An initializer that raises is the reason why the worker cannot start."""
        source = "def set_up():\n    raise OSError('no licence')\n"
        error = self.failure(source, "--initializer", "set_up")
        self.assertEqual((error["code"], error["message"]), ("OSError", "no licence"))
        self.assertIn("in set_up", error["traceback"])

    def test_initializer_is_missing(self):
        """One that is not there, or wrong arguments for it, are named."""
        self.assertIn("'nobody'", self.failure("", "--initializer", "nobody")["message"])
        self.assertEqual(self.failure("number = 3", "--initializer", "number")["code"], "AttributeError")
        arguments = ("--initializer", "f", "--initargs", '{"a":1}')
        self.assertIn('{"a":1}', self.failure("def f(): pass", *arguments)["message"])

    def test_import_fails(self):
        """An import that fails in any way is told with its type and the place."""
        error = self.failure("x = 1\nimport no_such_module_anywhere\n")
        self.assertEqual(error["code"], "ModuleNotFoundError")
        self.assertRegex(error["traceback"], r'^Traceback .*\n  File ".*tasks.py", line 2')
        self.assertEqual(self.failure("def f(:\n")["code"], "SyntaxError")
        self.assertEqual(self.failure("import sys; sys.exit(3)")["code"], "SystemExit")
        self.assertEqual(self.failure("raise KeyboardInterrupt")["code"], "KeyboardInterrupt")

    def test_no_file(self):
        """A file that is not there is named."""
        with WorkerProcess([sys.executable, PYTHON_WORKER, "--module", "/nowhere/tasks.py"]) as worker:
            error = worker.receive()["failed"]
            self.assertEqual(error["code"], "FileNotFoundError")
            self.assertIn("/nowhere/tasks.py", error["message"])

    def test_taken_name(self):
        """A file with the name of a module that Python needs is refused with a reason."""
        self.assertIn("called json", self.failure("", name="json")["message"])

    def test_neighbours(self):
        """A module finds the modules beside it, is registered, and its classes work."""
        source = textwrap.dedent('''
            import dataclasses, pickle, sys
            @dataclasses.dataclass
            class Point:
                x: int
            def pickled():
                return pickle.loads(pickle.dumps(Point(3))).x
            def beside():
                import neighbour
                return neighbour.word
            def first():
                return sys.path[0]
        ''')
        with PythonWorker(source, name="my-tasks") as worker:
            ready(worker)
            directory = worker.directory.name
            with open(os.path.join(directory, "neighbour.py"), "w") as file:
                file.write("word = 'hello'\n")
            self.assertEqual(worker.values("pickled", [[]], star=True), [3])
            self.assertEqual(worker.values("my-tasks.beside", [[]], star=True), ["hello"])
            self.assertEqual(worker.values("first", [[]], star=True), [directory])

    def test_dotted_module(self):
        """A module can be given by its name, found from the working directory."""
        with PythonWorker("") as place:
            package = os.path.join(place.directory.name, "package")
            os.mkdir(package)
            with open(os.path.join(package, "jobs.py"), "w") as file:
                file.write("def double(x):\n    return 2 * x\n")
            argv = [sys.executable, PYTHON_WORKER, "--module", "package.jobs"]
            with WorkerProcess(argv, cwd=place.directory.name) as worker:
                self.assertEqual(ready(worker), ["double", "package.jobs.double"])
                self.assertEqual(worker.values("double", [4]), [8])


if __name__ == "__main__":
    unittest.main()
