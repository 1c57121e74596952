"""How many tasks of a batch run before their answers are sent."""


class Pacing:
    """An answer that has not been sent is lost when the next task ends the worker.

    So tasks are answered one by one until they have proven to be quick; from then on
    for at most about a millisecond together, until one block was slow. The daemon
    makes batches of a thousand and more only of tasks that have proven it to the
    daemon.
    """

    PROVEN_BATCH = 1000  # [tasks]
    PROOF = 64  # [tasks] quick ones, one behind the other
    QUICK = 50e-6  # [s] a task
    GATHER = 1e-3  # [s]
    FIRST, LAST = 8, 4096  # [tasks] the size of a gathered block

    def __init__(self, tasks):
        is_proven = tasks >= self.PROVEN_BATCH
        self._proof = self.PROOF if is_proven else 0
        self.size = self.FIRST if is_proven else 1

    def ran(self, tasks, seconds):
        if seconds > tasks * self.QUICK:
            self._proof, self.size = 0, 1
        elif self._proof < self.PROOF:
            self._proof += tasks
            self.size = 1 if self._proof < self.PROOF else self.FIRST
        elif seconds < self.GATHER / 2:
            self.size = min(self.size * 2, self.LAST)
        elif seconds > self.GATHER:
            self.size = max(1, self.size // 2)
