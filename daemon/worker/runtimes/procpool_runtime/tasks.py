"""The loop of the worker: takes tasks and batches, runs them, answers."""

import functools
import itertools
import resource
import time
import traceback

from procpool_runtime.channel import DaemonGone, call_in_forked_child
from procpool_runtime.errors import describe, describe_invalid, describe_unknown
from procpool_runtime.pacing import Pacing
from procpool_runtime.values import Answers, encode, encode_value

VALUE = {"task": b'{"task":%d,"value":%b}\n', "batch": b'{"batch":%d,"values":[%b]}\n'}


class Worker:
    def __init__(self, channel, outbox, functions):
        self._channel = channel
        self._outbox = outbox
        self._functions = functions
        self._waiting = []  # inputs of the batch that have not begun, the last one first
        self._block = []  # inputs that run now
        self._job = None  # what the pacing was learned from
        self._pacing = Pacing(outbox.is_shared)
        call_in_forked_child(self._forget_tasks)

    def serve(self):
        while True:
            message = self._channel.read()
            if message is None:
                return
            if "task" in message:
                self._run_alone(message, "task", message.pop("args"))
            elif len(message["inputs"]) == 1 and not message.get("measure"):
                self._run_alone(message, "batch", message.pop("inputs")[0])
            else:
                self._run_batch(message)
            del message  # while waiting for the next one

    def _forget_tasks(self):
        """In a child that a function forked: what goes through these lists comes to its end."""
        self._waiting.clear()
        self._block.clear()

    # ---- a task that comes alone

    def _run_alone(self, message, kind, arguments):
        """`arguments` of a batch may be one argument that is no array."""
        self._outbox.begin(1)
        if kind == "batch" and not message.get("star"):
            arguments = [arguments]
        value, error = self._answer(message["function"], arguments, message.get("kwargs") or {})
        if error is not None:
            data = b'{"%b":%d,"error":%b}\n' % (kind.encode(), message[kind], encode(error).encode("utf-8"))
        else:
            data = VALUE[kind] % (message[kind], value)
        del value, arguments  # what is large may be gone before the daemon has read it
        self._channel.send(data)
        self._outbox.answered(1)

    def _answer(self, name, arguments, keywords):
        function = self._functions.get(name)
        if function is None:
            return None, describe_unknown(name)
        try:
            if type(arguments) is not list:
                raise TypeError("the input is not an array of arguments")
            value = function(*arguments, **keywords)
        except BaseException as error:
            return None, self._failed(error)
        self._channel.leave_if_forked(0)
        try:
            return encode_value(value), None
        except BaseException as problem:
            return None, describe_invalid(name, value, problem)

    # ---- a batch

    def _run_batch(self, message):
        name = message["function"]
        costs = []
        answers = Answers(self._channel, self._outbox, message["batch"], name, costs)
        function = self._functions.get(name)
        inputs = message.pop("inputs")
        if function is None:
            self._outbox.begin(len(inputs))
            for _ in inputs:
                answers.error(describe_unknown(name))
            return
        if message.get("kwargs"):
            function = functools.partial(function, **message["kwargs"])
        if message.get("measure"):
            function = measured(function, costs)
        if message.get("job") != self._job:
            self._job = message.get("job")
            self._pacing = Pacing(self._outbox.is_shared)
        self._pacing.begin_batch(len(inputs))
        inputs.reverse()
        self._waiting = inputs
        while inputs:
            self._run_block(function, bool(message.get("star")), answers)

    def _run_block(self, function, star, answers):
        waiting, pacing = self._waiting, self._pacing
        block = self._block = waiting[-pacing.size :]
        del waiting[-pacing.size :]
        block.reverse()
        if star:
            arrays = count_arrays(block)
            waiting.extend(reversed(block[arrays or 1 :]))
            del block[arrays or 1 :]
            if not arrays:
                star, function = False, refuse
        settled = answers.settled
        error = None
        inputs = answers.begin(block)
        start = time.perf_counter()
        try:
            values = itertools.starmap(function, inputs) if star else map(function, inputs)
            if len(block) == 1:
                answers.send_each(values)
            else:
                answers.gather(values)
        except DaemonGone:
            raise
        except BaseException as problem:
            error = self._failed(problem)
            if not answers.is_awaited():  # it came from outside, after the task: the worker leaves
                answers.begin_no_more()
                raise
        seconds = time.perf_counter() - start
        answers.send()
        done = answers.settled - settled
        if error is None and done < len(block):  # which the iterator took for its end
            error = self._failed(StopIteration("the function raised StopIteration"))
        if error is not None:
            self._outbox.begin(1)
            answers.error(error)
            done += 1
            waiting.extend(reversed(block[done:]))
        pacing.ran(done, seconds)
        block.clear()

    def _failed(self, error):
        """An exception as an error; a forked child ends with it as any program would."""
        if self._channel.is_forked_child:
            if isinstance(error, SystemExit):
                code = error.code
                self._channel.leave_if_forked(code if isinstance(code, int) else int(code is not None))
            traceback.print_exception(type(error), error, error.__traceback__)
            self._channel.leave_if_forked(1)
        return describe(error)


def refuse(_):
    raise TypeError("the input is not an array of arguments")


def count_arrays(block):
    """So many of the first inputs are arrays of arguments."""
    if set(map(type, block)) == {list}:
        return len(block)
    return next(at for at, arguments in enumerate(block) if type(arguments) is not list)


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
