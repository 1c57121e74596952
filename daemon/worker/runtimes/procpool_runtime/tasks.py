"""The loop of the worker: takes tasks and batches, runs them, answers."""

import functools
import itertools
import resource
import time
import traceback

from procpool_runtime.channel import call_in_forked_child
from procpool_runtime.errors import describe, describe_invalid, describe_unknown
from procpool_runtime.pacing import Pacing
from procpool_runtime.values import Answers, encode, encode_values


class Worker:
    def __init__(self, channel, functions):
        self._channel = channel
        self._functions = functions
        self._waiting = []  # inputs of the batch that have not begun, the last one first
        self._block = []  # inputs that run now
        call_in_forked_child(self._forget_tasks)

    def serve(self):
        while True:
            message = self._channel.read()
            if message is None:
                return
            if "batch" in message:
                self._run_batch(message)
            else:
                self._run_task(message)
            del message  # while waiting for the next one

    def _forget_tasks(self):
        """In a child that a function forked: what goes through these lists comes to its end."""
        self._waiting.clear()
        self._block.clear()

    # ---- a single task

    def _run_task(self, message):
        text, error = self._answer(message["function"], message["args"], message.get("kwargs") or {})
        if error is not None:
            text = b'"error":' + encode(error).encode("utf-8")
        self._channel.send(b'{"task":%d,%b}\n' % (message["task"], text))

    def _answer(self, name, arguments, keywords):
        function = self._functions.get(name)
        if function is None:
            return None, describe_unknown(name)
        try:
            value = function(*arguments, **keywords)
        except BaseException as error:
            return None, self._failed(error)
        self._channel.leave_if_forked(0)
        try:
            return b'"value":' + encode_values([value], {type(value)})[1:-1], None
        except BaseException as problem:
            return None, describe_invalid(name, value, problem)

    # ---- a batch

    def _run_batch(self, message):
        name = message["function"]
        answers = Answers(self._channel, message["batch"], name)
        function = self._functions.get(name)
        inputs = message.pop("inputs")
        if function is None:
            for _ in inputs:
                answers.error(describe_unknown(name))
            answers.send()
            return
        if message.get("kwargs"):
            function = functools.partial(function, **message["kwargs"])
        run = run_star if message.get("star") else run_each
        inputs.reverse()
        self._waiting = inputs
        self._run_blocks(function, run, message.get("measure"), answers)

    def _run_blocks(self, function, run, measure, answers):
        waiting = self._waiting
        pacing = Pacing(len(waiting))
        costs = []
        if measure:
            function = measured(function, costs)
        while waiting:
            block = self._block = waiting[-pacing.size :]
            del waiting[-pacing.size :]
            block.reverse()
            values = []
            start = time.perf_counter()
            error = self._run_block(function, run, block, values)
            seconds = time.perf_counter() - start
            done = len(values)
            pacing.ran(done + (error is not None), seconds)
            answers.values(values, costs[:done])
            if error is not None:
                answers.error(error, costs[done] if len(costs) > done else None)
                waiting.extend(reversed(block[done + 1 :]))
            answers.send()
            costs.clear()
            block.clear()

    def _run_block(self, function, run, block, values):
        """Appends the values of the tasks up to the first that fails; gives that one's error, or None."""
        try:
            run(function, block, values)
        except BaseException as error:
            return self._failed(error)
        self._channel.leave_if_forked(0)
        return None

    def _failed(self, error):
        """An exception as an error; a forked child ends with it as any program would."""
        if self._channel.is_forked_child:
            if isinstance(error, SystemExit):
                code = error.code
                self._channel.leave_if_forked(code if isinstance(code, int) else int(code is not None))
            traceback.print_exception(type(error), error, error.__traceback__)
            self._channel.leave_if_forked(1)
        return describe(error)


def run_each(function, block, values):
    """Each input is the only argument. list.extend() keeps what came before an exception."""
    if len(block) == 1:
        values.append(function(block[0]))
        return
    values.extend(map(function, block))
    if len(values) < len(block):
        raise StopIteration("the function raised StopIteration")  # which map() took for the end


def run_star(function, block, values):
    """Each input is the array of all arguments."""
    if set(map(type, block)) == {list}:
        values.extend(itertools.starmap(function, block))
        if len(values) < len(block):
            raise StopIteration("the function raised StopIteration")
        return
    for arguments in block:
        if type(arguments) is not list:
            raise TypeError("the input is not an array of arguments")
        values.append(function(*arguments))


def measured(function, costs):
    """The same function; what each call took is appended to `costs`."""

    def run(*arguments):
        cpu = time.process_time()
        start = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            seconds = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            costs.append((seconds, time.process_time() - cpu, peak))

    return run
