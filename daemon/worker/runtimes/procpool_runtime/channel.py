"""The socket to the daemon: one JSON object a line, in both directions."""

import collections
import fcntl
import json
import os
import socket
import struct
import sys
import weakref

from procpool_runtime.vigil import Vigil

decode = json.JSONDecoder().raw_decode  # does not look whether more stands behind it


def call_in_forked_child(method):
    """The interpreter never forgets a fork handler; the object must not outlive the interpreter for that."""
    weak = weakref.WeakMethod(method)

    def call():
        found = weak()
        if found is not None:
            found()

    os.register_at_fork(after_in_child=call)


class DaemonGone(BaseException):
    """Nobody hears the answers any more. No function raises it."""


class Channel:
    READ_SIZE = 1 << 16  # [bytes]

    def __init__(self, read_descriptor, write_descriptor):
        self._read_descriptor = read_descriptor
        self._lines = collections.deque()  # whole ones that have come and were not read
        self._parts = []  # of the line that has not wholly come
        self._vigil = Vigil(read_descriptor)
        self._write_descriptor = write_descriptor
        self.is_forked_child = False
        call_in_forked_child(self._abandon)

    @classmethod
    def take_over_standard_streams(cls):
        """Moves descriptors 0 and 1 away; 0 becomes /dev/null and 1 a copy of standard error."""
        channel = cls(fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3), fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3))
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.reconfigure(line_buffering=True, errors="backslashreplace")
        return channel

    def read(self):
        """The next message, or None when there will be no more."""
        while not self._lines:
            self._vigil.keep()
            data = os.read(self._read_descriptor, self.READ_SIZE)
            if not data:
                return None
            self._take_in(data)
        return decode(str(self._lines.popleft(), "utf-8"))[0]

    def _take_in(self, data):
        if b"\n" not in data:
            self._parts.append(data)
            return
        *lines, rest = data.split(b"\n")
        if self._parts:
            lines[0] = b"".join(self._parts) + lines[0]
        self._lines.extend(lines)
        self._parts = [rest] if rest else []

    def send(self, data):
        try:
            sent = os.write(self._write_descriptor, data)
            while sent < len(data):
                sent += os.write(self._write_descriptor, memoryview(data)[sent:])
        except OSError as error:
            if error.errno is None:
                raise  # a signal handler's TimeoutError, say
            raise DaemonGone from error

    def send_with_descriptor(self, data, descriptor):
        """False, and nothing was sent: the channel is not a socket."""
        along = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", descriptor))]
        try:
            with socket.socket(fileno=os.dup(self._write_descriptor)) as channel:
                sent = channel.sendmsg([data], along)
        except OSError:
            return False
        self.send(data[sent:])
        return True

    def _abandon(self):
        """In a child that a function forked: it must neither read tasks nor answer them."""
        self.is_forked_child = True
        self._lines.clear()
        self._parts.clear()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (self._read_descriptor, self._write_descriptor):
            os.dup2(null, descriptor, inheritable=False)
        os.close(null)

    def leave_if_forked(self, status):
        """A child that a function forked ends where the function ends."""
        if self.is_forked_child:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
            os._exit(status & 0xFF)
