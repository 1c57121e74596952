"""How many tasks of a batch run before their answers are sent."""


class Pacing:
    """What waits stands in the outbox, so that no death of the worker loses it, but
    nobody hears of it before the block has ended.

    So the tasks of a job are answered one by one until they have proven to be quick;
    from then on for at most about a millisecond together, until one block was slow. The
    daemon makes batches of a thousand and more only of tasks that have proven it to the
    daemon. Without an outbox that is shared they are always answered one by one.
    """

    PROVEN_BATCH = 1000  # [tasks]
    PROOF = 64  # [tasks] quick ones, one behind the other
    QUICK = 50e-6  # [s] a task
    GATHER = 1e-3  # [s]
    FIRST, LAST = 8, 4096  # [tasks] the size of a gathered block

    def __init__(self, may_gather):
        self._may_gather = may_gather
        self._proof = 0
        self.size = 1

    def begin_batch(self, tasks):
        """A batch of so many tasks of the job comes."""
        if self._may_gather and self._proof < self.PROOF and tasks >= self.PROVEN_BATCH:
            self._proof = self.PROOF
            self.size = self.FIRST

    def ran(self, tasks, seconds):
        if not self._may_gather:
            return
        if seconds > tasks * self.QUICK:
            self._proof, self.size = 0, 1
        elif self._proof < self.PROOF:
            self._proof += tasks
            self.size = 1 if self._proof < self.PROOF else self.FIRST
        elif seconds < self.GATHER / 2:
            self.size = min(self.size * 2, self.LAST)
        elif seconds > self.GATHER:
            self.size = max(1, self.size // 2)
