"""The types, methods and errors of a Varlink interface, and JSON values held against them."""

import re

WORDS = re.compile(r"->|[\w.]+|\[\]|\[string\]|[?():,]")


class Interface:
    """`types`, `methods` ("NAME in", "NAME out") and `errors` by name: what WORDS has of each as a nested tuple.

    A type is a name ("int", "Job"), ("?", type), ("[]", type), ("[string]", type), ("enum", names), or
    ("struct", {name: type}).
    """

    def __init__(self, text):
        self._words = WORDS.findall(re.sub("#.*", "", text))
        self.types, self.methods, self.errors = {}, {}, {}
        assert self._next() == "interface"
        self._next()
        while self._words:
            kind, name = self._next(), self._next()
            if kind == "type":
                self.types[name] = self._type()
            elif kind == "error":
                self.errors[name] = self._type()
            else:
                assert kind == "method", kind
                self.methods[name + " in"] = self._type()
                assert self._next() == "->"
                self.methods[name + " out"] = self._type()

    def _next(self):
        return self._words.pop(0)

    def _type(self):
        word = self._next()
        if word in ("?", "[]", "[string]"):
            return (word, self._type())
        return self._in_brackets() if word == "(" else word

    def _in_brackets(self):
        names, members = [], {}
        while self._words[0] != ")":
            names.append(self._next())
            if self._words[0] == ":":
                self._next()
                members[names[-1]] = self._type()
            if self._words[0] == ",":
                self._next()
        self._next()
        return ("enum", tuple(names)) if names and not members else ("struct", members)

    def faults(self, value, kind, place="it"):
        """What is wrong with this value of that type, in sentences."""
        if isinstance(kind, str) and kind in self.types:
            kind = self.types[kind]
        if isinstance(kind, str):
            python = {"int": int, "float": (int, float), "string": str, "bool": bool, "object": dict}[kind]
            good = isinstance(value, python) and (kind == "bool" or not isinstance(value, bool))
            return [] if good else [f"{place} is {value!r} and no {kind}"]
        form, inside = kind
        if form == "?":
            return self.faults(value, inside, place)  # what is absent is left out, and never null
        if form == "enum":
            return [] if value in inside else [f"{place} is {value!r}, none of {inside}"]
        if not isinstance(value, list if form == "[]" else dict):
            return [f"{place} is {value!r}"]
        if form == "struct":
            missing = [f"{place} has no {name}" for name, type_ in inside.items()
                       if name not in value and type_[0] != "?"]
            strange = [f"{place} has {name}, which no description has" for name in value if name not in inside]
            return missing + strange + [fault for name in value if name in inside
                                        for fault in self.faults(value[name], inside[name], f"{place}.{name}")]
        pairs = enumerate(value) if form == "[]" else value.items()
        return [fault for key, one in pairs for fault in self.faults(one, inside, f"{place}[{key}]")]


def broken_promises(before, now):
    """What who knows the interface `before` cannot do with `now`, in sentences."""
    faults = []
    for what, old, new in (("type", before.types, now.types), ("method", before.methods, now.methods),
                           ("error", before.errors, now.errors)):
        for name, was in old.items():
            if name not in new:
                faults.append(f"the {what} {name} is gone")
            else:
                faults += _changes(f"{what} {name}", was, new[name], name.endswith(" in"))
    return faults


def _changes(place, was, is_now, is_asked):
    if was == is_now or (is_asked and is_now == ("?", was)):
        return []
    if was[0] != is_now[0] or was[0] not in ("enum", "struct"):
        return [f"{place} was {was} and is {is_now}"]
    if was[0] == "enum":
        return [f"{place} has no {name} any more" for name in was[1] if name not in is_now[1]]
    faults = []
    for name, type_ in was[1].items():
        if name not in is_now[1]:
            faults.append(f"{place} has no {name} any more")
        else:
            faults += _changes(f"{place}.{name}", type_, is_now[1][name], is_asked)
    # Who calls as before does not know of it.
    faults += [f"{place} wants {name}" for name, type_ in is_now[1].items()
               if is_asked and name not in was[1] and type_[0] != "?"]
    return faults
