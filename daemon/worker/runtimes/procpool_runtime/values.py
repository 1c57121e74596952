"""Values as JSON, and the answers to a batch that are made of them."""

import json
from operator import length_hint

from procpool_runtime.errors import describe_invalid

DEEPEST = 120  # [levels] of one value; the messages around it need some of the daemon's 128

FLAT = {int, float, bool, type(None), str}

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
encode = ENCODER.encode
encode_string = json.encoder.encode_basestring


def make_quick_encoder():
    """What encode() makes anew for each value, made once: small values take a third of the time.

    It does not look for circles; what it fails at is for encode() to say. Not every
    Python has it.
    """
    try:
        return json.encoder.c_make_encoder(
            None, ENCODER.default, encode_string, None, ":", ",", False, False, False
        )
    except (AttributeError, TypeError):
        return lambda value, level: (encode(value),)


quick_chunks = make_quick_encoder()


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


def encode_value(value):
    """The bytes of one JSON value, in which no TAB stands. Raises if it does not fit into JSON."""
    kind = type(value)
    if kind is int:
        return b"%d" % value
    if kind is str:
        return encode_string(value).encode("utf-8")
    if value is None:
        return b"null"
    try:
        text = "".join(quick_chunks(value, 0))
    except BaseException:
        text = encode(value)
    if kind not in FLAT and text.count("[") + text.count("{") > DEEPEST and is_deeper_than([value], DEEPEST):
        raise ValueError("nested in more than %d levels" % DEEPEST)
    return text.encode("utf-8")


class Answers:
    """The answers to the tasks of one batch, in the order in which they came.

    `costs` is a list to which whoever measures appends what each task took, a tuple in
    the order of MEASURES, before its value comes; what was answered is taken from it.

    An exception may come from outside between any two steps: the alarm that a function
    left armed, a library's timeout. So what was answered is not remembered but read off
    what cannot be out of step with it: the text, in which a value stands as a whole or
    not at all, and the inputs, of which those that were taken have begun.
    """

    MEASURES = ("seconds", "cpu_seconds", "max_rss_kib")

    def __init__(self, channel, outbox, number, name, costs):
        self._channel = channel
        self._outbox = outbox
        self._head = b'{"batch":%d,' % number
        self._name = name
        self._costs = costs
        self._is_sending = False  # nobody knows how much of it was sent
        self._inputs = iter(())  # of the tasks that have not begun
        self._last = 0  # the number of tasks up to the last of them
        self.settled = 0  # tasks that were sent

    def begin(self, inputs):
        """An iterator: the next tasks begin with what is taken from it. Nothing may be gathered here."""
        self._inputs = iter(inputs)
        self._last = self.settled + len(inputs)
        self._outbox.begin(len(inputs))
        return self._inputs

    def is_awaited(self):
        """Has a task begun that has no answer? Else an exception is no task's."""
        begun = self._last - length_hint(self._inputs)
        return not self._is_sending and self.settled + self._outbox.text().count(b"\t") < begun

    def begin_no_more(self):
        """The worker leaves, and loses no task that has not begun."""
        self._outbox.begin_less(length_hint(self._inputs))

    def gather(self, values):
        """Each value is in the outbox before the next task begins; an exception of a task goes through."""
        write = self._outbox.write
        while True:
            for value in values:
                if self._put(value):
                    break
            else:
                return
            for value in values:
                try:
                    # One call for each value: so it is there as a whole or not at all.
                    kind = type(value)
                    if kind is int:
                        write(b",%d\t" % value)
                    elif kind is str:
                        write((",%s\t" % encode_string(value)).encode())
                    else:
                        write(b",%b\t" % encode_value(value))
                except BaseException:  # no room, not JSON, not our process, or from outside
                    self._channel.leave_if_forked(0)
                    if not self.is_awaited():
                        raise  # the value stands
                    if not self._put(value):
                        break
            else:
                return

    def send_each(self, values):
        """Each value is sent at once."""
        for value in values:
            data = self._encode(value)
            if data is not None:
                self._send_alone(b'"values":[%b]' % data)

    def error(self, error):
        """The next task failed."""
        self.send()
        self._send_alone(b'"error":' + encode(error).encode("utf-8"))

    def send(self):
        """Sends what was gathered."""
        text = self._outbox.text()
        if not text:
            return
        count = text.count(b"\t")
        self._is_sending = True
        self._channel.send(b"%b]%b}\n" % (text, self._take_measures(count)))
        self._outbox.clear(count)
        self.settled += count
        self._is_sending = False

    def _put(self, value):
        """Is the line open behind it? Else it was sent, or was none that can be."""
        data = self._encode(value)
        if data is None:
            return False
        if self._outbox.room() < len(data) + 2:
            self.send()
        head = self._head + b'"values":[' if self._outbox.is_empty() else b","
        if self._outbox.room() < len(head) + len(data) + 1:
            self._send_alone(b'"values":[%b]' % data)
            return False
        self._outbox.write(b"%b%b\t" % (head, data))
        return True

    def _encode(self, value):
        self._channel.leave_if_forked(0)
        try:
            return encode_value(value)
        except BaseException as problem:
            self.error(describe_invalid(self._name, value, problem))
            return None

    def _send_alone(self, body):
        self._is_sending = True
        self._channel.send(b"%b%b%b}\n" % (self._head, body, self._take_measures(1)))
        self._outbox.answered(1)
        self.settled += 1
        self._is_sending = False

    def _take_measures(self, count):
        costs = self._costs[:count]
        del self._costs[:count]
        if not costs:
            return b""
        measures = dict(zip(self.MEASURES, map(list, zip(*costs))))
        return b"," + encode(measures).encode("utf-8")[1:-1]
