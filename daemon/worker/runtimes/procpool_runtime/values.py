"""Values as JSON, and the answers to a batch that are made of them."""

import json

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
    """

    MEASURES = ("seconds", "cpu_seconds", "max_rss_kib")

    def __init__(self, channel, outbox, number, name, costs):
        self._channel = channel
        self._outbox = outbox
        self._head = b'{"batch":%d,' % number
        self._open = False  # is there a line in the outbox?
        self._name = name
        self._costs = costs
        self.settled = 0  # tasks that were sent

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
                except BaseException:  # no room, not JSON, or not our process
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
        if not self._open:
            return
        text = self._outbox.text()
        count = text.count(b"\t")
        self._channel.send(b"%b]%b}\n" % (text, self._take_measures(count)))
        self._outbox.clear(count)
        self._open = False
        self.settled += count

    def _put(self, value):
        """Is the line open behind it? Else it was sent, or was none that can be."""
        data = self._encode(value)
        if data is None:
            return False
        if self._open and self._outbox.room() < len(data) + 2:
            self.send()
        head = b"," if self._open else self._head + b'"values":['
        if self._outbox.room() < len(head) + len(data) + 1:
            self._send_alone(b'"values":[%b]' % data)
            return False
        self._outbox.write(b"%b%b\t" % (head, data))
        self._open = True
        return True

    def _encode(self, value):
        self._channel.leave_if_forked(0)
        try:
            return encode_value(value)
        except BaseException as problem:
            self.error(describe_invalid(self._name, value, problem))
            return None

    def _send_alone(self, body):
        self._channel.send(b"%b%b%b}\n" % (self._head, body, self._take_measures(1)))
        self._outbox.answered(1)
        self.settled += 1

    def _take_measures(self, count):
        costs = self._costs[:count]
        del self._costs[:count]
        if not costs:
            return b""
        measures = dict(zip(self.MEASURES, map(list, zip(*costs))))
        return b"," + encode(measures).encode("utf-8")[1:-1]
