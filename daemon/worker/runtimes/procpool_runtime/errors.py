"""What went wrong in a task, as the protocol's error object."""

import importlib
import math
import os
import traceback

LONGEST_TEXT = 64 * 1024  # [characters] of an error's message or traceback

PACKAGE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(os.path.dirname(PACKAGE), "procpool_worker.py")


def as_text(text):
    """No lone surrogate, and not too long: the middle of a long text is left out."""
    if len(text) > LONGEST_TEXT:
        half = LONGEST_TEXT // 2
        text = "%s\n... %d characters left out ...\n%s" % (text[:half], len(text) - 2 * half, text[-half:])
    return text.encode("utf-8", "replace").decode("utf-8")


def is_own_frame(frame):
    name = frame.f_code.co_filename
    if name.startswith("<frozen importlib"):
        return True
    path = os.path.abspath(name)
    return path == PROGRAM or os.path.dirname(path) in (PACKAGE, os.path.dirname(importlib.__file__))


def format_traceback(error):
    """As Python prints it, from the first frame that is not the worker's."""
    trace = error.__traceback__
    while trace is not None and is_own_frame(trace.tb_frame):
        trace = trace.tb_next
    return "".join(traceback.TracebackException(type(error), error, trace).format())


def describe(error):
    """Any exception; one that cannot even be printed is described as far as it goes."""
    try:
        message = str(error)
    except BaseException:
        message = "(the exception has no text: its __str__ failed)"
    try:
        trace = format_traceback(error)
    except BaseException:
        trace = ""
    return {"code": as_text(type(error).__name__), "message": as_text(message), "traceback": as_text(trace)}


def describe_unknown(name):
    return {"code": "no_such_function", "message": as_text("this worker offers no function '%s'" % name)}


def describe_invalid(name, value, problem):
    """A value that JSON cannot hold. `problem` is what the encoder said."""
    kind = type(value).__name__
    try:
        stranger, is_value_itself = find_stranger(value)
    except BaseException:
        stranger, is_value_itself = None, False
    if stranger is None:
        what = "a %s that cannot be encoded (%s)" % (kind, problem)
    else:
        what = stranger if is_value_itself else "a %s that holds %s" % (kind, stranger)
    return {"code": "invalid_value", "message": as_text("%s() returned %s: JSON cannot hold it" % (name, what))}


def find_stranger(value):
    """The first part of `value` that does not fit into JSON, in words, and whether it is `value` itself."""
    waiting, seen = [value], set()
    while waiting:
        part = waiting.pop()
        words = strangeness(part)
        if words:
            return words, part is value
        if isinstance(part, (list, tuple, dict)) and id(part) not in seen:
            seen.add(id(part))
            waiting.extend(part.values() if isinstance(part, dict) else part)
            if isinstance(part, dict):
                waiting.extend(part)
    return None, False


def strangeness(part):
    if isinstance(part, float) and not math.isfinite(part):
        return "the float %r" % part
    if isinstance(part, str):
        try:
            part.encode("utf-8")
        except UnicodeEncodeError:
            return "a str with a lone surrogate"
    elif isinstance(part, dict):
        for key in part:
            if not isinstance(key, (str, int, float, type(None))):
                return "a dict with a key of type %s" % type(key).__name__
    elif not isinstance(part, (list, tuple, int, float, type(None))):
        return "an object of type %s" % type(part).__name__
    return None
