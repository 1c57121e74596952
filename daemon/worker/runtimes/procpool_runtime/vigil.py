"""Whether to look again and again for a moment for the next message, or to sleep."""

import os
import select
import time


class Vigil:
    """An idle processor takes ten microseconds and more to wake, which is more than a quick function takes.

    So one who waits looks first, as long as that is worth it. The rules are those of the
    daemon and the native worker (common/os/vigil.hpp).
    """

    LONGEST = 50e-6  # [s] that one looks
    SHORT_SLEEP = 150e-6  # [s] with the time to wake up: the next wait is worth a look
    AFTER_VAIN = 8  # waits without a look after one that was in vain
    AFTER_CROWD = 128  # the same after others had our processor nearly all the time
    ANOTHERS_TURN = 8e-6  # [s] our looks are closer together
    ENOUGH = 500e-6  # [s] of looking say whether the processor is crowded

    def __init__(self, descriptor):
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._was_short = False
        self._rest = 0  # so many waits are without a look
        self._looked = self._others = 0.0  # [s] of the last vigils, until they can be judged

    def keep(self):
        """Returns when a read will not wait, at the latest when it came."""
        begun = time.perf_counter()
        self._rest -= self._rest > 0
        if self._was_short and not self._rest and self._look(begun):
            return
        self._poll.poll()
        self._was_short = time.perf_counter() - begun < self.SHORT_SLEEP

    def _look(self, begun):
        """False: sleep."""
        poll, before = self._poll.poll, begun
        while not poll(0):
            os.sched_yield()
            now = time.perf_counter()
            since, before = now - before, now
            self._looked += since
            if since > self.ANOTHERS_TURN:
                self._others += since
            if self._looked > self.ENOUGH:
                if self._others > self._looked * 7 / 8:
                    self._rest = self.AFTER_CROWD + 1
                self._looked = self._others = 0.0
            if now - begun > self.LONGEST and not self._rest:
                self._rest = self.AFTER_VAIN + 1
            if self._rest:
                return False
        return True
