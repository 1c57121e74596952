"""The outbox: memory shared with the daemon, in which answers outlive this process.

common/protocol/outbox.hpp and worker.md have the layout and the reasons.
"""

import fcntl
import mmap
import os

from procpool_runtime.channel import call_in_forked_child

SIZE = 1 << 20  # [bytes]
TEXT = 64  # where the answers begin
BEGUN, SETTLED_BEFORE = 1, 2  # in words of eight bytes


def make_memory():
    """A descriptor, or None where the system gives none. A file size limit holds for it too."""
    try:
        descriptor = os.memfd_create("procpool-outbox", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except (AttributeError, OSError):
        return None
    try:
        os.ftruncate(descriptor, SIZE)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


class Outbox:
    """One line of values that is open: each value is committed by the TAB behind it.

    `write` takes the next bytes, in one call that ends with a TAB; it raises if there is
    no room, and in a child that was forked, which has none of this memory. `descriptor`
    is None if the memory cannot be shared: then nothing may be gathered here.
    """

    def __init__(self):
        self.descriptor = make_memory()
        self.is_shared = self.descriptor is not None
        self._memory = mmap.mmap(self.descriptor if self.is_shared else -1, SIZE)
        if hasattr(mmap, "MADV_DONTFORK"):
            self._memory.madvise(mmap.MADV_DONTFORK)
        self._memory[:8] = b"PPOUTBX1"
        self._memory.seek(TEXT)
        self._numbers = memoryview(self._memory).cast("Q")
        self._answered = 0
        self.write = self._memory.write
        call_in_forked_child(self._abandon)

    def close_descriptor(self):
        """The daemon has it."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def begin(self, count):
        """The next `count` unanswered tasks begin, one behind the other. Nothing may be gathered here."""
        self._numbers[SETTLED_BEFORE] = self._answered
        self._numbers[BEGUN] = self._answered + count

    def begin_less(self, count):
        """The last `count` of them do not begin."""
        self._numbers[BEGUN] -= count

    def answered(self, count):
        self._answered += count

    def room(self):
        return SIZE - self._memory.tell()

    def is_empty(self):
        return self._memory.tell() == TEXT

    def text(self):
        return self._memory[TEXT : self._memory.tell()]

    def clear(self, count):
        """The text was sent, the answers of `count` tasks."""
        end = self._memory.tell()
        self._memory[TEXT:end] = bytes(end - TEXT)
        self._memory.seek(TEXT)
        self._answered += count
        self._numbers[SETTLED_BEFORE] = self._answered

    def _abandon(self):
        self._numbers.release()
        self._memory.close()
