"""Values as JSON, and the answers to a batch that are made of them."""

import json

from procpool_runtime.errors import describe_invalid

DEEPEST = 120  # [levels] of one value; the messages around it need some of the daemon's 128
LARGE = 1024 * 1024  # [bytes] values that share an answer are kept below this
FEW = 32  # so many values that may be large share an answer

INTEGERS = {int}
SCALARS = {int, float, bool, type(None)}
FLAT = SCALARS | {str}

encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def is_deeper_than(values, limit):
    """Is one of the values nested in more than `limit` levels?"""
    for _ in range(limit):
        values = [
            inner
            for value in values
            if isinstance(value, (list, tuple, dict))
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return any(isinstance(value, (list, tuple, dict)) for value in values)


def encode_values(values, kinds):
    """The bytes of a JSON array. Raises if one of the values does not fit into JSON.

    `kinds` is the set of the values' types.
    """
    if kinds == INTEGERS:
        return repr(values).replace(" ", "").encode("ascii")  # the same in half the time
    text = encode(values)
    if not kinds <= FLAT and text.count("[") + text.count("{") > DEEPEST and is_deeper_than(values, DEEPEST):
        raise ValueError("nested in more than %d levels" % DEEPEST)
    return text.encode("utf-8")


class Answers:
    """The answers to the tasks of one batch, in the order in which they came.

    A cost is what one task took: a tuple in the order of MEASURES.
    """

    MEASURES = ("seconds", "cpu_seconds", "max_rss_kib")

    def __init__(self, channel, number, name):
        self._channel = channel
        self._head = b'{"batch":%d,' % number
        self._name = name
        self._parts = []
        self._size = 0

    def values(self, values, costs):
        """The next tasks succeeded. `costs` is empty or as long as `values`."""
        kinds = set(map(type, values))
        step = len(values) if kinds <= SCALARS else FEW
        for at in range(0, len(values), step or 1):
            self._values(values[at : at + step], costs[at : at + step], kinds)

    def error(self, error, cost=None):
        """The next task failed."""
        self._add(b'"error":', encode(error).encode("utf-8"), [cost] if cost else [])

    def send(self):
        data = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        self._channel.send(data)

    def _values(self, values, costs, kinds):
        try:
            data = encode_values(values, kinds)
        except BaseException as problem:
            if len(values) == 1:
                self.error(describe_invalid(self._name, values[0], problem), costs[0] if costs else None)
                return
        else:
            if len(values) == 1 or len(data) <= LARGE:
                self._add(b'"values":', data, costs)
                return
        for at in range(len(values)):
            self._values(values[at : at + 1], costs[at : at + 1], kinds)

    def _add(self, name, data, costs):
        self._parts += (self._head, name, data)
        if costs:
            measures = dict(zip(self.MEASURES, map(list, zip(*costs))))
            self._parts += (b",", encode(measures).encode("utf-8")[1:-1])
        self._parts.append(b"}\n")
        self._size += len(data)
        if self._size > LARGE:
            self.send()
