"""Python's side of how values of every serializer are spelled as JSON text: what the library's
reading of a record must be. Also the comparison, for which the order in a set does not count.
"""

import base64
import collections
import copyreg
import datetime
import decimal
import json
import re
import uuid
import zoneinfo

from celery.result import ResultBase
from msgpack import ExtType, Timestamp

EXCEPTION_STATES = {"FAILURE", "RETRY", "REVOKED"}
EXCEPTION_NAME = re.compile(r"(Error|Exception|Warning)$")
NAMED_OTHERWISE = {KeyboardInterrupt, SystemExit, GeneratorExit, StopIteration, StopAsyncIteration,
                   ExceptionGroup, BaseExceptionGroup}
MAPS = {dict, collections.OrderedDict, collections.Counter, collections.defaultdict}
YEAR_1, YEAR_10000 = -62_135_596_800, 253_402_300_800


def text(value):
    return json.dumps(value)


def array(values):
    return f"[{', '.join(values)}]"


def object_(members):
    return "{" + ", ".join(f"{text(key)}: {value}" for key, value in members) + "}"


def typed(name, value):
    return object_([("__type__", text(name)), ("__value__", value)])


class Spelling:
    """How values are spelled that a pickle of this protocol, or another serializer, held."""

    def __init__(self, protocol=4):
        self.protocol = protocol

    def record(self, record):
        """The `result` of a decoded record."""
        value = record["result"]
        if record["status"] in EXCEPTION_STATES and isinstance(value, BaseException):
            return self.exception(value)
        return self(value)

    def __call__(self, value):
        kind = type(value)
        if value is None or kind in (bool, int, float, str):
            return text(value)
        if kind in (list, tuple):
            return self.array(value)
        if kind in MAPS:
            return self.map(value)
        if kind in (set, frozenset):
            return typed(kind.__name__, self.array(value))
        if kind in (bytes, bytearray):
            return self.bytes(value)
        if kind is datetime.timedelta:
            return typed("timedelta", self({"days": value.days, "seconds": value.seconds,
                                            "microseconds": value.microseconds}))
        if kind is datetime.date:
            return typed("date", text(value.isoformat()))
        if kind in (datetime.datetime, datetime.time):
            return self.time(value)
        if kind is decimal.Decimal:
            return typed("decimal", text(str(value)))
        if kind is uuid.UUID:
            return typed("uuid", self({"hex": value.hex}))
        if kind is Timestamp:
            return self.timestamp(value)
        if kind is ExtType:
            return self.object("msgpack.ExtType", tuple(value))
        if isinstance(value, ResultBase):
            return self(value.as_tuple())
        if isinstance(value, type) or callable(value) and hasattr(value, "__qualname__"):
            return typed("name", text(f"{value.__module__}.{value.__qualname__}"))
        if isinstance(value, BaseException) and (kind in NAMED_OTHERWISE or EXCEPTION_NAME.search(kind.__name__)):
            return typed("exception", self.exception(value))
        return self.reduced(value)

    def array(self, values):
        return array(map(self, values))

    def map(self, value):
        if all(key is None or type(key) in (str, int, float, bool) for key in value):
            return object_((key if isinstance(key, str) else text(key), self(item)) for key, item in value.items())
        return typed("map", array(self.array(pair) for pair in value.items()))

    def bytes(self, value):
        try:
            return typed("bytes", text(value.decode()))
        except UnicodeDecodeError:
            return typed("base64", text(base64.b64encode(value).decode()))

    def time(self, value):
        name = type(value).__name__
        offset = value.tzinfo and value.tzinfo.utcoffset(None)
        if value.tzinfo is None or offset is not None:
            return typed(name, text(value.isoformat()))
        # Only a database knows the offset.
        return self.object(f"datetime.{name}", (value.replace(tzinfo=None), value.tzinfo))

    def timestamp(self, value):
        if value.nanoseconds % 1000 == 0 and YEAR_1 <= value.seconds < YEAR_10000:
            return self(value.to_datetime())
        return self.object("msgpack.Timestamp", (value.seconds, value.nanoseconds))

    def exception(self, value):
        _, args, *state = value.__reduce__()
        state = (state or [None])[0]
        kind = type(value)
        members = [("exc_type", text(kind.__qualname__)), ("exc_message", self.array(args)),
                   ("exc_module", text(kind.__module__))]
        return object_(members + ([("exc_state", self(state))] if state else []))

    def object(self, name, args, state=None, kwargs=None, items=(), entries=()):
        members = [("class", text(name)), ("args", self.array(args)), ("state", self(state))]
        if kwargs:
            members.append(("kwargs", self(kwargs)))
        if items := list(items or ()):
            members.append(("items", self.array(items)))
        if entries := list(entries or ()):
            members.append(("entries", array(map(self.array, entries))))
        return typed("object", object_(members))

    def reduced(self, value):
        """An object by what pickle says of it."""
        if isinstance(value, zoneinfo.ZoneInfo):
            # It says that a method makes it which has no module.
            return self.object("zoneinfo.ZoneInfo", (value.key,))
        reduce = copyreg.dispatch_table.get(type(value))
        said = reduce(value) if reduce else value.__reduce_ex__(self.protocol)
        if isinstance(said, str):
            return typed("name", text(f"{type(value).__module__}.{said}"))
        made, args, *more = said
        state, items, entries, *_ = [*more, None, None, None]
        kwargs = None
        if made.__name__ == "__newobj__":
            made, *args = args
        elif made.__name__ == "__newobj_ex__":
            made, args, kwargs = args
        elif made.__name__ == "_reconstructor":
            made, base, given = args
            args = () if base is object else (given,)
        return self.object(f"{made.__module__}.{made.__qualname__}", args, state, kwargs, items, entries)


class Number(str):
    """A number as it is spelled."""


def canonical(json_text):
    """The same text for texts that differ only in the order of their sets."""
    def spelled(value):
        if isinstance(value, Number):
            return str(value)
        if isinstance(value, list):
            return array(map(spelled, value))
        if isinstance(value, tuple):
            keys = [key for key, _ in value]
            if keys == ["__type__", "__value__"] and value[0][1] in ("set", "frozenset"):
                return typed(value[0][1], array(sorted(map(spelled, value[1][1]))))
            return object_((key, spelled(item)) for key, item in value)
        return text(value)

    return spelled(json.loads(json_text, object_pairs_hook=tuple, parse_float=Number, parse_int=Number,
                              parse_constant=Number))
