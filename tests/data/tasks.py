"""Functions that the end-to-end tests give work to."""

import mmap
import os
import signal
import subprocess
import sys
import threading
import time


def square(x):
    return x * x


def describe(*arguments, **keywords):
    return {"arguments": arguments, "keywords": keywords}


def power(base, exponent=2):
    return base**exponent


def pid(*_):
    return os.getpid()


def nap(seconds):
    time.sleep(seconds)
    return seconds


def wait_for(path):
    """Until there is such a file."""
    while not os.path.exists(path):
        time.sleep(0.005)
    return path


def append(path, text="x"):
    """One line more."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(text + "\n")


def fail(x):
    raise ValueError("bad number %s" % x)


def fail_every_third(x):
    if x % 3 == 0:
        fail(x)
    return x


def fail_at_length(characters):
    raise RuntimeError("e" * characters)


def text_of(characters):
    return "x" * characters


def unencodable(x):
    return {"it": [object()]} if x % 2 else float("nan")


def exit_at(x, bad=0, status=99):
    """The worker's own end, without a word."""
    if x == bad:
        os._exit(status)
    return x


def leave(*_):
    os._exit(99)


def kill_at(x, bad=0):
    if x == bad:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


DEATHS = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "exit": lambda: os._exit(3),
    "segv": lambda: os.kill(os.getpid(), signal.SIGSEGV),
}


def note_or_die_at(x, path, where, how="kill"):
    """Writes its number down before it returns it, or before it ends the worker."""
    append(path, str(x))
    if x == where:
        DEATHS[how]()
    return x


def value_or_die_at(x, where, how="kill"):
    """Values of many kinds, and some that are none."""
    if x == where:
        DEATHS[how]()
    values = [x, -(10**30), "tab\t \u00fc\u2028", 0.5, None, True, {"a": [x, "\t"]}, "y" * 300]
    if x % 50 == 49:
        raise ValueError("bad number")
    return float("inf") if x % 50 == 48 else values[x % len(values)]


def fork_and_return(x):
    """Both return; the parent with the child's exit status."""
    child = os.fork()
    if child == 0:
        return "in the child"
    return [x, os.waitpid(child, 0)[1]]


def count_beside(directory):
    """How many calls run at the same time as this one, itself counted."""
    mark = os.path.join(directory, str(os.getpid()))
    open(mark, "w", encoding="utf-8").close()
    time.sleep(0.01)
    count = len(os.listdir(directory))
    os.unlink(mark)
    return count


def prepare(path):
    append(path, str(os.getpid()))


def refuse():
    raise RuntimeError("there is no license")


def shell_and_nap(directory, script, seconds, *arguments):
    """Runs a script of the shell in a directory, and then only waits. Returns the worker's number."""
    child = subprocess.Popen(["sh", script, *arguments], cwd=directory)
    if seconds == 0:
        child.wait()
    time.sleep(seconds)
    return os.getpid()


def shell_and_leave(directory, script):
    """Runs a script of the shell in a directory, and dies."""
    subprocess.Popen(["sh", script], cwd=directory).wait()
    os._exit(99)


def ignore_term_and_nap(path, seconds):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    append(path)
    time.sleep(seconds)


hoarded = []


def hoard(x, size=80000000):
    """Grows for good; returns the worker's number."""
    if not hoarded:
        hoarded.append(bytearray(size))
    time.sleep(0.01)
    return os.getpid()


def allocate(mib):
    """Has so much memory for a moment."""
    return len(bytearray(mib << 20))


def share(mib):
    """Has so much memory for a moment that its children would share, which setrlimit does not bound."""
    memory = mmap.mmap(-1, mib << 20)
    for _ in range(mib):
        memory.write(bytes(1 << 20))
    memory.close()
    return mib


def fork_as_often_as_possible(most):
    """How often that was."""
    children = []
    try:
        while len(children) < most:
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    except OSError:
        pass
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(children)


def leave_behind(seconds):
    """Leaves a process in a session and with an environment of its own; returns its number."""
    return subprocess.Popen(["sleep", str(seconds)], env={}, start_new_session=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid


def burn():
    """Uses CPU time for good."""
    while True:
        pass


class Unshowable(Exception):
    """Needs more to be made than it tells, and cannot be shown."""

    def __init__(self, first, second):
        super().__init__()

    def __str__(self):
        raise RuntimeError("not to be shown")

    __repr__ = __str__


def raise_unshowable():
    raise Unshowable(1, 2)


def print_much(x):
    for line in range(50):
        print("line", line, "of", x)
        print("line", line, "of", x, file=sys.stderr, flush=True)
    return x


def threads_and_forks(*_):
    threads = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    child = os.fork()
    if child == 0:
        os._exit(7)
    _, status = os.waitpid(child, 0)
    for thread in threads:
        thread.join()
    return os.waitstatus_to_exitcode(status)


def append_and_nap(_):
    append("began")  # in the directory of the daemon
    time.sleep(2)


def signals_ignored_by_child():
    """What a program is born with that a function starts."""
    return subprocess.check_output(["grep", "SigIgn", "/proc/self/status"], text=True).strip()
