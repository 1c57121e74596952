#!/usr/bin/env python3
"""The worker of a Python pool: imports a module once and offers its functions.

It speaks the worker protocol (common/protocol/worker.md) with nothing but the
standard library, on Python 3.8 and later. The life of one worker:

    preparing ──► waiting ◄──► running ──► left, exit status 0 (end of file on the channel)
        └──► failed, exit status 1

What it takes care of, and where:

  * The channel is the socket that comes as standard input and output. It is moved
    away at once, so that print() and input() in a function never touch it. (channel)
  * Nothing that a function raises or returns ends the worker: an exception of any
    kind, or a value that JSON cannot hold, is the error of that one task.
    (errors, values)
  * An answer is out, or in memory that outlives the worker, before the next task
    begins, which may end it. (outbox, pacing)
  * Arguments and values are let go as soon as they are answered. (tasks)
  * A child that a function forks has no channel, no outbox and no tasks. (channel,
    outbox, tasks)
"""

import argparse
import signal
import sys

from procpool_runtime import module
from procpool_runtime.channel import Channel, DaemonGone
from procpool_runtime.errors import describe
from procpool_runtime.outbox import Outbox
from procpool_runtime.tasks import Worker
from procpool_runtime.values import encode


def prepare(arguments):
    """Imports, initializes; gives the functions by name."""
    loaded = module.load(arguments.module)
    if arguments.initializer:
        module.initialize(loaded, arguments.initializer, arguments.initargs)
    return module.offered_functions(loaded)


def run(channel, arguments):
    try:
        functions = prepare(arguments)
    except BaseException as error:
        channel.leave_if_forked(1)
        channel.send(encode({"failed": describe(error)}).encode("utf-8") + b"\n")
        return 1
    channel.leave_if_forked(0)
    Worker(channel, say_ready(channel, functions), functions).serve()
    return 0


def say_ready(channel, functions):
    """Gives the outbox, which goes with the line if it can."""
    ready = {"functions": list(functions), "batches": True}
    outbox = Outbox()
    if outbox.is_shared:
        line = encode({"ready": {**ready, "outbox": True}}).encode("utf-8") + b"\n"
        outbox.is_shared = channel.send_with_descriptor(line, outbox.descriptor)
    if not outbox.is_shared:
        channel.send(encode({"ready": ready}).encode("utf-8") + b"\n")
    outbox.close_descriptor()
    return outbox


def main():
    parser = argparse.ArgumentParser(description="The worker of a Python pool; procpoold starts it.")
    parser.add_argument("--module", required=True, help="a file, or the name of a module that can be imported")
    parser.add_argument("--initializer", help="a function of the module that runs once, before any task")
    parser.add_argument("--initargs", default="[]", help="its arguments, as a JSON array")
    arguments = parser.parse_args()

    channel = Channel.take_over_standard_streams()
    # Programs that functions start would inherit that it is ignored.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)  # integers are carried exactly, however long they are
    try:
        return run(channel, arguments)
    except (DaemonGone, ConnectionResetError):
        return 0  # the daemon is gone


if __name__ == "__main__":
    sys.exit(main())
