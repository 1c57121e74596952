"""Rounds that take turns, and the table of what came out, judged by the targets.

A target is a bound of a ratio: the median of the ratios of each round, which does not
see that the machine was busier for a while.
"""

import statistics
from dataclasses import asdict, dataclass, field

from harness.places import Missing

FAR = 100.0  # times as good, or as bad: the end of the scale

def in_turn(rounds, **contenders):
    """What each contender gave, as a list of a figure a round, by name. They take turns
    (A B A B), so that what else goes on hits all; the first round warms up and does not
    count. A contender that is Missing stays that."""
    there = {name: measure for name, measure in contenders.items() if not isinstance(measure, Missing)}
    for measure in there.values():
        measure()
    series = {name: [] for name in there}
    for _ in range(rounds):
        for name, measure in there.items():
            series[name].append(measure())
    return {name: series.get(name, measure) for name, measure in contenders.items()}


@dataclass
class Line:
    workload: str
    compared: str
    unit: str
    ours: list
    theirs: list = field(default_factory=list)
    ratio: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    missing: str = ""

    @property
    def has_target(self):
        return self.at_least is not None or self.at_most is not None

    @property
    def met(self):
        """None if nothing was asked or nothing could be measured."""
        if not self.has_target or self.ratio is None:
            return None
        return (self.at_least is None or self.ratio >= self.at_least) and \
               (self.at_most is None or self.ratio <= self.at_most)

    @property
    def distance(self):
        """How far beyond its target it is: 1 just meets it, 2 is twice as good."""
        if not self.has_target or self.ratio is None:
            return None
        if self.at_least is not None:
            return self.ratio / self.at_least
        if self.ratio == 0 or self.at_most == 0:  # there is no measure for less than nothing
            return FAR if self.at_most else 1.0 if self.met else 1 / FAR
        return self.at_most / self.ratio

    @property
    def target(self):
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}" if self.at_most is not None else ""

    @property
    def verdict(self):
        if self.missing:
            return self.missing
        return {None: "", True: "met", False: "missed"}[self.met]


class Table:
    """The lines of one bench."""

    def __init__(self, name):
        self.name = name
        self.lines = []

    def compare(self, workload, unit, ours, compared, theirs, *, at_least=None, at_most=None):
        """Two series of one run. `at_least` is for figures of which more is better (rates),
        `at_most` for those of which less is (times)."""
        line = Line(workload, compared, unit, [], at_least=at_least, at_most=at_most)
        self.lines.append(line)
        for series in (ours, theirs):
            if isinstance(series, Missing):
                line.missing = series.reason
                return
        line.ours, line.theirs = ours, theirs
        line.ratio = statistics.median(one / other for one, other in zip(ours, theirs))

    def bound(self, workload, unit, ours, *, at_most):
        """A series against a figure: the worst of it counts. With the bound 0 the ratio is
        what was measured."""
        self.lines.append(Line(workload, "", unit, ours, [at_most],
                               max(ours) / at_most if at_most else max(ours), at_most=1 if at_most else 0))

    def figure(self, workload, unit, ours):
        """A series that is compared with nothing."""
        self.lines.append(Line(workload, "", unit, ours))

    def rows(self):
        """As texts: workload, measured, compared with, ratio, target, verdict."""
        for line in self.lines:
            yield (f"{line.workload} [{line.unit}]", spread(line.ours),
                   ": ".join(filter(None, (line.compared or "a bound", spread(line.theirs)))) if line.theirs
                   else line.compared,
                   "" if line.ratio is None else f"{line.ratio:.2f}", line.target, line.verdict)

    def print(self):
        rows = [("workload", "measured", "compared with", "ratio", "target", ""), *self.rows()]
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        for row in rows:
            print("  ".join(text.ljust(width) for text, width in zip(row, [*widths, 0])).rstrip())
        print(flush=True)

    def as_data(self):
        return {"bench": self.name, "lines": [asdict(line) for line in self.lines]}

    @classmethod
    def from_data(cls, data):
        table = cls(data["bench"])
        table.lines = [Line(**line) for line in data["lines"]]
        return table


def spread(series):
    """The median, and the least and the most."""
    if not series:
        return ""
    middle = f"{statistics.median(series):.4g}"
    return middle if len(series) == 1 else f"{middle} ({min(series):.4g}-{max(series):.4g})"
